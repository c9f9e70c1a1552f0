"""One transfer at a time, from its broadcast to the block that acknowledges it."""

from __future__ import annotations

import argparse
import random
import statistics
import threading
import time

from plurichain.chain.ibc.packet_messages import transfer
from plurichain.relayer.relay import Relayer
from plurichain.units import Coin
from scripts.bench_relay.stage import AMOUNT, DENOM, HOUR_NS, Stage, show

SEED = 7
MOST_S = 120.0


def measure(stage: Stage, arguments: argparse.Namespace) -> None:
    """Send transfers at moments that have nothing to do with blocks."""
    relayer = Relayer([stage.a, stage.b], stage.keys)
    thread = threading.Thread(target=relayer.run)
    thread.start()
    try:
        seconds = time_transfers(stage, arguments.transfers, arguments.block_time_ms)
    finally:
        relayer.stop()
        thread.join()
    show("latency", transfers=len(seconds), median_s=statistics.median(seconds),
         p95_s=seconds[int(0.95 * (len(seconds) - 1))], greatest_s=seconds[-1], seed=SEED,
         target_median_s=1.3, target_p95_s=2.0, hermes_1_10_5_s="2.0 to 3.0")  # fmt: skip


def time_transfers(stage: Stage, number: int, block_time_ms: int) -> list[float]:
    """Return the seconds of single transfers, in ascending order, while a relayer runs."""
    rng = random.Random(SEED)
    _time_one(stage)  # fills caches, makes the voucher's first mint
    seconds = []
    for _ in range(number):
        time.sleep(rng.uniform(0, block_time_ms / 1_000))
        seconds.append(_time_one(stage))
    return sorted(seconds)


def _time_one(stage: Stage) -> float:
    sender, end = stage.sender_a, stage.link.a
    timeout_ns = sender.client.get_latest_header().time_ns + HOUR_NS
    message = transfer(
        sender.address,
        str(stage.sender_b.address),
        Coin(DENOM, AMOUNT),
        channel=end.channel_id,
        timeout_timestamp_ns=timeout_ns,
    )
    # Signed before the clock runs: it is the relayer that is measured.
    entry = sender.sender.prepare([message], purpose="bench", gas=300_000)
    sequence = stage.a.queries.get_next_sequence_send(end.port, end.channel_id)
    began = time.perf_counter()
    sender.sender.tracker.broadcast(entry)
    while stage.a.queries.get_next_sequence_send(end.port, end.channel_id) == sequence:
        time.sleep(0.004)
    while stage.count_waiting():
        if time.perf_counter() - began > MOST_S:
            raise TimeoutError(f"a transfer was not acknowledged within {MOST_S:.0f} s")
        time.sleep(0.008)
    return time.perf_counter() - began
