"""A chain of one validator, with accounts that can bid, and auctions to bid in."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from plurichain.auction.bid import Bid, Step, encode_bid
from plurichain.auction.names import BidKind, BidSide, PaymentRule, Side
from plurichain.auction.state import AuctionState
from plurichain.auction.terms import Terms
from plurichain.bidding.many import KeyedOpening
from plurichain.bidding.opening import compute_opening
from plurichain.chain import AuctionQueries, ChainClient, Journal
from plurichain.chain.auctions.events import find_auction_id
from plurichain.chain.sending.bulk import BulkSender, Order
from plurichain.chain.transactions import messages
from plurichain.chain.transactions.drafts import Draft
from plurichain.config import Network
from plurichain.harness import LocalChain, build_binary, make_plurid_topology
from plurichain.keyring import Key
from plurichain.vault import Vault

ACCOUNTS = 100
RICH = {"ueur": 10**15, "watthour": 10**15, "upluri": 10**12}
LOT_WH = 10_000
CAP = 500


@dataclass(frozen=True, slots=True)
class Stage:
    """A running chain; ``folder`` is for the files of those who use it."""

    chain: LocalChain
    network: Network
    town: Key
    bidders: tuple[Key, ...]
    folder: Path


@contextlib.contextmanager
def open_stage(accounts: int = ACCOUNTS) -> Iterator[Stage]:
    """Start the chain; everything is gone at the end."""
    names = [f"bidder{number}" for number in range(accounts)]
    topology = make_plurid_topology(build_binary(), accounts=dict.fromkeys(("town", *names), RICH))
    with tempfile.TemporaryDirectory(prefix="plurichain-bench-") as temporary:
        folder = Path(temporary)
        with LocalChain.start(topology, folder / "chain") as chain:
            town, *bidders = (
                Key(name, chain.get_account(name).private_key) for name in ("town", *names)
            )
            yield Stage(chain, chain.network(), town, tuple(bidders), folder)


def create_auctions(
    stage: Stage, client: ChainClient, count: int, *, commit_s: int, reveal_s: int
) -> list[AuctionState]:
    """Open ``count`` equal auctions and return them."""
    terms = Terms(
        side=Side.REVERSE,
        payment_rule=PaymentRule.VCG,
        quantity=LOT_WH,
        lot_denom="watthour",
        payment_denom="ueur",
        reserve_price=CAP,
        commit_window_ns=commit_s * 1_000_000_000,
        reveal_window_ns=reveal_s * 1_000_000_000,
    )
    with Journal.open(stage.folder / "town.db") as journal:
        draft = Draft((messages.create_auction(stage.town.address, terms),), "create")
        outcomes = BulkSender(client, journal).send([Order(stage.town, draft)] * count)
    queries = AuctionQueries(client)
    auctions = []
    for outcome in outcomes:
        outcome.raise_for_status()
        auctions.append(queries.get_auction(find_auction_id(outcome.events)))
    return auctions


def seal_bids(stage: Stage, auctions: Sequence[AuctionState]) -> list[KeyedOpening]:
    """Seal one bid of every account in every auction."""
    return [
        KeyedOpening(
            key,
            compute_opening(
                key,
                chain_id=stage.network.chain_id,
                auction_id=auction.id,
                attempt=1,
                terms_hash=auction.terms_hash,
                bid_bytes=encode_bid(
                    Bid(BidKind.SCHEDULE, BidSide.SELL, (Step(LOT_WH // 2, 100 + number),))
                ),
                bid_file_digest=b"",
                sealed_at_ns=auction.created_at_ns,
            ),
        )
        for number, key in enumerate(stage.bidders)
        for auction in auctions
    ]


def store_openings(stage: Stage, sealed: Sequence[KeyedOpening]) -> None:
    """Put sealed bids into the vault of the stage."""
    by_key: dict[Key, list[KeyedOpening]] = {}
    for each in sealed:
        by_key.setdefault(each.key, []).append(each)
    for key, mine in by_key.items():
        with Vault.open(stage.folder / "home", key) as vault:
            for each in mine:
                vault.store(each.opening)
