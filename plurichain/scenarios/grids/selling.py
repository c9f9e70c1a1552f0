"""A town on grid B buys energy of grid A: a sealed auction whose lot is a class of vouchers."""

from __future__ import annotations

import contextlib
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
from plurichain.energy.state import RegisteredPath
from plurichain.errors import CheckFailed
from plurichain.metering.governing import register_path
from plurichain.metering.recording import record_attributes
from plurichain.scenarios.grids.metering import make_key
from plurichain.scenarios.grids.stage import PATIENCE_S, blaming_pace
from plurichain.scenarios.scenes import Shown
from plurichain.units import Coin, format_micro, format_wh

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plurichain.auction.state import AuctionState, ResultState
    from plurichain.bidding.account import Bidder
    from plurichain.energy.attributes import Attributes
    from plurichain.keyring import Key
    from plurichain.scenarios.grids.grid import Grid
    from plurichain.scenarios.grids.stage import GridStage
    from plurichain.scenarios.grids.travelling import Parcel, Travelled

TOWN: Final = "town-b"
MONEY: Final = "ueur"
#: 0.30 EUR a kWh at most, in millionths of a euro a Wh.
CAP: Final = 300
FIRST_PRICE: Final = 90
PRICE_STEP: Final = 15
WINDOW_NS: Final = 8_000_000_000
RECORD_AT_ONCE: Final = 50


@dataclass(frozen=True, slots=True)
class Sold:
    """What the town bought, and the key that it retires it with."""

    town: Key
    auction_id: int
    result: ResultState
    bought_wh: int


def vouch_for_paths(stage: GridStage) -> None:
    """Have the authorities of B and C say which chain their paths lead to."""
    origin = stage.grids["a"].chain_id
    near, far = stage.get_end("b", "a"), stage.get_end("c", "b")
    paths = {"b": f"{near.port}/{near.channel_id}"}
    paths["c"] = f"{far.port}/{far.channel_id}/{paths['b']}"
    for name, path in paths.items():
        register_path(stage.grids[name].make_registrar(), RegisteredPath(path, origin))
        stage.say(f"grid {name.upper()} registers: {path} leads to {origin}")


def record_evidence(stage: GridStage, name: str, parcels: Sequence[Parcel]) -> None:
    """Have a grid keep the attributes of credits of grid A: they hash to their denoms."""
    account = stage.grids[name].make_registrar()
    found: list[Attributes] = [parcel.credit.attributes for parcel in parcels]
    for start in range(0, len(found), RECORD_AT_ONCE):
        record_attributes(account, found[start : start + RECORD_AT_ONCE])
    stage.say(f"grid {name.upper()} keeps the attributes of {len(found)} credits as evidence")


def sell_vouchers(stage: GridStage, travelled: Travelled, pace: int) -> Sold:
    """Let the town on grid B buy half of the sun and wind that came from grid A.

    ``pace`` multiplies the time of the auction.
    """
    grid = stage.grids["b"]
    wanted = ("solar_pv", "wind")
    offers = _collect_offers(travelled, wanted)
    quantity = sum(offers.values()) // 2
    terms = Terms(
        side=Side.REVERSE,
        payment_rule=PaymentRule.VCG,
        quantity=quantity,
        payment_denom=MONEY,
        reserve_price=CAP,
        commit_window_ns=WINDOW_NS * pace,
        reveal_window_ns=WINDOW_NS * pace,
        title="Sun and wind of grid A",
        credit_class=CreditClass(technologies=wanted, origins=(stage.grids["a"].chain_id,)),
    )
    town = make_key(stage, TOWN)
    keys = {parcel.owner.name: parcel.owner for parcel in travelled.staying}
    deposit = -(-quantity * CAP // 10)
    gifts = {keys[name].address: (Coin(MONEY, deposit),) for name in offers}
    grid.fund({**gifts, town.address: (Coin(MONEY, quantity * CAP),)})
    with contextlib.ExitStack() as stack:
        stack.enter_context(blaming_pace())
        bidders = {
            name: stack.enter_context(grid.open_bidder(keys[name])) for name in sorted(offers)
        }
        bids = {
            name: _make_bid(offers[name], FIRST_PRICE + PRICE_STEP * place)
            for place, name in enumerate(bidders)
        }
        auction = create_auction(grid.make_trader(town), terms).auction
        wanted_wh = format_wh(quantity)
        stage.say(f"a town wants {wanted_wh} of it, at most {CAP} {MONEY} a Wh, sealed bids")
        list(stage.pool.map(lambda name: _commit(bidders[name], auction.id, bids[name]), bidders))
        stage.say(f"{len(bidders)} owners have sealed and committed their bids")
        _wait_for_phase(stage, auction, Phase.REVEALING, "the reveal begins")
        list(stage.pool.map(lambda name: reveal_own_bid(bidders[name], auction.id), bidders))
        stage.say(f"{len(bidders)} bids are open, their vouchers in escrow")
    _wait_for_phase(stage, auction, Phase.CLEARED, "the result stands")
    return _make_sold(stage, town, auction.id, {key.address.raw: key.name for key in keys.values()})


def _collect_offers(travelled: Travelled, technologies: Sequence[str]) -> dict[str, int]:
    offers: dict[str, int] = {}
    for parcel in travelled.staying:
        if parcel.credit.attributes.technology in technologies:
            offers[parcel.owner.name] = offers.get(parcel.owner.name, 0) + parcel.amount_wh
    return offers


def _make_bid(quantity: int, price: int) -> Bid:
    return Bid(BidKind.SCHEDULE, BidSide.SELL, (Step(quantity, price),))


def _commit(bidder: Bidder, auction_id: int, bid: Bid) -> None:
    commit_opening(bidder, seal_bid(bidder, auction_id, bid, b""))


def compute_wait_s(grid: Grid, auction: AuctionState, phase: Phase) -> float:
    """Return for how many seconds of block time a phase of an auction has to be waited for."""
    is_first = phase <= Phase.REVEALING
    due_ns = auction.commit_deadline_ns if is_first else auction.reveal_deadline_ns
    return max(due_ns - grid.client.get_latest_header().time_ns, 0) / 10**9


def _wait_for_phase(stage: GridStage, auction: AuctionState, phase: Phase, what: str) -> None:
    grid = stage.grids["b"]
    queries = AuctionQueries(grid.client)

    def count() -> int:
        found = queries.get_auction(auction.id)
        if found.phase in {Phase.FAILED, Phase.CANCELLED}:
            raise CheckFailed(f"auction {auction.id} has {found.phase.text}: {found.failure}")
        return int(found.phase >= phase)

    stage.wait_until(what, count, 1, timeout_s=compute_wait_s(grid, auction, phase) + PATIENCE_S)


def _make_sold(stage: GridStage, town: Key, auction_id: int, names: Mapping[bytes, str]) -> Sold:
    check = check_result(stage.grids["b"].observer, auction_id)
    if check.differences:
        raise CheckFailed(f"the chain's result does not follow: {'; '.join(check.differences)}")
    result = AuctionQueries(stage.grids["b"].client).get_result(auction_id)
    assert result is not None
    rows = [(names[row.bidder.raw], row.allocation, row.payment) for row in result.awards]
    rows.sort()
    bought = sum(row[1] for row in rows)
    table = [(name, str(wh), format_micro(paid), str(paid)) for name, wh, paid in rows]
    paid = sum(row[2] for row in rows)
    table.append(("together", str(bought), format_micro(paid), str(paid)))
    columns = ("owner", "sells Wh", "gets EUR", MONEY)
    stage.tell(
        Shown("Sold on grid B, each Wh in a voucher that names its origin", columns, tuple(table),
              frozenset(columns[1:]), last_is_total=True)
    )  # fmt: skip
    stage.say("the Python rules, from the openings on the chain, come to the same result")
    return Sold(town, auction_id, result, bought)
