"""Memory of a process that watches many pending transactions of a real chain to their end.

For each number a journal is filled with unordered transactions: one in a hundred is handed in and
lands, the others never leave and expire. Then a fresh process opens the journal and waits for all
of them. What it needs for one more pending hash is the slope between the least and the greatest
number; the hash itself and its time-out are 40 bytes, which is the bound.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from plurichain.chain import ChainClient, Journal
from plurichain.chain.sending.tracker import TxTracker
from plurichain.chain.transactions import messages
from plurichain.chain.transactions.signing import SignedTx, build_auth_info, build_body, sign_tx
from plurichain.units import Coin
from scripts.bench_client import figures
from scripts.bench_client.stage import Stage, open_stage

NUMBERS = (1_000, 10_000, 100_000)
SENT_EVERY = 100
CHUNK = 1_000
GAS = 100_000
#: Block time that a watcher sees pass before the time-outs of what never left.
WATCHED_NS = 15_000_000_000
PATIENCE_S = 900.0
BOUND_BYTES = 40


def measure(_runs: int) -> None:
    """Print peak memory by number, and what one more costs. One run each: memory is no clock."""
    peaks: dict[int, int] = {}
    with open_stage(accounts=1) as stage:
        for number in NUMBERS:
            path = stage.folder / f"journal-{number}.db"
            sent = fill(stage, path, number)
            report = run_watcher(stage, path)
            statuses = report["statuses"]
            # What came too late to be handed in is rejected; nothing may stay unknown.
            assert sum(statuses.values()) == number, report
            assert set(statuses) <= {"accepted", "expired", "rejected"}, report
            assert statuses["accepted"] == sent, report
            peaks[number] = report["peak_bytes"]
            figures.show(
                "peak memory of a watcher, MiB",
                pending=number,
                peak=peaks[number] / 2**20,
                before=report["before_bytes"] / 2**20,
                **statuses,
            )
    least, *_, greatest = NUMBERS
    slope = (peaks[greatest] - peaks[least]) / (greatest - least)
    figures.show(
        "bytes for one more pending hash", bytes=slope, bound=BOUND_BYTES, ratio=slope / BOUND_BYTES
    )


def fill(stage: Stage, path: Path, number: int) -> int:
    """Journal ``number`` transactions and hand in some; returns how many."""
    sent = 0
    with ChainClient(stage.network) as client, Journal.open(path) as journal:
        tracker = TxTracker(client, journal)
        account_number = client.get_account(stage.town.address).account_number
        header = client.get_latest_header()
        # Signing a thousand takes far less than half a second; what lands has to be in time.
        latest_ns = header.time_ns + WATCHED_NS + number * 1_500_000
        for start in range(0, number, CHUNK):
            with journal.batch():
                entries = [
                    journal.add(
                        chain_id=stage.network.chain_id,
                        signer=str(stage.town.address),
                        purpose="pay",
                        latest_timeout_ns=latest_ns + start * 1_000,
                        first_height=header.height + 1,
                        sign=lambda timeout_ns: sign_payment(stage, account_number, timeout_ns),
                    )
                    for _ in range(start, min(start + CHUNK, number))
                ]
            for entry in entries[::SENT_EVERY]:
                sent += tracker.deliver(entry).is_taken
    return sent


def sign_payment(stage: Stage, account_number: int, timeout_ns: int) -> SignedTx:
    """Sign a payment to oneself."""
    key = stage.town
    message = messages.bank_send(key.address, key.address, [Coin("upluri", 1)])
    return sign_tx(
        key,
        body=build_body([message], timeout_ns=timeout_ns),
        auth_info=build_auth_info(key.public_key, account_sequence=0, fee=(), gas_limit=GAS),
        chain_id=stage.network.chain_id,
        account_number=account_number,
    )


def run_watcher(stage: Stage, path: Path) -> Any:
    """Have a fresh process wait for all that is pending in the journal."""
    os.environ["PLURICHAIN_HOME"] = str(stage.folder / "home")
    from plurichain.config import save_network

    save_network(stage.network)
    done = subprocess.run(
        [sys.executable, "-m", "scripts.bench_client.pending", str(path)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return json.loads(done.stdout)


def watch(path: Path) -> None:
    """Wait for all that is pending; print what it came to and the peak of this process."""
    from plurichain.config import get_network

    network = get_network(None)
    with ChainClient(network) as client, Journal.open(path) as journal:
        client.check()
        before = read_peak()
        hashes = [tx_hash for tx_hash, *_ in journal.list_pending_heads(network.chain_id)]
        outcomes = TxTracker(client, journal).wait_all(hashes, timeout_s=PATIENCE_S)
        peak = read_peak()
        statuses = Counter(outcome.status.value for outcome in outcomes)
    print(json.dumps({"before_bytes": before, "peak_bytes": peak, "statuses": statuses}))


def read_peak() -> int:
    """Return the greatest resident size of this process so far, in bytes.

    ``getrusage`` tells that of the process that started it, if it was greater.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(each for each in status.read_text().splitlines() if each.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size if sys.platform == "darwin" else size * 1024


if __name__ == "__main__":
    watch(Path(sys.argv[1]))
