"""The money of chains made by hand, audited: whatever happens, at whatever heights."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plurichain.energy.attributes import Attributes
from plurichain.energy.denom import compute_credit_denom
from plurichain.energy.state import IssuedCredit
from plurichain.ibc.conservation import ChannelBalance, Verdict
from plurichain.ibc.denom import DenomPath
from plurichain.tracker.auditing.conservation import TokenAudit, audit_origins, audit_tokens
from plurichain.tracker.auditing.refunds import list_refunds
from plurichain.tracker.auditing.saving import save_audits
from plurichain.tracker.blocks import Absence, Missing
from plurichain.tracker.observations import Observations
from plurichain.tracker.store import PacketStore, Route
from tests.unit.tracker.grids import HERE, THERE, A, B, block, event, packet, signed
from tests.unit.tracker.money_model import BASE, ENDS, NAMES, TICK_S, USER, Held, Money

NATIVE = DenomPath((), BASE)
NOTHING = ChannelBalance(0, 0, 0)
ATTRIBUTES = Attributes(
    "grid-1", "mill", "wind", "CH-ZH", 1_000, 1_767_225_600, 1_767_226_500, bytes(32), "registry"
)
CREDIT = compute_credit_denom(ATTRIBUTES)


def make_credit(issued_wh: int) -> IssuedCredit:
    return IssuedCredit(CREDIT, ATTRIBUTES, issued_wh)


@st.composite
def histories(draw: st.DrawFn, *, gifts: bool = True) -> Money:
    """Any operations in any order."""
    money = Money()
    for _ in range(draw(st.integers(1, 30))):
        play(draw, money, gifts=gifts)
    return money


def play(draw: st.DrawFn, money: Money, *, gifts: bool) -> None:
    waiting = [each for each in money.packets if not each.is_over]
    unreceived = [each for each in waiting if not each.is_received]
    unanswered = [each for each in waiting if each.is_received and each.answer is None]
    answered = [each for each in waiting if each.answer is not None]
    kinds = ["send", "send", "retire", "idle", *["give"] * gifts]
    kinds += ["receive"] * 3 * bool(unreceived) + ["time-out"] * bool(unreceived)
    kinds += ["answer"] * 2 * bool(unanswered) + ["acknowledge"] * 2 * bool(answered)
    kind = draw(st.sampled_from(kinds))
    amount = draw(st.integers(1, 400))
    if kind == "receive":
        money.receive(draw(st.sampled_from(unreceived)), draw(st.sampled_from(MODES)))
    elif kind == "time-out":
        money.time_out(draw(st.sampled_from(unreceived)))
    elif kind == "answer":
        money.answer(draw(st.sampled_from(unanswered)), is_error=draw(st.booleans()))
    elif kind == "acknowledge":
        money.acknowledge(draw(st.sampled_from(answered)))
    else:
        name, channel = draw(st.sampled_from(sorted(ENDS)))
        path = draw(st.sampled_from(money.paths[name]))
        if kind == "send":
            money.send(name, channel, path, amount)
        elif kind == "retire":
            money.retire(name, path, amount)
        elif kind == "give":
            money.give(name, channel, path, amount)
        else:
            money.banks[name].close_block()


MODES = ("ok", "ok", "error", "later")


def audit(
    money: Money,
    tops: dict[str, int] | None = None,
    states: dict[str, Held] | None = None,
    unread: dict[str, tuple[int, int]] | None = None,
) -> list[TokenAudit]:
    with opened(money, tops, unread) as store:
        return audit_tokens(store, states or money.hold())


@contextlib.contextmanager
def opened(
    money: Money,
    tops: dict[str, int] | None = None,
    unread: dict[str, tuple[int, int]] | None = None,
) -> Iterator[PacketStore]:
    with (
        tempfile.TemporaryDirectory() as folder,
        PacketStore.open(Path(folder) / "packets.db") as store,
    ):
        money.fill(store, tops, unread)
        yield store


@settings(max_examples=40)
@given(money=histories(), data=st.data())
def test_it_holds_whatever_happened_and_however_far_each_chain_was_read(
    money: Money, data: st.DataObject
) -> None:
    tops = {name: data.draw(st.integers(1, money.banks[name].height)) for name in NAMES}
    for each in audit(money, tops):
        assert each.verdict is Verdict.HOLDS, each
        assert each.balance is not None
        assert each.balance.ahead == 0, "the heights are one moment"


@settings(max_examples=40)
@given(money=histories(gifts=False), data=st.data())
def test_a_single_unit_that_is_missing_is_found(money: Money, data: st.DataObject) -> None:
    """Anywhere in what one chain holds, where the equation has a term of it."""
    sound = audit(money)
    states = money.hold()
    terms = [
        (each.crossing.owner.chain_id, each.height, each.crossing.owner.channel,
         each.crossing.denom) for each in sound
    ] + [
        (each.crossing.peer.chain_id, each.peer_height, USER, each.crossing.voucher)
        for each in sound
    ]  # fmt: skip
    if not terms:
        return
    chain_id, height, account, denom = data.draw(st.sampled_from(terms))
    change = data.draw(st.sampled_from([-1, 1]))
    assert height is not None
    held = states[chain_id].bank.history[height - 1].balances
    held[account, denom] = held.get((account, denom), 0) + change
    broken = [each for each in audit(money, states=states) if each.verdict is not Verdict.HOLDS]
    # What is too much in an escrow account may have been given to it.
    is_given = account != USER and change > 0
    assert bool(broken) != is_given
    assert all(each.verdict is Verdict.BROKEN for each in broken)


@st.composite
def gaps(draw: st.DrawFn, money: Money) -> dict[str, tuple[int, int]]:
    """Blocks of some chains that nobody read: the first ones, or some in the middle."""
    found = {}
    for name in NAMES:
        height = money.banks[name].height
        if draw(st.booleans()) and height > 1:
            last = draw(st.integers(1, height - 1))
            found[name] = (draw(st.sampled_from([1, draw(st.integers(1, last))])), last)
    return found


@settings(max_examples=50)
@given(money=histories(), data=st.data())
def test_blocks_that_nobody_read_make_it_unknown_at_most(money: Money, data: st.DataObject) -> None:
    unread = data.draw(gaps(money))
    tops = {
        name: data.draw(st.integers(unread.get(name, (0, 0))[1] + 1, money.banks[name].height))
        for name in NAMES
    }
    for each in audit(money, tops, unread=unread):
        assert each.verdict is not Verdict.BROKEN, (each, unread, tops)
        assert each.verdict is Verdict.HOLDS or each.reason


@settings(max_examples=50)
@given(money=histories(gifts=False), data=st.data())
def test_what_is_missing_does_not_hold_for_blocks_that_nobody_read(
    money: Money, data: st.DataObject
) -> None:
    unread = data.draw(gaps(money))
    sound = [each for each in audit(money, unread=unread) if each.verdict is Verdict.HOLDS]
    if not sound:
        return
    chosen = data.draw(st.sampled_from(sound))
    states = money.hold()
    assert chosen.height is not None
    held = states[chosen.crossing.owner.chain_id].bank.history[chosen.height - 1].balances
    held[chosen.crossing.owner.channel, chosen.crossing.denom] -= 1
    found = {each.crossing: each for each in audit(money, states=states, unread=unread)}
    assert found[chosen.crossing].verdict is Verdict.BROKEN
    assert found[chosen.crossing].reason == "1 vouchers without backing"


@pytest.fixture
def money() -> Money:
    return Money()


@pytest.fixture
def store(store_place: str) -> Iterator[PacketStore]:
    with PacketStore.open(store_place) as opened:
        yield opened


def test_traffic_in_all_its_states(money: Money, store: PacketStore) -> None:
    """Each term of the equation has its packet."""
    sends = [money.send("grid-1", "channel-0", NATIVE, amount) for amount in (1, 2, 4, 8, 16, 32)]
    done, flying, refused, expired, late, back = (each for each in sends if each is not None)
    money.receive(done, "ok")
    money.receive(back, "ok")
    voucher = money.received_path(back)
    money.send("grid-2", "channel-7", voucher, 32)
    money.receive(refused, "error")
    money.receive(late, "later")
    money.retire("grid-2", voucher, 1)
    money.fill(store)
    [found] = audit_tokens(store, money.hold())
    assert found.balance is not None
    assert (found.verdict, found.balance.escrow) == (Verdict.HOLDS, 63)
    assert (found.balance.counterparty_supply, found.balance.counterparty_retired) == (16, 1)
    assert (found.balance.in_flight, found.balance.returning) == (2 + 8, 32)
    assert found.balance.refunds_due == 4
    # It fails after all: what had arrived is taken back, and the sender is owed it.
    assert money.answer(late, is_error=True)
    money.time_out(expired)
    money.acknowledge(refused)
    money.fill(store)
    [found] = audit_tokens(store, money.hold())
    assert found.balance is not None
    assert (found.verdict, found.balance.escrow) == (Verdict.HOLDS, 51)
    assert (found.balance.counterparty_supply, found.balance.refunds_due) == (0, 16)
    assert flying.is_over is False
    save_audits(store, [found], [], asked_ns=5)
    [row] = Observations(store).list_conservation()
    assert (row.chain_id, row.channel, row.denom) == ("grid-1", "channel-0", BASE)
    assert (row.escrow, row.supply, row.retired, row.in_flight) == (51, 0, 1, 2)
    assert (row.returning_amount, row.refunds_due, row.difference) == (32, 16, 0)
    assert (row.verdict, row.asked_ns, row.peer_chain_id) == ("holds", 5, "grid-2")


def test_a_token_that_was_due_is_owed(money: Money) -> None:
    """Its time is over on the other chain: nobody will receive it any more."""
    expires_s = next(money.clock_s) + 2 * TICK_S
    sent = money.send("grid-1", "channel-0", NATIVE, 5, expires_s=expires_s)
    assert sent is not None
    [found] = audit(money)
    assert (found.balance or NOTHING).in_flight == 5
    money.banks["grid-2"].close_block()
    money.banks["grid-2"].close_block()
    [found] = audit(money)
    assert (found.balance or NOTHING).refunds_due == 5
    assert found.verdict is Verdict.HOLDS


def test_refunds_of_packets_that_failed(money: Money) -> None:
    """Base coins and vouchers, refused and timed out; paid in full, in part, or not at all."""
    for number, pays in enumerate((None, 3, 0, None, 3, 0)):
        sent = money.send("grid-1", "channel-0", NATIVE, 5)
        assert sent is not None
        if number < 3:
            money.receive(sent, "error")
            money.acknowledge(sent, pays=pays)
        else:
            money.time_out(sent, pays=pays)
    there = money.send("grid-1", "channel-0", NATIVE, 50)
    assert there is not None
    money.receive(there, "ok")
    for pays in (None, 4, 0):
        back = money.send("grid-2", "channel-7", money.received_path(there), 5)
        assert back is not None
        money.time_out(back, pays=pays)
    with opened(money) as store:
        verdicts = [each.verdict.value for each in list_refunds(store)]
    assert verdicts == ["paid", "short", "missing"] * 3
    # What was not paid out is not in any account: the equation finds the vouchers, and a coin
    # that went nowhere is found where it was taken from.
    found = {each.crossing.owner.chain_id: each for each in audit(money)}
    assert found["grid-1"].verdict is Verdict.BROKEN
    assert found["grid-1"].reason == "surplus: 6 more in escrow than anybody can claim"


# --- what nobody read -----------------------------------------------------------------------------


def test_a_tracker_that_began_when_all_was_settled(money: Money) -> None:
    """It has read nothing but idle blocks, and knows all the same that nothing is missing."""
    sent = money.send("grid-1", "channel-0", NATIVE, 50)
    assert sent is not None
    money.receive(sent, "ok")
    money.acknowledge(sent)
    money.send("grid-2", "channel-7", money.received_path(sent), 20)
    back = money.packets[-1]
    money.receive(back, "ok")
    money.acknowledge(back)
    unread = {name: (1, money.banks[name].height) for name in ("grid-1", "grid-2")}
    for name in NAMES:
        money.banks[name].close_block()
    [found] = audit(money, unread=unread)
    assert (found.verdict, found.reason) == (
        Verdict.UNKNOWN,
        ONLY_THEN,
    )
    for name in NAMES:
        money.banks[name].close_block()
    [found] = audit(money, unread=unread)
    assert (found.verdict, found.reason, found.balance) == (
        Verdict.HOLDS, "", ChannelBalance(30, 30, 0),
    )  # fmt: skip


ONLY_THEN = (
    "grid-1 was not read beyond the time of block 5 of grid-2, the first that was read "
    "without a gap"
)


def test_packets_that_were_under_way_when_the_tracker_began(money: Money) -> None:
    """Nobody knows what is in one until it is settled; from then on all is known again."""
    sent = money.send("grid-1", "channel-0", NATIVE, 50)
    assert sent is not None
    unread = {name: (1, money.banks[name].height) for name in ("grid-1", "grid-2")}
    for name in NAMES * 2:
        money.banks[name].close_block()
    [found] = audit(money, unread=unread)
    assert found.reason == (
        "packet 1 of grid-1 transfer/channel-0 is open at 4 in state and in no block that was read"
    )
    money.receive(sent, "later")
    [found] = audit(money, unread=unread)
    assert found.verdict is Verdict.UNKNOWN
    money.answer(sent, is_error=True)
    money.acknowledge(sent)
    money.send("grid-1", "channel-0", NATIVE, 7)
    [found] = audit(money, unread=unread)
    assert (found.verdict, (found.balance or NOTHING).in_flight) == (Verdict.HOLDS, 7)


def test_packets_that_were_settled_while_nobody_read(money: Money) -> None:
    """A refusal, a time-out and a success in a gap; one that waits in it for its answer."""
    sends = [money.send("grid-1", "channel-0", NATIVE, amount) for amount in (1, 2, 4, 8, 16)]
    good, refused, expired, late, waiting = (each for each in sends if each is not None)
    first = {name: money.banks[name].height + 1 for name in ("grid-1", "grid-2")}
    money.receive(good, "ok")
    money.receive(refused, "error")
    money.receive(late, "later")
    money.acknowledge(good)
    money.acknowledge(refused)
    money.time_out(expired)
    unread = {name: (first[name], money.banks[name].height) for name in first}
    for name in NAMES * 2:
        money.banks[name].close_block()
    [found] = audit(money, unread=unread)
    assert found.reason == (
        "what came of packet 4 of grid-1 transfer/channel-0 is in blocks of grid-2 "
        "that were not read"
    )
    # Its answer is seen, and with it that it had come before.
    assert money.answer(late, is_error=False)
    [found] = audit(money, unread=unread)
    assert (found.verdict, found.balance) == (Verdict.HOLDS, ChannelBalance(25, 9, 0, in_flight=16))
    assert not waiting.is_received


def test_an_answer_that_came_back_before_the_other_chain_was_read_so_far(money: Money) -> None:
    """The moment lies before it: no packet is settled on one chain and unknown to the other."""
    sent = money.send("grid-1", "channel-0", NATIVE, 50)
    assert sent is not None
    unread = {"grid-1": (1, money.banks["grid-1"].height)}
    for name in NAMES * 2:
        money.banks[name].close_block()
    top = money.banks["grid-2"].height
    money.receive(sent, "ok")
    money.acknowledge(sent)
    [found] = audit(money, {"grid-2": top}, unread=unread)
    assert "packet 1 of grid-1 transfer/channel-0 is open at 4" in found.reason
    [found] = audit(money, unread=unread)
    assert (found.verdict, found.balance) == (Verdict.HOLDS, ChannelBalance(50, 50, 0))


def test_an_answer_to_what_was_never_sent_moves_no_audit(money: Money) -> None:
    """Anybody may relay such; a chain may repeat the words, and a late tracker hears them."""
    sent = money.send("grid-1", "channel-0", NATIVE, 50)
    assert sent is not None
    money.receive(sent, "ok")
    money.acknowledge(sent)
    unread = {name: (1, money.banks[name].height) for name in ("grid-1", "grid-2")}
    for name in NAMES * 2:
        money.banks[name].close_block()
    never = replace(sent.packet, sequence=99)
    money.banks["grid-1"].close_block(event("acknowledge_packet", never))
    [found] = audit(money, unread=unread)
    assert found.verdict is Verdict.HOLDS
    assert found.height == money.banks["grid-1"].height


def test_more_packets_than_a_node_is_asked_for(
    money: Money, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plurichain.tracker.auditing.unread.MOST", 2)
    for _ in range(3):
        sent = money.send("grid-1", "channel-0", NATIVE, 5)
        assert sent is not None
        money.receive(sent, "ok")
        money.acknowledge(sent)
    unread = {"grid-2": (1, money.banks["grid-2"].height)}
    money.banks["grid-2"].close_block()
    [found] = audit(money, unread=unread)
    assert found.reason == (
        "over 2 packets of grid-1 transfer/channel-0 were answered in blocks of grid-2 "
        "that were not read"
    )


# --- what makes it unknown ------------------------------------------------------------------------


def test_a_chain_that_is_silent_or_was_not_asked(money: Money) -> None:
    money.send("grid-1", "channel-0", NATIVE, 5)
    money.send("grid-2", "channel-1", NATIVE, 5)
    states = money.hold()
    states["grid-3"].is_silent = True
    found = {each.crossing.owner.chain_id: each for each in audit(money, states=states)}
    assert found["grid-1"].verdict is Verdict.HOLDS
    assert found["grid-2"].verdict is Verdict.UNKNOWN
    assert found["grid-2"].reason == "grid-3 does not answer: it is away"
    del states["grid-3"]
    found = {each.crossing.owner.chain_id: each for each in audit(money, states=states)}
    assert found["grid-2"].reason == "grid-3 was not asked"
    assert found["grid-2"].balance is None


def test_state_that_is_pruned(money: Money) -> None:
    money.send("grid-1", "channel-0", NATIVE, 5)
    states = money.hold()
    states["grid-2"].oldest = 99
    [found] = audit(money, states=states)
    assert (found.verdict, found.reason) == (
        Verdict.UNKNOWN,
        "grid-2: version does not exist",
    )


def test_the_last_blocks_were_not_read(money: Money) -> None:
    money.send("grid-1", "channel-0", NATIVE, 5)
    bank = money.banks["grid-1"]
    with opened(money) as store:
        store.take_in(Missing("grid-1", bank.height + 1, bank.height + 4, Absence.PRUNED))
        for _ in range(4):
            bank.close_block()
        [found] = audit_tokens(store, money.hold())
    assert found.verdict is Verdict.UNKNOWN
    assert found.reason == "blocks 3 to 6 of grid-1 were not read"


def test_packets_in_state_that_no_block_told_of(money: Money) -> None:
    """A block that was read wrongly, or a node that tells another story."""
    money.send("grid-1", "channel-0", NATIVE, 5)
    states = money.hold()
    states["grid-1"].bank.history[-1].open_["channel-0"] = [1, 9]
    [found] = audit(money, states=states)
    assert found.verdict is Verdict.UNKNOWN
    assert found.reason == (
        "packet 9 of grid-1 transfer/channel-0 is open at 2 in state and in no block that was read"
    )
    states["grid-1"].bank.history[-1].open_["channel-0"] = []
    [found] = audit(money, states=states)
    assert "packet 1 " in found.reason
    assert "in blocks and not in state" in found.reason


def test_data_that_are_no_transfer(money: Money) -> None:
    money.send("grid-1", "channel-0", NATIVE, 5)
    money.send_data("grid-1", "channel-0", b"\xff")
    [found] = audit(money)
    assert (found.verdict, found.reason) == (
        Verdict.UNKNOWN,
        "packet 2 of grid-1 transfer/channel-0 cannot be read",
    )


def test_a_denom_that_is_kept_escaped(money: Money) -> None:
    """Its packets have it as it is, and so has the name of its voucher."""
    odd = DenomPath((), "a\tb")
    money.banks["grid-1"].balances[USER, odd.base] = 10
    sent = money.send("grid-1", "channel-0", odd, 5)
    assert sent is not None
    money.receive(sent, "ok")
    [found] = audit(money)
    assert found.crossing.path == odd
    assert found.verdict is Verdict.HOLDS
    assert (found.balance or NOTHING).counterparty_supply == 5


def test_a_denom_with_slashes_is_no_path(money: Money) -> None:
    pool = DenomPath((), "gamm/pool/1")
    money.banks["grid-1"].balances[USER, pool.base] = 10
    sent = money.send("grid-1", "channel-0", pool, 5)
    assert sent is not None
    money.receive(sent, "ok")
    money.send("grid-2", "channel-7", money.received_path(sent), 2)
    [found] = audit(money)
    assert (found.crossing.denom, found.verdict) == ("gamm/pool/1", Verdict.HOLDS)
    assert (found.balance or NOTHING).returning == 2


def test_vouchers_of_vouchers(money: Money) -> None:
    """Sent on, they are escrowed once more; what goes back goes back to where it was escrowed."""
    first = money.send("grid-1", "channel-0", NATIVE, 100)
    assert first is not None
    money.receive(first, "ok")
    second = money.send("grid-2", "channel-1", money.received_path(first), 60)
    assert second is not None
    money.receive(second, "ok")
    far = money.received_path(second)
    assert len(far.hops) == 2
    money.send("grid-3", "channel-5", far, 25)
    found = {each.crossing.owner.chain_id: each for each in audit(money)}
    assert all(each.verdict is Verdict.HOLDS for each in found.values())
    assert (found["grid-1"].balance or NOTHING).counterparty_supply == 100
    middle = found["grid-2"].balance or NOTHING
    assert (middle.escrow, middle.counterparty_supply, middle.returning) == (60, 35, 25)


def test_a_chain_without_retirement(money: Money) -> None:
    """Nothing is retired there, and that was found out."""
    sent = money.send("grid-1", "channel-0", NATIVE, 5)
    assert sent is not None
    money.receive(sent, "ok")
    states = money.hold()
    states["grid-2"].has_energy = False
    [found] = audit(money, states=states)
    assert (found.verdict, (found.balance or NOTHING).counterparty_retired) == (Verdict.HOLDS, 0)


def test_a_node_that_is_behind_what_was_read(money: Money) -> None:
    """Its newest state is what both are taken at; the other chain goes down with it."""
    sent = money.send("grid-1", "channel-0", NATIVE, 5)
    assert sent is not None
    money.receive(sent, "ok")
    money.acknowledge(sent)
    states = money.hold()
    states["grid-2"].head = 1
    [found] = audit(money, states=states)
    assert (found.verdict, found.peer_height) == (Verdict.HOLDS, 1)
    assert found.height == 2, "before the acknowledgement that the other has not written"
    assert (found.balance or NOTHING).in_flight == 5


def test_credits_where_they_were_issued(money: Money) -> None:
    bank = money.banks["grid-1"]
    bank.balances[USER, CREDIT] = 70
    bank.retired[CREDIT] = 30
    bank.close_block()
    states = money.hold()
    states["grid-1"].issued = [make_credit(100)]
    told: list[str] = []
    states["grid-2"].is_silent = True
    [found] = audit_origins(states, report=told.append)
    assert (found.chain_id, found.verdict) == ("grid-1", Verdict.HOLDS)
    assert told == ["grid-2: its credits were not audited: it is away"]
    states["grid-1"].issued = [make_credit(101)]
    [found] = audit_origins(states, report=told.append)
    assert (found.verdict, found.balance.difference) == (Verdict.BROKEN, 1)


def test_a_chain_of_which_nothing_was_read(money: Money, tmp_path: Path) -> None:
    money.send("grid-1", "channel-0", NATIVE, 5)
    with PacketStore.open(tmp_path / "packets.db") as store:
        money.fill(store, {"grid-2": 0})
        [found] = audit_tokens(store, money.hold())
    assert (found.verdict, found.reason) == (Verdict.UNKNOWN, "nothing of grid-2 was read")


def test_a_chain_that_was_read_less_far_than_its_packets_came(money: Money) -> None:
    """The other one received what it has not been seen to send; below that is nothing."""
    sent = money.send("grid-1", "channel-0", NATIVE, 5)
    assert sent is not None
    states = money.hold()
    states["grid-1"].head = 0
    [found] = audit(money, states=states)
    assert found.reason == "too little was read of one of the chains: packets came before it"


def test_a_time_out_by_height(money: Money) -> None:
    sent = money.send("grid-1", "channel-0", NATIVE, 5, expires_at=3)
    assert sent is not None
    [found] = audit(money)
    assert (found.balance or NOTHING).in_flight == 5
    money.banks["grid-2"].close_block()
    money.banks["grid-2"].close_block()
    [found] = audit(money)
    assert (found.balance or NOTHING).refunds_due == 5


def test_the_money_of_a_contract_is_not_in_the_bank(tmp_path: Path, money: Money) -> None:
    here = replace(HERE, port="wasm.pluri1contract")
    sent = replace(packet(), source_port=here.port)
    with PacketStore.open(tmp_path / "packets.db") as store:
        store.add_route(Route(A, here, B, THERE))
        store.add_route(Route(B, THERE, A, here))
        store.take_in(block(A, 1, signed(event("send_packet", sent))))
        store.take_in(block(B, 1))
        [found] = audit_tokens(store, money.hold())
    assert (found.verdict, found.reason) == (
        Verdict.UNKNOWN,
        "grid-1 wasm.pluri1contract/channel-0 is a contract's: what it holds is not in the bank",
    )
