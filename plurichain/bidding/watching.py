"""Following an auction: one sighting whenever something has changed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from plurichain.auction.phases import FINAL_PHASES
from plurichain.bidding.auctions import get_sighting
from plurichain.bidding.moments import SECOND_NS
from plurichain.errors import NodeTimeout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plurichain.bidding.account import Observer
    from plurichain.bidding.auctions import Sighting

SHORTEST_POLL_S = 0.1
LONGEST_POLL_S = 1.0


def watch_auction(
    observer: Observer, auction_id: int, *, timeout_s: float | None = None
) -> Iterator[Sighting]:
    """Yield the auction now and at every change, until its phase is final.

    Raises NodeTimeout if it is not final after ``timeout_s`` seconds, NotFound, NodeError.
    """
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    seen: tuple[object, ...] | None = None
    while True:
        sighting = get_sighting(observer, auction_id)
        auction = sighting.auction
        # The stored phase counts here: clearing begins in time, but ends with a block.
        state = (sighting.phase, auction.bidder_count, auction.reveal_count)
        if state != seen:
            seen = state
            yield sighting
        if auction.phase in FINAL_PHASES:
            return
        if deadline is not None and time.monotonic() >= deadline:
            raise NodeTimeout(
                f"auction {auction_id} is still {sighting.phase.text} after {timeout_s:g} s",
                remedy="watch it longer with --for SECONDS",
            )
        time.sleep(compute_poll_s(sighting))


def compute_poll_s(sighting: Sighting) -> float:
    """Return how long to wait before looking again: seldom while the next deadline is far."""
    auction, now_ns = sighting.auction, sighting.block_time_ns
    deadlines = (auction.commit_deadline_ns, auction.reveal_deadline_ns)
    left_ns = min((each - now_ns for each in deadlines if each > now_ns), default=0)
    return min(max(left_ns / SECOND_NS / 4, SHORTEST_POLL_S), LONGEST_POLL_S)
