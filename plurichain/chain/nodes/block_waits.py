"""Waiting for blocks: for a time, for a height, or for one after the other."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from plurichain.chain.nodes.waiting import PASSING, POLL_S, Pace
from plurichain.errors import NotFound

if TYPE_CHECKING:
    from plurichain.chain.nodes.feed import BlockFeed
    from plurichain.chain.nodes.pooled import PooledRpc
    from plurichain.chain.types import Block, Header


class BlockWaits:
    """The waiting half of ``ChainClient``; ``open_feed`` makes what listens to a node."""

    def __init__(self, rpc: PooledRpc, open_feed: Callable[[], BlockFeed]) -> None:
        self._rpc = rpc
        self._make_feed = open_feed
        self._feed: BlockFeed | None = None
        self._feed_guard = threading.Lock()

    @property
    def rpc(self) -> PooledRpc:
        """CometBFT's RPC of the network."""
        return self._rpc

    def get_latest_header(self) -> Header:
        """Return the header of the last committed block, whose state queries see."""
        return self.rpc.get_latest_header()

    def get_block(self, height: int) -> Block:
        """Return the block at ``height``."""
        return self.rpc.get_block(height)

    def wait_for_time(self, time_ns: int, *, timeout_s: float | None = None) -> Header:
        """Wait until a committed block has a time of at least ``time_ns``; return its header.

        A long wait asks seldom. With ``timeout_s`` a node that fails meanwhile is asked
        again. Raises NodeTimeout after ``timeout_s`` seconds, ChainStalled if the chain
        made no block for long, and without ``timeout_s`` any NodeError.
        """
        what = f"the block time {time_ns} ns"
        pace = Pace(what, url=lambda: self.rpc.url, timeout_s=timeout_s)
        while True:
            header = pace.attempt(self.get_latest_header)
            if header is not None:
                if header.time_ns >= time_ns:
                    return header
                pace.see(header.height)
                pace.pause((time_ns - header.time_ns) / 2e9)
            else:
                pace.pause(0.0)

    def wait_for_height(self, height: int, *, timeout_s: float | None = None) -> Header:
        """Wait until the block ``height`` is committed; return the latest header.

        Raises as ``wait_for_time``.
        """
        pace = Pace(f"the height {height}", url=lambda: self.rpc.url, timeout_s=timeout_s)
        while True:
            header = pace.attempt(self.get_latest_header)
            if header is not None:
                if header.height >= height:
                    return header
                pace.see(header.height)
            pace.pause(0.0, self._get_feed(pace), height)

    def wait_for_block(
        self, height: int, *, timeout_s: float, since_s: float | None = None
    ) -> bool:
        """Wait until ``height`` is announced or seen, at most ``timeout_s`` seconds.

        Returns whether it is there. A wait of more than a second (since the monotonic
        time ``since_s``) subscribes to the node's announcements; it looks by itself all
        the same, seldom while they come.
        """
        pace = Pace(f"the height {height}", url=lambda: self.rpc.url, since_s=since_s)
        deadline = time.monotonic() + timeout_s
        while True:
            feed = self._get_feed(pace)
            if feed is not None and feed.is_live and feed.height >= height:
                return True
            if self.rpc.get_committed_height() >= height:
                return True
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                return False
            pace.pause(0.0, feed, height, at_most_s=left_s)

    def follow_blocks(self, height: int, *, timeout_s: float) -> Iterator[Block]:
        """Yield every block from ``height`` on, each once and in order, as they are made.

        Ends ``timeout_s`` seconds after the last one if no other comes; a node that fails
        is asked again until then. Reading goes by height, so that reconnecting misses and
        repeats nothing. Raises the NodeError that lasted until the end, or WrongChain.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            left_s = max(deadline - time.monotonic(), 0)
            try:
                if not self.wait_for_block(height, timeout_s=left_s):
                    return
                block = self.get_block(height)
            except (*PASSING, NotFound):
                if time.monotonic() >= deadline:
                    raise
                time.sleep(min(POLL_S, left_s))
                continue
            yield block
            height += 1
            deadline = time.monotonic() + timeout_s

    def _get_feed(self, pace: Pace) -> BlockFeed | None:
        with self._feed_guard:
            if self._feed is None and pace.is_long:
                self._feed = self._make_feed()
            return self._feed

    def _close_feed(self) -> None:
        """End the thread that listens, if there is one."""
        with self._feed_guard:
            feed, self._feed = self._feed, None
        if feed is not None:
            feed.close()
