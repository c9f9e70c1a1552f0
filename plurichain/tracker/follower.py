"""Following chains: a thread each, which takes in block after block until it is stopped.

The cursor goes up only, a block at a time, whatever a node says: what is asked for is always
the block after it. A node that fails is asked again after growing pauses; one that serves
another chain, or another history, ends that chain's thread and no other.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from plurichain.chain.nodes.retrying import RetryPolicy
from plurichain.errors import (
    BadReply,
    InputError,
    LockedError,
    NodeError,
    PlurichainError,
    ServerUnreachable,
    WrongChain,
)
from plurichain.tracker.blocks import Missing
from plurichain.tracker.observing.contacts import Question
from plurichain.tracker.routing import RouteSeeker, RouteSink

if TYPE_CHECKING:
    from plurichain.tracker.blocks import BlockSource, TrackedBlock
    from plurichain.tracker.observing.contacts import ContactBook
    from plurichain.tracker.reading import End
    from plurichain.tracker.store import Cursor, Route

logger = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 15.0
"""How long after a node's failure the same block is asked for again, at most: the bound doubles
with every failure, and the pause is drawn below it so that clients do not come back together."""
_LAST_TRIES = 3
NAMED_EVERY_S = 1.0
"""How often it is looked whether other chains name an end of one, however many blocks pass."""


class BlockSink(RouteSink, Protocol):
    """What blocks are taken into: a ``PacketStore``, or the files of a ``Recording``."""

    def get_cursor(self, chain_id: str) -> Cursor | None:
        """Return how far a chain was taken in, None if not at all."""

    def take_in(self, news: TrackedBlock | Missing) -> bool:
        """Take in what comes next; returns False if it was there already."""


@dataclass(frozen=True, slots=True)
class FollowedChain:
    """Where a chain's blocks come from, and who tells where its channels lead.

    ``until`` is the last block that is wanted; None: it is followed until stopped.
    """

    source: BlockSource
    find_route: Callable[[End], Route | None]
    until: int | None = None


class Follower:
    """Takes in the blocks of several chains. What ends one chain leaves the others running.

    ``report`` is told in one line, from the threads, what a person should know.
    ``after_block`` is given the chain id and the height once a block, or a range that cannot
    be read, is in the database; it is called from the chain's thread, so it must be quick.
    ``contacts`` are told whether a chain gives blocks; ``policy`` says how long the pauses
    after failures are.
    """

    def __init__(
        self,
        store: BlockSink,
        chains: Sequence[FollowedChain],
        *,
        report: Callable[[str], None],
        after_block: Callable[[str, int], None] | None = None,
        contacts: ContactBook | None = None,
        policy: RetryPolicy | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._chains = chains
        self._report = report
        self._after_block = after_block
        self._contacts = contacts
        self._policy = policy or RetryPolicy(first_s=FIRST_PAUSE_S, longest_s=LONGEST_PAUSE_S)
        self._stopping = threading.Event()
        self._clock = clock
        self._routes = RouteSeeker(store, clock=clock)
        self._named_s: dict[str, float] = {}
        self._reading: set[str] = set()
        self._over = threading.Event()
        self.failures: dict[str, Exception] = {}
        """What ended the tracking of a chain, by chain id."""

    def stop(self) -> None:
        """Have all threads end after the block at hand."""
        self._stopping.set()
        self._over.set()

    def run(self) -> None:
        """Follow until stopped, or until every chain is at its end or has failed for good."""
        self._reading.update(chain.source.chain_id for chain in self._chains)
        _run_all(
            threading.Thread(target=self._follow, args=(chain,), name=f"track-{number}")
            for number, chain in enumerate(self._chains)
        )
        _run_all([threading.Thread(target=self._end_routes, name="track-routes")])

    def _follow(self, chain: FollowedChain) -> None:
        chain_id = chain.source.chain_id
        try:
            cursor = self._store.get_cursor(chain_id)
            height = None if cursor is None else cursor.height
            failures = 0
            while not self._stopping.is_set() and not _is_over(chain, height):
                try:
                    height = self._take_next(chain, height)
                except WrongChain:
                    raise
                except (NodeError, LockedError, ServerUnreachable) as error:
                    failures += 1
                    self._note_trouble(chain_id, error, is_new=failures == 1)
                    self._stopping.wait(self._policy.compute_pause(failures))
                else:
                    if failures:
                        self._report(f"{chain_id}: is read again")
                    failures = 0
                    if self._contacts is not None:
                        self._contacts.note_blocks(chain_id)
            self._linger(chain)
        except PlurichainError as error:
            remedy = f"; {error.remedy}" if error.remedy else ""
            self._report(f"{chain_id}: not tracked any more: {error.cause}{remedy}")
            self._end(chain_id, error)
        except Exception as error:
            logger.exception("%s: tracking ended", chain_id)
            self._end(chain_id, error)
        finally:
            self._note_over(chain_id)

    def _linger(self, chain: FollowedChain) -> None:
        """Ask on for routes of a chain that was read to its end, while others name its ends."""
        self._note_over(chain.source.chain_id)
        while not self._over.wait(NAMED_EVERY_S):
            try:
                self._routes.seek(chain.source.chain_id, chain.find_route)
            except (LockedError, ServerUnreachable) as error:
                logger.info("%s: %s", chain.source.chain_id, error.cause)

    def _note_over(self, chain_id: str) -> None:
        self._reading.discard(chain_id)
        if not self._reading:
            self._over.set()

    def _note_trouble(self, chain_id: str, error: PlurichainError, *, is_new: bool) -> None:
        if is_new:
            remedy = f"; {error.remedy}" if error.remedy else ""
            self._report(f"{chain_id}: {error.cause}{remedy}")
        if self._contacts is not None:
            self._contacts.note_failure(chain_id, Question.BLOCKS, error)

    def _end(self, chain_id: str, error: Exception) -> None:
        """Keep why a chain is not followed any more; the others go on."""
        if self._contacts is not None:
            self._contacts.note_failure(chain_id, Question.BLOCKS, error)
        self.failures[chain_id] = error

    def _take_next(self, chain: FollowedChain, height: int | None) -> int | None:
        news = chain.source.read_after(height)
        if news is None:
            self._find_routes(chain, is_new=False)
            return height
        _refuse_step(height, news)
        try:
            is_new = self._store.take_in(news)
        except InputError:
            # A database server that crashed may have lost its last blocks: they are read again.
            cursor = self._store.get_cursor(news.chain_id)
            known = 0 if cursor is None else cursor.height
            if height is None or known >= height:
                raise
            return known or None
        if not is_new:
            # Another process writes into this database, and was there first.
            cursor = self._store.get_cursor(news.chain_id)
            return height if cursor is None else cursor.height
        if isinstance(news, Missing):
            self._report(f"{news.chain_id}: blocks {news.first} to {news.last} are {news.reason}")
            self._tell(news.chain_id, news.last)
            return news.last
        self._find_routes(chain, is_new=True)
        self._tell(news.chain_id, news.height)
        return news.height

    def _tell(self, chain_id: str, height: int) -> None:
        if self._after_block is None:
            return
        try:
            self._after_block(chain_id, height)
        except Exception:  # whoever looks on must not end the reading of blocks
            logger.exception("%s: what is to follow block %d failed", chain_id, height)

    def _find_routes(self, chain: FollowedChain, *, is_new: bool) -> None:
        """Ask for the routes of ends that a new block told of, and now and then for the others."""
        chain_id, now_s = chain.source.chain_id, self._clock()
        is_due = now_s >= self._named_s.get(chain_id, now_s)
        if is_due:
            self._named_s[chain_id] = now_s + NAMED_EVERY_S
        if is_new or is_due:
            self._routes.seek(chain_id, chain.find_route, also_named=is_due)

    def _end_routes(self) -> None:
        try:
            self._find_last_routes()
        except Exception as error:
            if isinstance(error, PlurichainError):
                self._report(f"where channels lead was not asked to the end: {error.cause}")
            else:
                logger.exception("where channels lead was not asked to the end")
            for chain in self._chains:
                self.failures.setdefault(chain.source.chain_id, error)

    def _find_last_routes(self) -> None:
        """Ask once more where ends lead: nothing comes after the last blocks that would."""
        chains = [each for each in self._chains if each.source.chain_id not in self.failures]
        for tries in range(_LAST_TRIES):
            if self._stopping.is_set():
                return
            if not any(self._routes.has_open(each.source.chain_id) for each in chains):
                return
            if tries:
                self._stopping.wait(self._policy.compute_pause(tries))
            self._routes.forget()
            # What one chain says may name an end of another.
            while any(self._routes.seek(each.source.chain_id, each.find_route) for each in chains):
                pass


def _run_all(threads: Iterable[threading.Thread]) -> None:
    begun = list(threads)
    for thread in begun:
        thread.start()
    for thread in begun:
        while thread.is_alive():  # joined in steps, so that signals are heard
            thread.join(0.2)


def _is_over(chain: FollowedChain, height: int | None) -> bool:
    return chain.until is not None and height is not None and height >= chain.until


def _refuse_step(height: int | None, news: TrackedBlock | Missing) -> None:
    """Raise BadReply for anything but what comes next: the cursor never goes back or skips."""
    first = news.first if isinstance(news, Missing) else news.since
    if height is not None and first != height + 1:
        raise BadReply(
            f"{news.chain_id}: block {first} came where block {height + 1} was asked for",
            remedy="use another node",
        )
