"""1,000 sealed bids of 100 accounts, committed and revealed, beside bytes simply poured in.

In every round two sets of ten auctions take the same bids. One set is served through the public
API: openings from the vault, every transaction journalled, handed in, and watched until its outcome
is known. Into the other the same kind of bytes, signed beforehand, is poured until the last is in a
block. Who goes first changes with every round.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from plurichain.bidding.account import Observer
from plurichain.bidding.many import KeyedOpening, commit_openings, reveal_openings
from plurichain.chain import AuctionQueries, ChainClient, Journal
from plurichain.chain.sending.bulk import BulkSender
from plurichain.chain.transactions import messages
from plurichain.chain.transactions.outcome import Outcome
from plurichain.chain.transactions.signing import compute_tx_hash
from scripts.bench_client import figures
from scripts.bench_client.pouring import PATIENCE_S, pour, presign
from scripts.bench_client.stage import (
    ACCOUNTS,
    Stage,
    create_auctions,
    open_stage,
    seal_bids,
    store_openings,
)

AUCTIONS = 10
BIDS = AUCTIONS * ACCOUNTS
COMMIT_S = 30
REVEAL_S = 30
PHASES = ("commit", "reveal")


@dataclass(slots=True)
class Tally:
    """What all rounds came to: rates by phase, outcomes, and how often blocks hold each hash."""

    ours: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in PHASES})
    poured: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in PHASES})
    statuses: Counter[str] = field(default_factory=Counter)
    hashes: set[str] = field(default_factory=set)


def measure(runs: int) -> None:
    """Print rates, shares, outcomes, and what the chain's own blocks say."""
    tally = Tally()
    with (
        open_stage() as stage,
        ChainClient(stage.network) as client,
        Journal.open(stage.folder / "journal.db") as journal,
    ):
        for number in range(runs):
            play_round(stage, client, journal, tally, ours_first=number % 2 == 0)
        times = count_inclusions(client, tally.hashes)
        pending = len(journal.list_pending())
    for phase in PHASES:
        figures.show_samples(f"{phase}s of sealed bids a second", tally.ours[phase], bids=BIDS)
        figures.show_samples(f"{phase}s poured in a second", tally.poured[phase], bids=BIDS)
        figures.show_ratio(
            f"{phase}s, share of what is poured in",
            tally.ours[phase],
            tally.poured[phase],
            target=0.9,
        )
    both = [[join(*pair) for pair in zip(*side.values(), strict=True)] for side in (
        tally.ours, tally.poured,
    )]  # fmt: skip
    figures.show_samples("bids committed and revealed, transactions a second", both[0])
    figures.show_ratio("share of what the same node takes poured in", *both, target=0.9)
    figures.show("outcomes", **tally.statuses, pending=pending, sent=2 * BIDS * runs)
    figures.show(
        "blocks that hold a transaction",
        none=times[0],
        one=times[1],
        several=times.total() - times[0] - times[1],
    )


def join(first: float, second: float) -> float:
    """Return the rate of two phases of equal size, one after the other."""
    return 2 / (1 / first + 1 / second)


def count_inclusions(client: ChainClient, hashes: set[str]) -> Counter[int]:
    """Read the whole chain; return how many of ``hashes`` are in 0, 1, 2, … blocks."""
    found: Counter[str] = Counter()
    for height in range(1, client.get_latest_header().height + 1):
        found.update(compute_tx_hash(tx) for tx in client.get_block(height).txs)
    return Counter(found[tx_hash] for tx_hash in hashes)


def play_round(
    stage: Stage, client: ChainClient, journal: Journal, tally: Tally, *, ours_first: bool
) -> None:
    """Play both ways through commit and reveal."""
    observer = Observer(client, AuctionQueries(client), stage.network.chain_id)
    sender = BulkSender(client, journal)
    numbers = {key: client.get_account(key.address).account_number for key in stage.bidders}
    auctions = create_auctions(stage, client, 2 * AUCTIONS, commit_s=COMMIT_S, reveal_s=REVEAL_S)
    sealed = seal_bids(stage, auctions[:AUCTIONS])
    store_openings(stage, sealed)
    others = seal_bids(stage, auctions[AUCTIONS:])

    def serve(phase: str, act: Callable[..., Sequence[Outcome | None]]) -> None:
        began = time.perf_counter()
        outcomes = [each for each in act(observer, sender, sealed) if each is not None]
        tally.ours[phase].append(BIDS / (time.perf_counter() - began))
        tally.statuses.update(each.status.value for each in outcomes)
        tally.hashes.update(each.tx_hash for each in outcomes)

    def pour_in(phase: str) -> None:
        make = make_commit if phase == "commit" else make_reveal
        txs = presign(client, numbers, [(each.key, make(each)) for each in others])
        tally.poured[phase].append(BIDS / pour(client, txs))

    for phase, act in zip(PHASES, (commit_openings, reveal_openings), strict=True):
        if not ours_first:
            pour_in(phase)
        serve(phase, act)
        if ours_first:
            pour_in(phase)
        client.wait_for_time(
            max(each.commit_deadline_ns for each in auctions), timeout_s=PATIENCE_S
        )


def make_commit(sealed: KeyedOpening) -> messages.Message:
    """Return the message that commits a sealed bid."""
    opening = sealed.opening
    return messages.commit_bid(
        sealed.key.address, opening.auction_id, opening.bid_commitment, opening.attempt
    )


def make_reveal(sealed: KeyedOpening) -> messages.Message:
    """Return the message that opens a sealed bid."""
    opening, address = sealed.opening, sealed.key.address
    return messages.reveal_bid(
        address, address, opening.auction_id, opening.bid_bytes, opening.salt
    )
