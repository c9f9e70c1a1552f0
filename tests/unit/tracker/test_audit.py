"""The money of chains made by hand, audited: whatever happens, at whatever heights."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plurichain.ibc.conservation import Verdict
from plurichain.ibc.denom import DenomPath
from plurichain.tracker.auditing.conservation import TokenAudit, audit_tokens
from plurichain.tracker.store import PacketStore
from tests.unit.tracker.money_model import BASE, ENDS, NAMES, USER, Held, Money

NATIVE = DenomPath((), BASE)


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
    money: Money, tops: dict[str, int] | None = None, states: dict[str, Held] | None = None
) -> list[TokenAudit]:
    with (
        tempfile.TemporaryDirectory() as folder,
        PacketStore.open(Path(folder) / "packets.db") as store,
    ):
        money.fill(store, tops)
        return audit_tokens(store, states or money.hold())


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


@pytest.fixture
def money() -> Money:
    return Money()


def test_traffic_in_all_its_states(money: Money) -> None:
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
    [found] = audit(money)
    assert found.balance is not None
    assert (found.verdict, found.balance.escrow) == (Verdict.HOLDS, 63)
    assert (found.balance.counterparty_supply, found.balance.counterparty_retired) == (16, 1)
    assert (found.balance.in_flight, found.balance.returning) == (2 + 8, 32)
    assert found.balance.refunds_due == 4
    # It fails after all: what had arrived is taken back, and the sender is owed it.
    assert money.answer(late, is_error=True)
    money.time_out(expired)
    money.acknowledge(refused)
    [found] = audit(money)
    assert found.balance is not None
    assert (found.verdict, found.balance.escrow) == (Verdict.HOLDS, 51)
    assert (found.balance.counterparty_supply, found.balance.refunds_due) == (0, 16)
    assert flying.is_over is False
