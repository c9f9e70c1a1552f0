"""Every state of a chain's node as a contact: what is shown grows old and never turns into zero."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plurichain.chain.nodes.retrying import RetryPolicy
from plurichain.chain.types import NodeStatus
from plurichain.errors import (
    BadReply,
    ChainReset,
    LockedError,
    NodeBehind,
    NodeBusy,
    NodeError,
    NodeTimeout,
    NodeUnreachable,
    StorageError,
    WrongChain,
)
from plurichain.tracker.blocks import Absence, Missing, TrackedBlock
from plurichain.tracker.follower import FollowedChain, Follower
from plurichain.tracker.observations import Contact, Observations
from plurichain.tracker.observing.contacts import SAVE_EVERY_NS, ContactBook, Question
from plurichain.tracker.store import PacketStore
from tests.unit.tracker.grids import A, B, block

DEADLINE_S = 60.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[PacketStore]:
    with PacketStore.open(tmp_path / "packets.db") as opened:
        yield opened


class Clock:
    """A local clock that a test moves."""

    def __init__(self) -> None:
        self.now_ns = 1_000 * 10**9

    def __call__(self) -> int:
        return self.now_ns


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def book(store: PacketStore, clock: Clock) -> ContactBook:
    return ContactBook(Observations(store), {A: "town", B: "farm"}, clock_ns=clock)


def status(height: int, *, catching_up: bool = False) -> NodeStatus:
    return NodeStatus(A, height, height * 10**9, catching_up, "", "")


def stored(store: PacketStore) -> dict[str, Contact]:
    return {each.chain_id: each for each in Observations(store).list_contacts()}


# --- the book -------------------------------------------------------------------------------------


def test_a_head_and_how_fresh_it_is(book: ContactBook, store: PacketStore, clock: Clock) -> None:
    book.note_head(A, status(7))
    asked = clock.now_ns
    assert stored(store)[A] == Contact(A, "town", asked, asked, 7, 7 * 10**9, False, None)
    clock.now_ns += 60 * 10**9
    book.note_failure(A, Question.HEAD, NodeTimeout("no answer within 5 s"))
    after = stored(store)[A]
    assert (after.head_height, after.answered_ns) == (7, asked)
    assert (after.asked_ns, after.error) == (clock.now_ns, "no answer within 5 s")


def test_a_chain_that_never_answered_has_no_figures(book: ContactBook, store: PacketStore) -> None:
    book.note_failure(A, Question.HEAD, NodeUnreachable("cannot reach it"))
    found = stored(store)[A]
    assert (found.answered_ns, found.head_height, found.is_catching_up) == (None, None, None)
    assert B not in stored(store)


def test_a_node_that_lags_is_told_as_such(book: ContactBook, store: PacketStore) -> None:
    book.note_head(A, status(900))
    book.note_head(A, status(40, catching_up=True))
    found = stored(store)[A]
    assert (found.head_height, found.head_time_ns, found.is_catching_up) == (40, 40 * 10**9, True)
    assert found.error is None


def test_a_head_of_another_run_is_no_part_of_what_is_answered_now(
    book: ContactBook, store: PacketStore, clock: Clock
) -> None:
    """Blocks come first, or alone (--no-observe): the chain would seem to stand still."""
    book.note_head(A, status(7))
    clock.now_ns += 3_600 * 10**9
    again = ContactBook(Observations(store), {A: "town"}, clock_ns=clock)
    assert again.get(A).head_height == 7
    again.note_failure(A, Question.BLOCKS, NodeTimeout("slow"))
    assert stored(store)[A].head_height == 7
    again.note_blocks(A)
    found = stored(store)[A]
    assert (found.answered_ns, found.error) == (clock.now_ns, None)
    assert (found.head_height, found.head_time_ns, found.is_catching_up) == (None, None, None)
    again.note_head(A, status(9))
    again.note_blocks(A)
    assert stored(store)[A].head_height == 9


def test_one_question_that_fails_is_not_hidden_by_another_that_is_answered(
    book: ContactBook, store: PacketStore
) -> None:
    book.note_failure(A, Question.BLOCKS, BadReply("blocks cannot be read"))
    book.note_head(A, status(8))
    assert stored(store)[A].error == "blocks cannot be read"
    book.note_failure(A, Question.HEAD, NodeTimeout("slow"))
    book.note_blocks(A)
    assert stored(store)[A].error == "slow"
    book.note_head(A, status(9))
    assert stored(store)[A].error is None


def test_what_is_no_news_is_written_seldom(
    book: ContactBook, store: PacketStore, clock: Clock
) -> None:
    book.note_blocks(A)
    first = stored(store)[A].answered_ns
    clock.now_ns += SAVE_EVERY_NS // 2
    book.note_blocks(A)
    assert stored(store)[A].answered_ns == first
    clock.now_ns += SAVE_EVERY_NS
    book.note_blocks(A)
    assert stored(store)[A].answered_ns == clock.now_ns


def test_what_an_earlier_run_knew_is_known(
    book: ContactBook, store: PacketStore, clock: Clock
) -> None:
    book.note_head(A, status(7))
    later = ContactBook(Observations(store), {A: "town"}, clock_ns=clock)
    clock.now_ns += 5
    later.note_failure(A, Question.HEAD, NodeTimeout("slow"))
    assert stored(store)[A].head_height == 7


def test_proofs_that_fail_are_told_until_they_hold(book: ContactBook, store: PacketStore) -> None:
    book.note_head(A, status(7))
    book.note_failure(A, Question.PROOFS, BadReply("header 7 is another"))
    assert stored(store)[A].error == "header 7 is another"
    book.note_proofs(A)
    assert stored(store)[A].error is None


def test_a_database_that_cannot_be_written_is_logged(
    book: ContactBook, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_rows: object) -> None:
        raise StorageError("no room")

    monkeypatch.setattr(book._observations, "save", refuse)
    book.note_head(A, status(7))
    assert book.get(A).head_height == 7
    assert "no room" in caplog.text


# --- told by whoever follows blocks ---------------------------------------------------------------


class Source:
    """Gives what a script says, then nothing: blocks, errors, or blocks that do not fit."""

    def __init__(self, chain_id: str, *script: TrackedBlock | Missing | Exception) -> None:
        self.chain_id = chain_id
        self.script = list(script)
        self.asked: list[int | None] = []
        self.is_done = threading.Event()

    def read_after(self, height: int | None) -> TrackedBlock | Missing | None:
        if not self.script:
            self.is_done.set()
            return None
        self.asked.append(height)
        news = self.script.pop(0)
        if isinstance(news, Exception):
            raise news
        return news


def follow(
    store: PacketStore, book: ContactBook, *sources: Source, **more: Any
) -> tuple[Follower, list[str]]:
    said: list[str] = []
    chains = [FollowedChain(source, lambda _end: None) for source in sources]
    policy = RetryPolicy(first_s=0.0, longest_s=0.0)
    follower = Follower(store, chains, report=said.append, contacts=book, policy=policy, **more)
    thread = threading.Thread(target=follower.run)
    thread.start()
    for source in sources:
        for _ in range(int(DEADLINE_S / 0.02)):
            if source.is_done.wait(0.02) or source.chain_id in follower.failures:
                break
        else:
            follower.stop()
            pytest.fail(f"{source.chain_id} was not read to the end within {DEADLINE_S:.0f} s")
    follower.stop()
    thread.join(DEADLINE_S)
    assert not thread.is_alive()
    return follower, said


TROUBLES = [
    NodeUnreachable("connection refused"),
    NodeTimeout("no answer within 5 s"),
    NodeBusy("429 Too Many Requests"),
    NodeError("502 Bad Gateway"),
    BadReply("not JSON"),
    NodeBehind("catching up"),
    LockedError("another process writes"),
]


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda each: type(each).__name__)
def test_every_trouble_is_told_once_and_others_go_on(
    store: PacketStore, book: ContactBook, trouble: Exception
) -> None:
    source = Source(A, block(A, 1), trouble, trouble, trouble, block(A, 2))
    follower, said = follow(store, book, source, Source(B, block(B, 1)))
    assert follower.failures == {}
    assert said == [f"{A}: {trouble}", f"{A}: is read again"]
    # Whatever failed, what is asked for is always the block after the last one.
    assert source.asked == [None, 1, 1, 1, 1]
    assert stored(store)[A].error is None
    assert {each.chain_id: each.height for each in store.list_cursors()} == {A: 2, B: 1}


def test_a_trouble_that_lasts_is_the_contact(store: PacketStore, book: ContactBook) -> None:
    class Down(Source):
        def read_after(self, height: int | None) -> TrackedBlock | Missing | None:
            if not self.script:
                follower.stop()
                raise NodeTimeout("still slow")
            return super().read_after(height)

    source = Down(A, block(A, 1), NodeTimeout("slow"), NodeBehind("catching up"))
    said: list[str] = []
    follower = Follower(
        store, [FollowedChain(source, lambda _end: None)], report=said.append, contacts=book,
        policy=RetryPolicy(first_s=0.0, longest_s=0.0),
    )  # fmt: skip
    follower.run()
    assert stored(store)[A].error == "still slow"
    assert stored(store)[A].answered_ns is not None
    assert said == [f"{A}: slow"]


@pytest.mark.parametrize("kind", [WrongChain, ChainReset])
def test_another_chain_stops_that_chain_with_a_word(
    store: PacketStore, book: ContactBook, kind: type[NodeError]
) -> None:
    error = kind("serves the chain 'x'", remedy="correct the endpoints")
    wrong, right = Source(A, block(A, 1), error, block(A, 2)), Source(B, block(B, 1), block(B, 2))
    follower, said = follow(store, book, wrong, right)
    assert follower.failures == {A: error}
    assert said == [f"{A}: not tracked any more: serves the chain 'x'; correct the endpoints"]
    assert stored(store)[A].error == "serves the chain 'x'"
    assert {each.chain_id: each.height for each in store.list_cursors()} == {A: 1, B: 2}


@pytest.mark.parametrize(
    "news", [block(A, 1), block(A, 4), Missing(A, 1, 3, Absence.PRUNED)],
    ids=["back", "skip", "range"],
)  # fmt: skip
def test_the_cursor_never_goes_back_or_skips(
    store: PacketStore, book: ContactBook, news: TrackedBlock | Missing
) -> None:
    """Several nodes behind one address may answer with anything."""
    source = Source(A, block(A, 1), block(A, 2), news, block(A, 3))
    follower, said = follow(store, book, source)
    assert source.asked == [None, 1, 2, 2]
    assert "came where block 3 was asked for" in said[0]
    assert follower.failures == {}
    assert store.query("SELECT first, last, state FROM coverage") == [(1, 3, "read")]


def test_two_that_write_one_database_go_on_from_each_other(
    store: PacketStore, book: ContactBook
) -> None:
    for height in (1, 2, 3):
        store.take_in(block(A, height))

    class Late(Source):
        def read_after(self, height: int | None) -> TrackedBlock | Missing | None:
            if height == 3 and self.script:
                for newer in (4, 5):
                    store.take_in(block(A, newer))
            return super().read_after(height)

    source = Late(A, block(A, 4), block(A, 6))
    follower, _ = follow(store, book, source)
    assert source.asked == [3, 5]
    assert follower.failures == {}


def test_whoever_looks_on_ends_no_reading(
    store: PacketStore, book: ContactBook, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[tuple[str, int]] = []

    def look(chain_id: str, height: int) -> None:
        told.append((chain_id, height))
        raise ZeroDivisionError("odd")

    source = Source(A, block(A, 1), Missing(A, 2, 5, Absence.PRUNED), block(A, 6))
    follower, _ = follow(store, book, source, after_block=look)
    assert told == [(A, 1), (A, 5), (A, 6)]
    assert follower.failures == {}
    assert "what is to follow block 6 failed" in caplog.text


def test_pauses_grow_with_failures(
    store: PacketStore, book: ContactBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def compute(self: RetryPolicy, number: int) -> float:
        bound = min(self.first_s * 2 ** (number - 1), self.longest_s)
        assert bound == (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0)[number - 1]
        asked.append(number)
        return 0.0

    monkeypatch.setattr(RetryPolicy, "compute_pause", compute)
    source = Source(A, *[NodeTimeout("slow")] * 7, block(A, 1), NodeTimeout("slow"), block(A, 2))
    chain = FollowedChain(source, lambda _end: None)
    follower = Follower(store, [chain], report=lambda _text: None, contacts=book)
    thread = threading.Thread(target=follower.run)
    thread.start()
    assert source.is_done.wait(DEADLINE_S), "the source was not read to its end"
    follower.stop()
    thread.join(DEADLINE_S)
    assert asked == [1, 2, 3, 4, 5, 6, 7, 1]
