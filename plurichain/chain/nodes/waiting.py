"""How to wait for a chain: patiently, by the monotonic clock, and not for ever in silence."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from plurichain.errors import (
    BadReply,
    ChainStalled,
    NodeBehind,
    NodeBusy,
    NodeError,
    NodeTimeout,
    NodeUnreachable,
    TlsFailed,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from plurichain.chain.nodes.feed import BlockFeed

T = TypeVar("T")

POLL_S = 0.06
LONGEST_POLL_S = 2.0
LIVE_POLL_S = 1.0
"""How often to look all the same while the node announces its blocks."""
LONG_WAIT_S = 1.0
STALL_BLOCKS = 20
LEAST_STALL_S = 5.0
SILENT_STALL_S = 60.0
"""A wait without an end of its own gives up a chain that stands still for so long."""

PASSING = (NodeUnreachable, NodeTimeout, NodeBusy, NodeBehind, BadReply)


class Pace:
    """One wait for ``what``: when to look again, when to give up, and with which error."""

    def __init__(
        self,
        what: str,
        *,
        url: Callable[[], str],
        timeout_s: float | None = None,
        since_s: float | None = None,
    ) -> None:
        self._what = what
        self._url = url
        now_s = time.monotonic()
        self._began_s = now_s if since_s is None else since_s
        self._deadline = None if timeout_s is None else now_s + timeout_s
        self._height = 0
        self._seen_at_s = now_s
        self._first: tuple[int, float] | None = None

    @property
    def is_long(self) -> bool:
        """Whether it has lasted long enough to ask for announcements."""
        return time.monotonic() - self._began_s >= LONG_WAIT_S

    def attempt(self, look: Callable[[], T]) -> T | None:
        """Return what ``look`` returns, None if nodes fail in a way that may pass.

        Without a time-out every error is raised at once.
        """
        try:
            return look()
        except PASSING as error:
            if self._deadline is None or isinstance(error, TlsFailed):
                raise
            if time.monotonic() >= self._deadline:
                raise self._give_up(error) from error
            return None

    def see(self, height: int) -> None:
        """Note the height of the chain; it shows whether blocks are made, and how fast."""
        now_s = time.monotonic()
        if height != self._height:
            self._height, self._seen_at_s = height, now_s
        if self._first is None:
            self._first = (height, now_s)

    def pause(
        self,
        wanted_s: float,
        feed: BlockFeed | None = None,
        height: int = 0,
        *,
        at_most_s: float = LONGEST_POLL_S,
    ) -> None:
        """Sleep for about ``wanted_s``, less if ``feed`` announces ``height`` before.

        Raises NodeTimeout or ChainStalled when time is over.
        """
        now_s = time.monotonic()
        is_live = feed is not None and feed.is_live
        # The longer it lasts, the less often.
        own_s = LIVE_POLL_S if is_live else min((now_s - self._began_s) / 20, LIVE_POLL_S)
        pause_s = min(max(wanted_s, own_s, POLL_S), LONGEST_POLL_S, at_most_s)
        if self._deadline is not None:
            left_s = self._deadline - now_s
            if left_s <= 0:
                raise self._give_up(None)
            pause_s = min(pause_s, left_s)
        elif self._height and now_s - self._seen_at_s > max(SILENT_STALL_S, self._compute_stall()):
            raise self._give_up(None)
        if feed is not None and is_live and height:
            feed.wait(height, timeout_s=pause_s)
        else:
            time.sleep(pause_s)

    def _compute_stall(self) -> float:
        """Return after how many seconds without a block the chain counts as stalled."""
        if self._first is None or self._height <= self._first[0]:
            return LEAST_STALL_S
        blocks = self._height - self._first[0]
        return max(STALL_BLOCKS * (self._seen_at_s - self._first[1]) / blocks, LEAST_STALL_S)

    def _give_up(self, error: NodeError | None) -> NodeTimeout:
        still_s = time.monotonic() - self._seen_at_s
        if error is None and self._height and still_s >= self._compute_stall():
            return ChainStalled(
                f"the chain has made no block for {still_s:.0f} s; its height is {self._height}, "
                f"{self._url()} did not reach {self._what}",
                remedy="wait until its validators are back; nothing can be sent before",
            )
        why = f"; {error.cause}" if error is not None else f"; its height is {self._height}"
        return NodeTimeout(
            f"{self._url()} did not reach {self._what} in time{why}",
            remedy="check that the chain makes blocks",
        )
