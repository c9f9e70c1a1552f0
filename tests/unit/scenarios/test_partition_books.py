"""The books of two grids: where each Wh is, and that nothing lost or doubled passes."""

from __future__ import annotations

import dataclasses

import pytest

from plurichain.errors import CheckFailed
from plurichain.ibc.conservation import ChannelBalance, OriginBalance
from plurichain.ibc.packet_story import StoryClass
from plurichain.scenarios.partition.accounting import PLACES, Account, Books, validate_books
from plurichain.scenarios.partition.truth import Moment, tell_class
from plurichain.scenarios.partition.watching import Knowledge
from tests.unit.tracker.monitoring.snapshots import make_chain

#: 100 Wh issued, 3 retired at home, 40 in escrow: 25 over there, 5 retired there, 10 moving.
CHANNEL = ChannelBalance(
    escrow=40,
    counterparty_supply=25,
    counterparty_retired=5,
    in_flight=4,
    returning=1,
    refunds_due=5,
)
ORIGIN = OriginBalance(issued=100, supply=97, retired=3)


def make_books(*accounts: Account) -> Books:
    return Books({}, accounts)


@pytest.mark.parametrize(
    ("home", "held_a", "held_b", "retired_a", "retired_b"),
    [("a", 57, 25, 3, 5), ("b", 25, 57, 5, 3)],
)
def test_every_wh_has_one_place(
    home: str, held_a: int, held_b: int, retired_a: int, retired_b: int
) -> None:
    """What is in escrow is where its vouchers are, or on its way."""
    account = Account(home, "wh", ORIGIN, CHANNEL)

    assert account.places == (held_a, held_b, retired_a, retired_b, 5, 5)
    assert len(account.places) == len(PLACES)
    assert account.holds


@pytest.mark.parametrize("field", [each.name for each in dataclasses.fields(ChannelBalance)])
@pytest.mark.parametrize("change", [-1, 1])
def test_one_wh_in_any_term_is_noticed(field: str, change: int) -> None:
    """A voucher doubled, a refund forgotten, an escrow short: none passes."""
    wrong = dataclasses.replace(CHANNEL, **{field: getattr(CHANNEL, field) + change})
    right = Account("a", "wh.right", ORIGIN, CHANNEL)

    validate_books(make_books(right))
    with pytest.raises(CheckFailed, match=r"wh\.wrong: issued 100 Wh"):
        validate_books(make_books(right, Account("b", "wh.wrong", ORIGIN, wrong)))


def test_a_wh_that_was_never_issued_is_noticed() -> None:
    """More in hands at home than the equation allows."""
    made = dataclasses.replace(ORIGIN, supply=98)

    with pytest.raises(CheckFailed, match="found 101 Wh"):
        validate_books(make_books(Account("a", "wh", made, CHANNEL)))


def test_books_add_up_by_home_and_together() -> None:
    """Sums are of the credits of one grid, or of both."""
    books = make_books(Account("a", "x", ORIGIN, CHANNEL), Account("b", "y", ORIGIN, CHANNEL))

    assert books.sum_issued() == sum(books.sum_places()) == 200
    assert books.sum_places("a") == (57, 25, 3, 5, 5, 5)
    assert books.sum_channel("b") == CHANNEL
    assert books.equation_count == 4


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        # commitment at the source, receipt, acknowledgement at the destination, time over
        ((True, False, False, False), StoryClass.UNRECEIVED),
        ((True, False, False, True), StoryClass.EXPIRED),
        ((True, True, False, False), StoryClass.RECEIVED_UNACKED),
        ((True, True, True, False), StoryClass.ACK_PENDING),
        # Received in time: that the time is over now changes nothing.
        ((True, True, True, True), StoryClass.ACK_PENDING),
        ((False, True, True, False), StoryClass.ACKED),
        ((False, True, True, True), StoryClass.ACKED),
        ((False, False, False, True), StoryClass.REFUNDED),
    ],
)
def test_marks_of_both_chains_tell_the_class(
    marks: tuple[bool, bool, bool, bool], expected: StoryClass
) -> None:
    """As ICS-4 leaves them: commitments go when a packet ends, receipts stay."""
    is_committed, is_received, is_answered, is_due = marks
    found = tell_class(
        is_committed=is_committed,
        is_received=is_received,
        is_answered=is_answered,
        is_due=is_due,
    )

    assert found is expected


@pytest.mark.parametrize(("later_ns", "told"), [(2_500_000_000, "2.5"), (-200_000_000, "0.0")])
def test_nothing_was_read_in_the_future(later_ns: int, told: str) -> None:
    """The tracker may have read a block that came after the one it is compared at."""
    chain = make_chain("grid-a-1")
    assert chain.time_ns is not None
    known = Knowledge({"a": chain}, {})

    said = known.format_as_of("a", Moment(1_000, chain.time_ns + later_ns))

    assert said == f"read up to block 1000, {told} s ago"
