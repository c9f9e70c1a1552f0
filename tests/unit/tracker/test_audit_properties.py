"""Audits of any history of three chains, with any blocks unread: sound is never called broken."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from plurichain.ibc.conservation import Verdict
from tests.unit.tracker.audits import audit
from tests.unit.tracker.money_model import ENDS, NAMES, USER, Money

MODES = ("ok", "ok", "error", "later")


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
    # What is too much in an escrow account may have been given to it; not so vouchers, of which
    # there are then more than their own chain has backing for.
    is_given = account != USER and change > 0 and not denom.startswith("ibc/")
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
