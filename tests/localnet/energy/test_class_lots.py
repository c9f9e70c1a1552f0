"""Auctions whose lot is a class of credits, on a real chain: bought, sold, and refused."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from plurichain.auction.bid import Bid, Step
from plurichain.auction.credit_class import CreditClass
from plurichain.auction.names import BidKind, BidSide, PaymentRule, Phase, Side
from plurichain.auction.terms import Terms
from plurichain.bidding.account import Account, Bidder
from plurichain.bidding.class_lots import list_class_credits
from plurichain.bidding.committing import commit_opening
from plurichain.bidding.creating import create_auction
from plurichain.bidding.revealing import reveal_own_bid
from plurichain.bidding.sealing import seal_bid
from plurichain.bidding.status import get_bid_status
from plurichain.chain.auctions.queries import AuctionQueries
from plurichain.chain.transactions.messages import reveal_bid
from plurichain.errors import BidError, FundsShort, InputError
from plurichain.metering import account as metering
from plurichain.metering.issuing import issue_credits
from plurichain.metering.submitting import sign_readings, submit_readings
from plurichain.units import Coin
from plurichain.vault import Vault
from tests.localnet.energy.conftest import Grid, get_yesterday, make_quarters

ENERGIES = (5_000, 7_000, 9_000)
LEAST_WINDOW_S = 4.0
WINDOW_SHARE = 5
"""How many times as long as it took to prepare the market, by three transactions, a window is."""
MONEY = "ueur"


@dataclass(frozen=True, slots=True)
class Market:
    """A town that buys, an owner of three credits of the wind that sells, and a denom of each.

    ``window_ns`` is as long as this machine needs.
    """

    town: Account
    owner: Bidder
    denoms: tuple[str, ...]
    window_ns: int

    def get(self, who: Account, denom: str) -> int:
        return who.client.get_balances(who.key.address).get(denom, 0)


def make_account(account: metering.Account) -> Account:
    client = account.client
    return Account(
        client, AuctionQueries(client), account.chain_id, key=account.key, sender=account.sender
    )


@pytest.fixture(scope="module")
def market(grid: Grid, localnet_faucet, tmp_path_factory) -> Iterator[Market]:
    """Give three credits to the owner, money to both."""
    key = grid.add_device("class-mill")
    start, begun_s = get_yesterday(), time.monotonic()
    readings = sign_readings(
        key, grid.owner.chain_id, "class-mill", make_quarters(start, *ENERGIES)
    )
    submit_readings(grid.owner, "class-mill", readings)
    credits_ = issue_credits(grid.registry, "class-mill").credits
    by_amount = {coin.amount: coin.denom for coin in credits_}
    coins = (Coin(MONEY, 10_000_000),)
    localnet_faucet.fund({grid.owner.address: coins, grid.stranger.address: coins})
    window_s = max(LEAST_WINDOW_S, WINDOW_SHARE * (time.monotonic() - begun_s))
    folder: Path = tmp_path_factory.mktemp("vault")
    owner = make_account(grid.owner)
    with contextlib.ExitStack() as stack:
        vault = stack.enter_context(Vault.open(folder, grid.owner.key))
        bidder = Bidder(
            owner.client, owner.queries, owner.chain_id,
            key=owner.key, sender=owner.sender, vault=vault,
        )  # fmt: skip
        denoms = tuple(by_amount[e] for e in ENERGIES)
        yield Market(make_account(grid.stranger), bidder, denoms, int(window_s * 1e9))


def make_terms(market: Market, side: Side, quantity: int, technology: str = "wind") -> Terms:
    start = get_yesterday()
    forward = side is Side.FORWARD
    return Terms(
        side=side,
        payment_rule=PaymentRule.PAY_AS_BID,
        quantity=quantity,
        payment_denom=MONEY,
        reserve_price=None if forward else 300,
        price_limit=300 if forward else None,
        commit_window_ns=market.window_ns,
        reveal_window_ns=market.window_ns,
        # The third quarter of the hour is not asked for.
        credit_class=CreditClass(start, start + 1_800, (technology,)),
    )


def wait_for(market: Market, auction_id: int, phase: Phase) -> None:
    queries, client = market.owner.queries, market.owner.client
    auction = queries.get_auction(auction_id)
    deadline = (
        auction.commit_deadline_ns if phase is Phase.REVEALING else auction.reveal_deadline_ns
    )
    client.wait_for_time(deadline + 1, timeout_s=60 + market.window_ns / 1e9)
    client.wait_for_height(client.get_latest_header().height + 1, timeout_s=30)
    assert queries.get_auction(auction_id).phase is phase


def test_credits_of_a_class_are_bought(grid: Grid, market: Market) -> None:
    """Only credits of the class can be named; what is delivered begins with the first denom."""
    owner, (first, second, third) = market.owner, market.denoms
    auction = create_auction(market.town, make_terms(market, Side.REVERSE, 10_000)).auction
    bid = Bid(BidKind.SCHEDULE, BidSide.SELL, (Step(8_000, 100),))
    opening = seal_bid(owner, auction.id, bid, b"")
    commit_opening(owner, opening)
    assert [coin.denom for coin in list_class_credits(owner, auction.terms)] == sorted(
        [first, second]
    )
    wait_for(market, auction.id, Phase.REVEALING)

    wrong: dict[str, tuple[tuple[Coin, ...], type[Exception], str]] = {
        "another hour": ((Coin(third, 8_000),), BidError, "not of the class"),
        "no credit": ((Coin(first, 5_000), Coin("upluri", 3_000)), BidError, "upluri"),
        "too little": ((Coin(first, 5_000),), InputError, "5000 Wh are named, 8000 Wh"),
        "more than held": ((Coin(first, 8_000),), FundsShort, "3000"),
    }
    for coins, error, words in wrong.values():
        with pytest.raises(error, match=words):
            reveal_own_bid(owner, auction.id, named=coins)
        message = reveal_bid(
            owner.key.address, owner.key.address, auction.id, opening.bid_bytes, opening.salt,
            sorted(coins, key=lambda coin: coin.denom),
        )  # fmt: skip
        codespace, code, _ = grid.send_unchecked(grid.owner, message)
        assert (codespace, code) in {("auction", 27), ("auction", 22)}
    assert get_bid_status(owner, auction.id).missing_credits_wh == 0

    before = {denom: market.get(owner, denom) for denom in (first, second)}
    reveal_own_bid(owner, auction.id)
    wait_for(market, auction.id, Phase.CLEARED)

    taken = dict.fromkeys((first, second), 0)
    low, high = sorted((first, second))
    taken[low] = min(before[low], 8_000)
    taken[high] = 8_000 - taken[low]
    for denom in (first, second):
        assert market.get(market.town, denom) == taken[denom]
        assert market.get(owner, denom) == before[denom] - taken[denom]
    assert market.get(owner, MONEY) == 10_000_000 + 800_000


def test_credits_of_a_class_are_sold(market: Market) -> None:
    """A creator may sell such as it holds; for what it has not, nothing is sent."""
    owner, town = market.owner, market.town
    held = sum(
        coin.amount for coin in list_class_credits(owner, make_terms(market, Side.FORWARD, 1))
    )
    auctions = len(owner.queries.list_auctions())
    with pytest.raises(FundsShort, match=f"holds {held} Wh, 1 Wh short"):
        create_auction(owner, make_terms(market, Side.FORWARD, held + 1))
    with pytest.raises(FundsShort, match="holds 0 Wh"):
        create_auction(owner, make_terms(market, Side.FORWARD, 1, "solar_pv"))
    with pytest.raises(InputError, match="nothing has to be named"):
        create_auction(
            town, make_terms(market, Side.REVERSE, 1), named=(Coin(market.denoms[0], 1),)
        )
    assert len(owner.queries.list_auctions()) == auctions

    auction = create_auction(owner, make_terms(market, Side.FORWARD, held)).auction

    assert sum(coin.amount for coin in auction.escrow) == held
    assert {coin.denom for coin in auction.escrow} <= set(market.denoms[:2])
    wait_for(market, auction.id, Phase.REVEALING)
    wait_for(market, auction.id, Phase.CLEARED)
    assert sum(coin.amount for coin in list_class_credits(owner, auction.terms)) == held
