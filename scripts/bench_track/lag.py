"""How far the tracker's database is behind the head of two chains of fast blocks, with traffic."""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from plurichain.chain.ibc.packet_messages import transfer
from plurichain.scenarios.processes import ProgramGroup
from plurichain.tracker.store import PacketStore
from plurichain.units import Coin
from scripts.bench_relay.stage import AMOUNT, DENOM, HOUR_NS, Stage, open_stage
from scripts.bench_track.figures import find_rank, median, show
from scripts.bench_track.heads import Seen, find_lags, watching

TRANSFERS = 2
PAUSE_S = 0.2
START_S = 400.0


def measure(arguments: argparse.Namespace) -> None:
    """Run the tracker and a relayer as users do, and look at the database from beside."""
    with (
        tempfile.TemporaryDirectory(prefix="plurichain-bench-") as name,
        open_stage(Path(name), arguments.block_time_ms) as stage,
        ProgramGroup() as programs,
    ):
        home = stage.folder / "home"
        place = stage.folder / "packets.db"
        programs.start("relay", ["ibc", "relay", "a", "b"], home, run="relay")
        words = ["ibc", "track", "a", "b", "--database", str(place)]
        tracker = programs.start("track", words, home, run="track")
        with (
            PacketStore.open(place) as store,
            watching(stage.chains, store) as seen,
            sending(stage),
        ):
            wait_until_level(stage, seen)
            packets = count_sent(stage)
            began, used = time.monotonic(), read_cpu(tracker.process.pid)
            windows = [_take_window(stage, seen, arguments.seconds) for _ in range(arguments.runs)]
            used = read_cpu(tracker.process.pid) - used
            elapsed = time.monotonic() - began
            packets = count_sent(stage) - packets
        for program in programs.programs:
            program.validate_running()
    blocks = [window["block_ms"] for window in windows]
    p50s, p95s = ([window[key] for window in windows] for key in ("p50_ms", "p95_ms"))
    show(
        "lag",
        block_time_ms=arguments.block_time_ms,
        runs=len(windows),
        blocks=sum(int(window["blocks"]) for window in windows),
        packets=packets,
        block_ms=median(blocks),
        p50_ms=median(p50s),
        p95_ms=median(p95s),
        p95_of_runs_ms=[round(value, 1) for value in p95s],
        p95_in_blocks=median(p95s) / median(blocks),
        target_in_blocks=1,
        tracker_cores=used / elapsed,
    )


def read_cpu(pid: int) -> float:
    """Return the CPU seconds of a process so far (Linux; elsewhere 0)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _take_window(stage: Stage, seen: Seen, seconds: float) -> dict[str, float]:
    since = time.monotonic()
    time.sleep(seconds)
    until = time.monotonic()
    wait_until_level(stage, seen)
    lags, gaps = [], []
    for chain in stage.chains.values():
        lags += find_lags(seen, chain.chain_id, since, until)
        moments = sorted(seen.announced[chain.chain_id].values())
        gaps += [b - a for a, b in itertools.pairwise(moments) if since <= a <= until]
    return {
        "blocks": len(lags),
        "block_ms": 1e3 * median(gaps),
        "p50_ms": 1e3 * find_rank(lags, 50),
        "p95_ms": 1e3 * find_rank(lags, 95),
    }


def wait_until_level(stage: Stage, seen: Seen) -> None:
    """Wait until the database has had every chain's head. Raises TimeoutError."""
    deadline = time.monotonic() + START_S
    for chain in stage.chains.values():
        head = 0
        while not head or seen.get_cursor(chain.chain_id) < head:
            head = head or seen.get_head(chain.chain_id)
            if time.monotonic() > deadline:
                raise TimeoutError(f"{chain.chain_id} is not tracked after {START_S:.0f} s")
            time.sleep(0.01)


def count_sent(stage: Stage) -> int:
    """Return how many packets A has sent."""
    end = stage.link.a
    return stage.a.queries.get_next_sequence_send(end.port, end.channel_id) - 1


@contextlib.contextmanager
def sending(stage: Stage) -> Iterator[None]:
    """Send transfers from A all the while. Raises at the end what kept it from that."""
    ending, sender = threading.Event(), stage.sender_a

    def run() -> None:
        while not ending.wait(PAUSE_S):
            message = transfer(
                sender.address,
                str(stage.sender_b.address),
                Coin(DENOM, AMOUNT),
                channel=stage.link.a.channel_id,
                timeout_timestamp_ns=sender.client.get_latest_header().time_ns + HOUR_NS,
            )
            sender.sender.submit([message] * TRANSFERS, purpose="bench", gas=500_000)

    with ThreadPoolExecutor(1) as pool:
        work = pool.submit(run)
        try:
            yield
        finally:
            ending.set()
            work.result()
