"""`plurichain bid status` on 1,000 sealed bids, as a fresh process, beside starting click alone.

Compiled modules are kept as an installed program has them, in a folder of this run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from plurichain.bidding.account import Observer
from plurichain.bidding.many import commit_openings
from plurichain.chain import AuctionQueries, ChainClient, Journal
from plurichain.chain.sending.bulk import BulkSender
from scripts.bench_client import figures
from scripts.bench_client.stage import (
    ACCOUNTS,
    Stage,
    create_auctions,
    open_stage,
    seal_bids,
    store_openings,
)

AUCTIONS = 10
WINDOW_S = 600
PROGRAM = Path(sys.executable).parent / "plurichain"
COMMANDS = {
    "bid status": [str(PROGRAM), "bid", "status", "--output", "json"],
    "click alone": [sys.executable, "-c", "import click"],
}


def measure(runs: int) -> None:
    """Print the seconds of both, and what the status has told."""
    with open_stage() as stage:
        prepare(stage)
        seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
        standings: set[str] = set()
        for _ in range(2 * runs + 1):
            for name, command in COMMANDS.items():
                taken, said = run(stage, command)
                seconds[name].append(taken)
                if name == "bid status":
                    rows = json.loads(said)
                    assert len(rows) == AUCTIONS * ACCOUNTS
                    standings |= {row["standing"] for row in rows}
    for name, samples in seconds.items():
        # The first run fills the file cache.
        target = {"target": 0.5} if name == "bid status" else {}
        figures.show_samples(f"seconds of a fresh process: {name}", samples[1:], **target)
    figures.show_ratio(
        "bid status, ratio to click alone", *(samples[1:] for samples in seconds.values())
    )
    figures.show("standings of the bids", bids=AUCTIONS * ACCOUNTS, seen=sorted(standings))


def prepare(stage: Stage) -> None:
    """Seal and commit the bids, and name the chain in a home of their own."""
    os.environ["PLURICHAIN_HOME"] = str(stage.folder / "home")
    from plurichain.config import save_network

    save_network(stage.network)
    with (
        ChainClient(stage.network) as client,
        Journal.open(stage.folder / "journal.db") as journal,
    ):
        auctions = create_auctions(stage, client, AUCTIONS, commit_s=WINDOW_S, reveal_s=WINDOW_S)
        sealed = seal_bids(stage, auctions)
        store_openings(stage, sealed)
        observer = Observer(client, AuctionQueries(client), stage.network.chain_id)
        commit_openings(observer, BulkSender(client, journal), sealed)


def run(stage: Stage, command: list[str]) -> tuple[float, str]:
    """Return the seconds of one run, and what it printed."""
    environment = {
        **os.environ,
        "PLURICHAIN_HOME": str(stage.folder / "home"),
        "PYTHONPYCACHEPREFIX": str(stage.folder / "compiled"),
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    began = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return time.perf_counter() - began, done.stdout
