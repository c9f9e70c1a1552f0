"""A sealed auction on one grid, which needs nothing but that grid.

A town buys half of what owners of both grids offer there: credits of the grid itself, and
vouchers of the other one that came before the cut. What it bought it retires at once.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from plurichain.auction.bid import Bid, Step
from plurichain.auction.credit_class import CreditClass
from plurichain.auction.names import BidKind, BidSide, PaymentRule, Phase, Side
from plurichain.auction.terms import Terms
from plurichain.bidding.checking import check_result
from plurichain.bidding.committing import commit_opening
from plurichain.bidding.creating import create_auction
from plurichain.bidding.revealing import reveal_own_bid
from plurichain.bidding.sealing import seal_bid
from plurichain.chain.auctions.queries import AuctionQueries
from plurichain.energy.names import RetirementPurpose
from plurichain.errors import CheckFailed, HarnessError
from plurichain.metering.retiring import retire_credits
from plurichain.scenarios.grids.metering import make_key, make_owner_name
from plurichain.scenarios.grids.selling import compute_wait_s
from plurichain.scenarios.grids.stage import PATIENCE_S, blaming_pace
from plurichain.scenarios.pace import stretch
from plurichain.scenarios.partition.cast import AFTERNOON, METERS
from plurichain.scenarios.partition.offers import Offer
from plurichain.scenarios.partition.sending import SECOND_NS
from plurichain.scenarios.stage import BUSY, POLL_S
from plurichain.units import Coin, format_wh

if TYPE_CHECKING:
    from plurichain.auction.state import AuctionState, ResultState
    from plurichain.bidding.account import Bidder
    from plurichain.keyring import Key
    from plurichain.scenarios.grids.grid import Grid
    from plurichain.scenarios.grids.stage import GridStage

MONEY: Final = "ueur"
#: 0.30 EUR a kWh at most, in millionths of a euro a Wh.
CAP: Final = 300
WINDOW_S: Final = 4
#: The two grids have different rules: nobody asks the other which.
RULES: Final[Mapping[str, PaymentRule]] = {
    "a": PaymentRule.VCG,
    "b": PaymentRule.FIRST_REJECTED,
}


@dataclass(frozen=True, slots=True)
class Held:
    """An auction that was held: its times are block times of its grid, Unix ns."""

    grid: str
    auction: AuctionState
    result: ResultState
    sellers: Mapping[str, tuple[int, int]]
    """What each sold (Wh) and got (millionths of a euro), by name."""
    retired_wh: int

    @property
    def bought_wh(self) -> int:
        """What the town bought."""
        return sum(sold for sold, _ in self.sellers.values())

    def sum_sold_from(self, home: str) -> int:
        """Return what owners of one grid sold, in Wh."""
        owners = {make_owner_name(device) for device in METERS[home]}
        return sum(sold for name, (sold, _) in self.sellers.items() if name in owners)

    @property
    def paid(self) -> int:
        """What the town paid, in millionths of a euro."""
        return sum(paid for _, paid in self.sellers.values())


def hold_auction(
    stage: GridStage, name: str, offers: Sequence[Offer], pace: int, stopping: threading.Event
) -> Held:
    """Hold an auction from its creation to its last Wh retired.

    Raises what services do, and HarnessError once ``stopping`` is set: nobody waits for it.
    """
    grid = stage.grids[name]
    town = make_key(stage, f"town-{name}")
    terms = _make_terms(stage, name, sum(offer.quantity for offer in offers) // 2, pace)
    _give_money(grid, town, offers, terms.quantity)
    with contextlib.ExitStack() as stack:
        stack.enter_context(blaming_pace())
        bidders = [stack.enter_context(grid.open_bidder(offer.owner)) for offer in offers]
        pairs = list(zip(bidders, offers, strict=True))
        auction = create_auction(grid.make_trader(town), terms).auction
        stage.say(
            f"{grid.title}: a town wants {format_wh(terms.quantity)}, at most {CAP} {MONEY} a Wh, "
            f"rule {terms.payment_rule.text}; bids are sealed"
        )
        list(stage.pool.map(lambda pair: _commit(pair[0], auction.id, pair[1]), pairs))
        stage.say(f"{grid.title}: {len(pairs)} sealed bids are committed")
        _wait_for(stage, grid, auction, Phase.REVEALING, stopping)
        list(stage.pool.map(lambda pair: _reveal(pair[0], auction.id, pair[1]), pairs))
        stage.say(f"{grid.title}: {len(pairs)} bids are opened")
        final = _wait_for(stage, grid, auction, Phase.CLEARED, stopping)
    result = _check(grid, auction.id)
    names = {offer.owner.address.raw: offer.owner.name for offer in offers}
    sellers = {names[row.bidder.raw]: (row.allocation, row.payment) for row in result.awards}
    retired = _retire(stage, grid, town)
    stage.say(
        f"{grid.title}: cleared at block {result.height}, and computed again with the same result; "
        f"the town has retired its {format_wh(retired)}"
    )
    return Held(name, final, result, dict(sorted(sellers.items())), retired)


def _make_terms(stage: GridStage, name: str, quantity: int, pace: int) -> Terms:
    origins = tuple(sorted(grid.chain_id for grid in stage.grids.values()))
    return Terms(
        side=Side.REVERSE,
        payment_rule=RULES[name],
        quantity=quantity,
        payment_denom=MONEY,
        reserve_price=CAP,
        commit_window_ns=WINDOW_S * SECOND_NS * pace,
        reveal_window_ns=WINDOW_S * SECOND_NS * pace,
        title=f"An afternoon's energy for the town on {stage.grids[name].title}",
        credit_class=CreditClass(interval_from=AFTERNOON, origins=origins),
    )


def _give_money(grid: Grid, town: Key, offers: Sequence[Offer], quantity: int) -> None:
    """Give the town what it can have to pay, and each bidder its deposit."""
    deposit = -(-quantity * CAP // 10)
    gifts = {offer.owner.address: (Coin(MONEY, deposit),) for offer in offers}
    grid.fund({**gifts, town.address: (Coin(MONEY, quantity * CAP),)})


def _commit(bidder: Bidder, auction_id: int, offer: Offer) -> None:
    bid = Bid(BidKind.SCHEDULE, BidSide.SELL, (Step(offer.quantity, offer.price),))
    commit_opening(bidder, seal_bid(bidder, auction_id, bid, b""))


def _reveal(bidder: Bidder, auction_id: int, offer: Offer) -> None:
    reveal_own_bid(bidder, auction_id, named=offer.coins)


def _wait_for(
    stage: GridStage,
    grid: Grid,
    auction: AuctionState,
    phase: Phase,
    stopping: threading.Event,
) -> AuctionState:
    """Wait until an auction has come to a phase. Raises CheckFailed, HarnessError."""
    queries, auction_id = AuctionQueries(grid.client), auction.id
    since_s, due_s = time.monotonic(), compute_wait_s(grid, auction, phase)
    while time.monotonic() < since_s + due_s + stretch(PATIENCE_S):
        found = queries.get_auction(auction_id)
        if found.phase in {Phase.FAILED, Phase.CANCELLED}:
            raise CheckFailed(f"auction {auction_id} has {found.phase.text}: {found.failure}")
        if found.phase >= phase:
            return found
        stage.chains[grid.name].validate_healthy()
        if stopping.wait(POLL_S):
            raise HarnessError(f"auction {auction_id} on {grid.title} was left before its end")
    raise HarnessError(
        f"auction {auction_id} on {grid.title} is not {phase.text} after "
        f"{time.monotonic() - since_s:.0f} s",
        remedy=BUSY,
    )


def _check(grid: Grid, auction_id: int) -> ResultState:
    check = check_result(grid.observer, auction_id)
    if check.differences:
        raise CheckFailed(
            f"{grid.title}: the chain's result does not follow: {'; '.join(check.differences)}"
        )
    return check.result


def _retire(stage: GridStage, grid: Grid, town: Key) -> int:
    """Have the town retire all credits that it holds; returns the Wh."""
    account = grid.make_account(town)
    held = grid.client.get_balances(town.address)
    coins = [Coin(denom, amount) for denom, amount in sorted(held.items()) if denom != MONEY]

    def retire(coin: Coin) -> None:
        retire_credits(
            account,
            coin,
            beneficiary=f"the town on {grid.title}",
            purpose=RetirementPurpose.CONSUMPTION,
            reason="used while the grid was cut off",
        )

    list(stage.pool.map(retire, coins))
    return sum(coin.amount for coin in coins)
