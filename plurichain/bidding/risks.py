"""What may keep a bid from being revealed, found while there is still time.

Nothing here tells an amount: it would follow from the bid, and warnings go to logs.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plurichain.auction.bid import decode_bid
from plurichain.auction.money import compute_reveal_escrow
from plurichain.bidding.class_lots import CREDITS_OF_THE_CLASS, count_missing_credits
from plurichain.bidding.funds import get_missing_coins
from plurichain.bidding.moments import SECOND_NS, format_span
from plurichain.errors import NodeError
from plurichain.units import add_coins, format_coins, make_coins

if TYPE_CHECKING:
    from collections.abc import Callable

    from plurichain.auction.state import AuctionState
    from plurichain.bidding.account import Bidder
    from plurichain.vault import Opening

LOOK_S = 15.0
WARN_AGAIN_S = 60.0
REVEAL_GAS = 300_000
"""More than a reveal uses: whoever can pay for this can pay for one."""
CLOSING_PARTS = 4
"""A phase is closing once less than one part in so many is left of it."""


@dataclass(frozen=True, slots=True)
class Risk:
    """``name`` is a stable word for programs, ``text`` one line for people."""

    name: str
    text: str


def compute_clock_risks(
    *, block_time_ns: int, clock_ns: int, begins_ns: int, ends_ns: int, max_lag_ns: int, what: str
) -> tuple[Risk, ...]:
    """Return what the clocks say: blocks that lag behind this machine, a phase that closes.

    The phase in which ``what`` must happen lasts from ``begins_ns`` to ``ends_ns``.
    """
    risks = []
    lag_ns = clock_ns - block_time_ns
    if lag_ns > max_lag_ns:
        risks.append(
            Risk(
                "node_lagging",
                f"the newest block is {format_span(lag_ns)} behind this machine's clock: the "
                f"node, the chain or the clock is wrong, and the time to {what} may be shorter",
            )
        )
    left_ns = ends_ns - block_time_ns
    if block_time_ns >= begins_ns and left_ns * CLOSING_PARTS < ends_ns - begins_ns:
        risks.append(Risk("phase_closing", f"only {format_span(max(left_ns, 0))} left to {what}"))
    return tuple(risks)


def find_money_risks(
    bidder: Bidder, auction: AuctionState, opening: Opening | None
) -> tuple[Risk, ...]:
    """Return what the account lacks for the reveal. Raises NodeError."""
    network = bidder.client.network
    fee = -(-network.gas_price.numerator * REVEAL_GAS // network.gas_price.denominator)
    needed = make_coins([(network.fee_denom, fee)])
    credits_short = False
    if opening:
        bid = decode_bid(opening.bid_bytes)
        needed = add_coins(needed, compute_reveal_escrow(bid, auction.terms, auction.deposit))
        credits_short = count_missing_credits(bidder, auction.terms, bid) > 0
    lacking = [coin.denom for coin in get_missing_coins(bidder, bidder.key.address, needed)]
    if credits_short:
        lacking.append(CREDITS_OF_THE_CLASS)
    if not lacking:
        return ()
    denoms = ", ".join(lacking)
    text = (
        f"{bidder.key.address} has too little {denoms} to reveal in auction {auction.id}: "
        f"without more the deposit of {format_coins(auction.deposit)} is lost (`plurichain bid "
        "status` shows how much)"
    )
    return (Risk("money_short", text),)


@dataclass(slots=True)
class RiskWatch:
    """Looks now and then while a bid waits for its reveal, and says each risk again and again."""

    bidder: Bidder
    auction: AuctionState
    opening: Opening | None
    clock: Callable[[], float] = time.monotonic
    wall_ns: Callable[[], int] = time.time_ns
    _looked_at_s: float = field(default=float("-inf"))
    _said_at_s: dict[str, float] = field(default_factory=dict)

    def look(self, block_time_ns: int) -> None:
        """Look for risks if it is time to; never raises because a node does not answer."""
        now_s = self.clock()
        if now_s - self._looked_at_s < LOOK_S:
            return
        self._looked_at_s = now_s
        risks = compute_clock_risks(
            block_time_ns=block_time_ns,
            clock_ns=self.wall_ns(),
            begins_ns=self.auction.commit_deadline_ns,
            ends_ns=self.auction.reveal_deadline_ns,
            max_lag_ns=self.bidder.client.network.max_clock_skew_s * SECOND_NS,
            what="reveal",
        )
        # Silence is told by whoever waits.
        with contextlib.suppress(NodeError):
            risks += find_money_risks(self.bidder, self.auction, self.opening)
        for risk in risks:
            if now_s - self._said_at_s.get(risk.name, float("-inf")) >= WARN_AGAIN_S:
                self._said_at_s[risk.name] = now_s
                self.bidder.tell(risk.name, risk.text, is_warning=True)
