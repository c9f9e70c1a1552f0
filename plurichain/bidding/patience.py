"""Waiting for block time without losing sight of what may go wrong meanwhile.

A node may fall silent and a chain may stop. Neither ends a device's run while there is
time left, but each is told early, again and again.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plurichain.bidding.moments import SECOND_NS, format_span
from plurichain.bidding.persisting import PASSING

if TYPE_CHECKING:
    from collections.abc import Callable

    from plurichain.bidding.account import Observer

SHORTEST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 2.0
WARN_AFTER_S = 3.0
WARN_AGAIN_S = 10.0


@dataclass(slots=True)
class Patience:
    """What is remembered between two looks at the chain."""

    observer: Observer
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _block_time_ns: int = 0
    _seen_at_s: float = field(default=0.0)
    _warned_at_s: float = field(default=0.0)

    def wait_for_block_time(
        self,
        time_ns: int,
        *,
        deadline_ns: int,
        what: str,
        on_look: Callable[[int], None] = lambda _block_time_ns: None,
    ) -> int:
        """Wait until a block has at least that time; returns the time of the latest block.

        ``deadline_ns`` is the block time at which it would be too late for ``what``;
        warnings name it. ``on_look`` is called with every block time that was not late
        enough yet. Raises NodeError other than silence.
        """
        while True:
            try:
                now_ns = self.observer.get_block_time_ns()
            except PASSING as error:
                self.tolerate(error.cause, deadline_ns=deadline_ns, what=what)
                continue
            self._note(now_ns, deadline_ns, what)
            left_ns = time_ns - now_ns
            if left_ns <= 0:
                return now_ns
            on_look(now_ns)
            self.sleep(min(max(left_ns / SECOND_NS / 2, SHORTEST_PAUSE_S), LONGEST_PAUSE_S))

    def see(self, block_time_ns: int) -> None:
        """Remember a block time that somebody else looked up."""
        if block_time_ns != self._block_time_ns:
            self._block_time_ns, self._seen_at_s = block_time_ns, self.clock()
            self._warned_at_s = 0.0

    def tolerate(
        self, cause: str, *, deadline_ns: int, what: str, name: str = "node_silent"
    ) -> None:
        """Warn of a failure at most every few seconds, pause, and return to try again."""
        now_s = self.clock()
        if not self._seen_at_s:
            self._seen_at_s = now_s
        self._warn(name, f"{cause}; trying again", deadline_ns=deadline_ns, what=what, after_s=0.0)
        self.sleep(min(max((now_s - self._seen_at_s) / 4, 0.25), LONGEST_PAUSE_S))

    def _note(self, block_time_ns: int, deadline_ns: int, what: str) -> None:
        if block_time_ns != self._block_time_ns:
            self.see(block_time_ns)
            return
        still_s = self.clock() - self._seen_at_s
        self._warn(
            "chain_still",
            f"the chain has made no block for {still_s:.0f} s",
            deadline_ns=deadline_ns,
            what=what,
            after_s=WARN_AFTER_S,
        )

    def _warn(self, name: str, text: str, *, deadline_ns: int, what: str, after_s: float) -> None:
        now_s = self.clock()
        is_early = now_s - self._seen_at_s < after_s
        if is_early or (self._warned_at_s and now_s - self._warned_at_s < WARN_AGAIN_S):
            return
        self._warned_at_s = now_s
        if self._block_time_ns:
            # Block time goes on while nobody answers: this clock tells about how far.
            passed_ns = int((now_s - self._seen_at_s) * SECOND_NS)
            left_ns = deadline_ns - self._block_time_ns - passed_ns
            text += (
                f"; about {format_span(left_ns)} left to {what}"
                if left_ns > 0
                else f"; it may be too late to {what} by {format_span(-left_ns)}"
            )
        self.observer.tell(name, text, is_warning=True)
