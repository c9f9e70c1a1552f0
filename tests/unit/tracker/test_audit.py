"""The money of chains made by hand, audited: whatever happens, at whatever heights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from plurichain.energy.attributes import Attributes
from plurichain.energy.denom import compute_credit_denom
from plurichain.energy.state import IssuedCredit
from plurichain.ibc.conservation import Verdict
from plurichain.ibc.denom import DenomPath
from plurichain.tracker.auditing.conservation import audit_origins, audit_tokens
from plurichain.tracker.auditing.refunds import list_refunds
from plurichain.tracker.auditing.saving import save_audits
from plurichain.tracker.blocks import Absence, Missing
from plurichain.tracker.observations import Observations
from plurichain.tracker.store import PacketStore, Route
from tests.unit.tracker.audits import NATIVE, NOTHING, audit, opened
from tests.unit.tracker.grids import HERE, THERE, A, B, block, event, packet, signed
from tests.unit.tracker.money_model import BASE, TICK_S, USER, Money

ATTRIBUTES = Attributes(
    "grid-1", "mill", "wind", "CH-ZH", 1_000, 1_767_225_600, 1_767_226_500, bytes(32), "registry"
)
CREDIT = compute_credit_denom(ATTRIBUTES)


def make_credit(issued_wh: int) -> IssuedCredit:
    return IssuedCredit(CREDIT, ATTRIBUTES, issued_wh)


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


def test_packets_of_the_other_end_that_no_block_told_of(money: Money) -> None:
    """What comes back from there would be missing as much as what goes there."""
    money.send("grid-1", "channel-0", NATIVE, 5)
    states = money.hold()
    states["grid-2"].bank.history[-1].open_["channel-7"] = [3]
    [found] = audit(money, states=states)
    assert found.verdict is Verdict.UNKNOWN
    assert "packet 3 of grid-2 transfer/channel-7 is open" in found.reason
    assert "in state and in no block that was read" in found.reason


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
