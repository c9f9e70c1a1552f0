"""The same 1,000 bids through a proxy that drops 5 % and delays 20 % of all calls.

Half of what is dropped never reaches the node; of the other half only the answer is lost. What
came of it is read from the chain itself, past the proxy: every block, and every auction. One round:
this is a count, no clock; the seed makes the draws repeatable.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence

from plurichain.bidding.account import Observer
from plurichain.bidding.many import KeyedOpening, commit_openings, reveal_openings
from plurichain.chain import AuctionQueries, ChainClient, Journal
from plurichain.chain.sending.bulk import BulkSender
from plurichain.chain.transactions.outcome import Outcome
from plurichain.harness.fault_proxy_faults import Delay, Reset
from plurichain.harness.fault_proxy_network import FaultyNetwork
from scripts.bench_client import figures
from scripts.bench_client.bids import AUCTIONS, BIDS, count_inclusions
from scripts.bench_client.pouring import PATIENCE_S
from scripts.bench_client.stage import create_auctions, open_stage, seal_bids, store_openings

DROPPED = 0.05
DELAYED = 0.2
DELAY_S = 0.1
WINDOW_S = 90
Act = Callable[[Observer, BulkSender, Sequence[KeyedOpening]], list[Outcome | None]]


def measure(_runs: int) -> None:
    """Print what was lost, what took effect twice, and what the proxy did."""
    statuses: Counter[str] = Counter()
    hashes: set[str] = set()
    seconds: dict[str, float] = {}
    with (
        open_stage() as stage,
        ChainClient(stage.network) as direct,
        FaultyNetwork(stage.network) as faulty,
        ChainClient(faulty.network) as client,
        Journal.open(stage.folder / "journal.db") as journal,
    ):
        observer = Observer(client, AuctionQueries(client), stage.network.chain_id)
        sender = BulkSender(client, journal)
        auctions = create_auctions(stage, direct, AUCTIONS, commit_s=WINDOW_S, reveal_s=WINDOW_S)
        sealed = seal_bids(stage, auctions)
        store_openings(stage, sealed)
        faulty.on_call(Reset(), share=DROPPED / 2)
        faulty.on_call(Reset(after_answer=True), share=DROPPED / 2)
        faulty.on_call(Delay(DELAY_S), share=DELAYED)
        acts: dict[str, Act] = {"commit": commit_openings, "reveal": reveal_openings}
        for phase, act in acts.items():
            began = time.perf_counter()
            outcomes = [each for each in act(observer, sender, sealed) if each is not None]
            seconds[phase] = time.perf_counter() - began
            statuses.update(each.status.value for each in outcomes)
            hashes.update(each.tx_hash for each in outcomes)
            deadline_ns = max(each.commit_deadline_ns for each in auctions)
            direct.wait_for_time(deadline_ns, timeout_s=PATIENCE_S)
        queries = AuctionQueries(direct)
        after = [queries.get_auction(each.id) for each in auctions]
        times = count_inclusions(direct, hashes)
        pending = len(journal.list_pending())
        traffic = faulty.traffic
    figures.show("calls through the proxy", calls=traffic.calls, seed=faulty.seed, **traffic.faults)
    figures.show("outcomes", **statuses, pending=pending, sent=2 * BIDS)
    figures.show(
        "blocks that hold a transaction",
        none=times[0],
        one=times[1],
        several=times.total() - times[0] - times[1],
    )
    figures.show(
        "bids on the chain",
        committed=sum(each.bidder_count for each in after),
        revealed=sum(each.reveal_count for each in after),
        sealed=BIDS,
    )
    figures.show("seconds through the proxy", **seconds)
