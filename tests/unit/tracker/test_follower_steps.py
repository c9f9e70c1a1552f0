"""One step of following a chain: only what comes next, and what a database lost is read again."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from plurichain.errors import BadReply, InputError
from plurichain.tracker.blocks import Absence, Missing, TrackedBlock
from plurichain.tracker.follower import Follower
from plurichain.tracker.store import Cursor
from tests.unit.tracker.grids import A, block


class Sink:
    """A database whose cursor is where it is, and which takes nothing but what follows."""

    def __init__(self, known: int | None) -> None:
        self.known = known

    def get_cursor(self, chain_id: str) -> Cursor | None:
        return None if self.known is None else Cursor(chain_id, self.known, None, "")

    def take_in(self, news: TrackedBlock | Missing) -> bool:
        first = news.first if isinstance(news, Missing) else news.since
        if first != (self.known or 0) + 1:
            raise InputError(f"block {first} does not follow")
        return True

    def list_unrouted(self, _chain_id: str) -> list[object]:
        return []

    list_named = list_unrouted


def step(known: int | None, height: int | None, news: TrackedBlock | Missing) -> int | None:
    """Have a follower that is at ``height`` be given something, with a database at ``known``."""
    source: Any = SimpleNamespace(chain_id=A, read_after=lambda _height: news)
    chain: Any = SimpleNamespace(source=source, find_route=lambda _end: None, until=None)
    sink: Any = Sink(known)
    follower: Any = Follower(sink, [chain], report=lambda _text: None)
    found: int | None = follower._take_next(chain, height)
    return found


def test_what_comes_next_is_taken() -> None:
    assert step(7, 7, block(A, 8)) == 8
    assert step(7, 7, Missing(A, 8, 12, Absence.PRUNED)) == 12


@pytest.mark.parametrize("first", [1, 6, 7, 9, 100])
@pytest.mark.parametrize("is_missing", [False, True])
def test_the_cursor_neither_goes_back_nor_skips(first: int, is_missing: bool) -> None:
    told = Missing(A, first, first, Absence.PRUNED) if is_missing else block(A, first)
    with pytest.raises(BadReply, match=f"block {first} came where block 8 was asked for"):
        step(7, 7, told)


@pytest.mark.parametrize(("known", "goes_on_at"), [(3, 3), (None, None)])
def test_what_a_database_has_lost_is_read_again(known: int | None, goes_on_at: int | None) -> None:
    """A server that crashed may come back without its last blocks."""
    assert step(known, 7, block(A, 8)) == goes_on_at


@pytest.mark.parametrize(("known", "height"), [(9, 8), (8, None)])
def test_what_does_not_follow_for_another_reason_is_an_error(
    known: int, height: int | None
) -> None:
    with pytest.raises(InputError, match="does not follow"):
        step(known, height, block(A, 7 if height is None else height + 1))
