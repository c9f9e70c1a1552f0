"""What is under way at two heights, event by event."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from plurichain.ibc.conservation import ChannelBalance, Verdict
from plurichain.ibc.token_move import TokenMove, Underway, compute_underway

HEIGHTS = st.integers(1, 20)


def weigh(move: TokenMove, height: int, peer_height: int) -> Underway:
    return compute_underway([move], height, peer_height)


def test_on_its_way_received_and_undone() -> None:
    move = TokenMove(5, is_returning=False, sent=3, refunded=9, arrived=4, refused=6)
    assert weigh(move, 2, 3) == Underway()
    assert weigh(move, 3, 3) == Underway(in_flight=5)
    assert weigh(move, 3, 4) == Underway()
    assert weigh(move, 3, 6) == Underway(refunds_due=5)
    assert weigh(move, 9, 6) == Underway()
    # Heights that are not of one moment.
    assert weigh(move, 2, 4) == Underway(ahead=5)
    assert weigh(move, 9, 5) == Underway(ahead=5)


def test_on_its_way_back_the_heights_change_places() -> None:
    move = TokenMove(5, is_returning=True, sent=3, arrived=7)
    assert weigh(move, 6, 3) == Underway(returning=5)
    assert weigh(move, 7, 3) == Underway()
    assert weigh(move, 7, 2) == Underway(ahead=5)


def test_refused_as_it_came_or_over_its_time() -> None:
    refused = TokenMove(5, is_returning=True, sent=3, refused=4, refunded=6)
    assert weigh(refused, 3, 5) == Underway(returning=5)
    assert weigh(refused, 4, 5) == Underway(refunds_due=5)
    assert weigh(refused, 4, 6) == Underway()
    due = TokenMove(5, is_returning=False, sent=3, is_due=True)
    assert weigh(due, 3, 9) == Underway(refunds_due=5)


@given(st.lists(st.tuples(HEIGHTS, HEIGHTS, HEIGHTS, HEIGHTS)), HEIGHTS, HEIGHTS)
def test_it_is_what_the_two_banks_differ_by(
    packets: list[tuple[int, int, int, int]], height: int, peer_height: int
) -> None:
    """Escrow and vouchers counted event by event, at heights of which none knows the other."""
    moves, escrow, supply = [], 0, 0
    for number, (sent, arrived, refused, refunded) in enumerate(packets, start=1):
        move = TokenMove(
            number, is_returning=False, sent=sent, arrived=arrived,
            refused=max(refused, arrived), refunded=max(refunded, sent),
        )  # fmt: skip
        assert move.refused is not None
        assert move.refunded is not None
        moves.append(move)
        escrow += number * ((sent <= height) - (move.refunded <= height))
        supply += number * ((arrived <= peer_height) - (move.refused <= peer_height))
    underway = compute_underway(moves, height, peer_height)
    assert underway.total == escrow - supply
    assert ChannelBalance.make(escrow, supply, 0, underway).holds


def test_a_surplus_is_explained_by_what_was_given_and_a_lack_by_nothing() -> None:
    def judge(escrow: int, given: int | None) -> Verdict:
        return ChannelBalance(escrow, 10, 0).judge(given)

    assert judge(10, None) is Verdict.HOLDS
    assert judge(15, 5) is Verdict.HOLDS
    assert judge(15, 9) is Verdict.HOLDS
    assert judge(15, 4) is Verdict.BROKEN
    assert judge(15, None) is Verdict.BROKEN
    assert judge(9, 5) is Verdict.BROKEN
