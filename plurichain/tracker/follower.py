"""Following chains: a thread each, which takes in block after block until it is stopped."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plurichain.errors import NodeError, PlurichainError, WrongChain
from plurichain.tracker.blocks import Missing

if TYPE_CHECKING:
    from plurichain.tracker.blocks import BlockSource
    from plurichain.tracker.reading import End
    from plurichain.tracker.store import PacketStore, Route

logger = logging.getLogger(__name__)

PAUSE_S = 0.5
"""How long after a node's failure the same block is asked for again."""
ROUTE_EVERY = 50
"""How many blocks pass before an end of which it was not known where it leads is asked again."""


@dataclass(frozen=True, slots=True)
class FollowedChain:
    """Where a chain's blocks come from, and who tells where its channels lead."""

    source: BlockSource
    find_route: Callable[[End], Route | None]


class Follower:
    """Takes in the blocks of several chains. What ends one chain leaves the others running.

    ``report`` is told in one line, from the threads, what a person should know.
    ``after_block`` is given the chain id and the height once a block, or a range that cannot
    be read, is in the database; it is called from the chain's thread, so it must be quick.
    """

    def __init__(
        self,
        store: PacketStore,
        chains: Sequence[FollowedChain],
        *,
        report: Callable[[str], None],
        after_block: Callable[[str, int], None] | None = None,
    ) -> None:
        self._store = store
        self._chains = chains
        self._report = report
        self._after_block = after_block
        self._stopping = threading.Event()
        self._asked: dict[str, dict[End, int]] = {}
        self.failures: dict[str, Exception] = {}
        """What ended the tracking of a chain, by chain id."""

    def stop(self) -> None:
        """Have all threads end after the block at hand."""
        self._stopping.set()

    def run(self) -> None:
        """Follow until stopped, or until every chain has failed for good."""
        threads = [
            threading.Thread(target=self._follow, args=(chain,), name=f"track-{number}")
            for number, chain in enumerate(self._chains)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():  # joined in steps, so that signals are heard
                thread.join(0.2)

    def _follow(self, chain: FollowedChain) -> None:
        chain_id = chain.source.chain_id
        try:
            cursor = self._store.get_cursor(chain_id)
            height = None if cursor is None else cursor.height
            in_trouble = False
            while not self._stopping.is_set():
                try:
                    height = self._take_next(chain, height)
                except WrongChain:
                    raise
                except NodeError as error:
                    if not in_trouble:
                        self._report(f"{chain_id}: {error.cause}")
                    in_trouble = True
                    self._stopping.wait(PAUSE_S)
                else:
                    in_trouble = in_trouble and not self._recover(chain_id)
        except PlurichainError as error:
            self.failures[chain_id] = error
            self._report(f"{chain_id}: not tracked any more: {error.cause}")
        except Exception as error:
            logger.exception("%s: tracking ended", chain_id)
            self.failures[chain_id] = error

    def _recover(self, chain_id: str) -> bool:
        self._report(f"{chain_id}: answers again")
        return True

    def _take_next(self, chain: FollowedChain, height: int | None) -> int | None:
        news = chain.source.read_after(height)
        if news is None:
            return height
        self._store.take_in(news)
        if isinstance(news, Missing):
            self._report(f"{news.chain_id}: blocks {news.first} to {news.last} are {news.reason}")
            self._tell(news.chain_id, news.last)
            return news.last
        self._find_routes(chain, news.height)
        self._tell(news.chain_id, news.height)
        return news.height

    def _tell(self, chain_id: str, height: int) -> None:
        if self._after_block is not None:
            self._after_block(chain_id, height)

    def _find_routes(self, chain: FollowedChain, height: int) -> None:
        asked = self._asked.setdefault(chain.source.chain_id, {})
        for end in self._store.list_unrouted(chain.source.chain_id):
            if height - asked.get(end, -ROUTE_EVERY) < ROUTE_EVERY:
                continue
            asked[end] = height
            route = chain.find_route(end)
            if route is not None:
                self._store.add_route(route)
