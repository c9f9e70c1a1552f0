"""Others' relayers beside ours, in one run on chains of the same kind: link, latency, clearing.

Hermes works on the chains that ours works on. rly needs blocks of half a second: it, and ours
for the comparison, get chains of their own.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from plurichain.relayer.clear import ClearPlan, clear_channel
from plurichain.relayer.link import LinkPlan, link_chains
from plurichain.relayer.relay import Relayer
from plurichain.relayer.work import EndName
from scripts import witness_hermes, witness_rly
from scripts.bench_relay.latency import time_transfers
from scripts.bench_relay.stage import WITNESS, Stage, open_stage, queue_transfers, show
from scripts.witness_hermes import Hermes
from scripts.witness_rly import Rly

RLY_BLOCK_TIME_MS = 500
MOST_S = 300.0
MOST_MESSAGES = 100


def measure(stage: Stage, arguments: argparse.Namespace) -> None:
    """Take what is built; say what is not."""
    if witness_hermes.BINARY.exists():
        _measure_hermes(stage, arguments)
    else:
        show("witness.hermes", said=witness_hermes.MISSING)
    stage.chains.stop()
    if not witness_rly.BINARY.exists():
        show("witness.rly", said=witness_rly.MISSING)
        return
    with (
        tempfile.TemporaryDirectory(prefix="plurichain-bench-") as folder,
        open_stage(Path(folder), RLY_BLOCK_TIME_MS) as slow,
    ):
        _measure_rly(slow, arguments)


def _measure_hermes(stage: Stage, arguments: argparse.Namespace) -> None:
    hermes = Hermes(stage.folder / "hermes", stage.chains, WITNESS)
    parts: dict[str, Callable[[], tuple[float, float]]] = {
        "link": lambda: (_time(lambda: link_chains(stage.a, stage.b, LinkPlan(is_new=True))),
                         _time(lambda: hermes.create_channel(stage.a.chain_id, stage.b.chain_id))),
        "latency": lambda: _compare_latency(stage, hermes, arguments),
        "clear": lambda: (
            _clear_ours(stage, arguments.witness_queued),
            _clear(stage, arguments.witness_queued,
                   lambda: hermes.clear(stage.a.chain_id, stage.link.a.channel_id)),
        ),
    }  # fmt: skip
    for name, compare in parts.items():
        try:
            ours, theirs = compare()
        except (RuntimeError, TimeoutError, subprocess.TimeoutExpired) as error:
            # What it cannot do on such chains is a figure too; ours would raise something else.
            show(f"witness.{name}", relayer="hermes 1.10.5", failed=str(error)[-400:])
            continue
        _show(name, "hermes 1.10.5", ours, theirs, arguments.block_time_ms, arguments)


def _measure_rly(stage: Stage, arguments: argparse.Namespace) -> None:
    rly = Rly(stage.folder / "rly", stage.chains, stage.link)
    rly.fund(stage.a, stage.b)

    flushes: list[int] = []

    def flush() -> None:
        # It ends after a share of a long queue and calls it all: it is begun again until it is.
        deadline = time.monotonic() + MOST_S
        while left := stage.count_waiting():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{left} packets still wait after {MOST_S:.0f} s")
            flushes.append(left)
            process = rly.start_flush(most_messages=MOST_MESSAGES)
            try:
                _wait_flushed(stage, process, deadline)
            finally:
                witness_rly.end(process)

    ours = _clear_ours(stage, arguments.witness_queued)
    try:
        theirs = _clear(stage, arguments.witness_queued, flush)
    except TimeoutError as error:
        show("witness.clear", relayer="rly 2.6.0", failed=f"{error}: {rly.read_log()[-400:]}")
        return
    _show("clear", "rly 2.6.0", ours, theirs, RLY_BLOCK_TIME_MS, arguments)
    show("witness.flushes", relayer="rly 2.6.0", waiting_before_each=flushes)


def _wait_flushed(stage: Stage, process: subprocess.Popen[bytes], deadline: float) -> None:
    """Wait until nothing waits, or rly ends, or it is too late."""
    while process.poll() is None and stage.count_waiting() and time.monotonic() < deadline:
        time.sleep(0.05)


def _compare_latency(
    stage: Stage, hermes: Hermes, arguments: argparse.Namespace
) -> tuple[float, float]:
    number, block_time_ms = arguments.witness_transfers, arguments.block_time_ms
    relayer = Relayer([stage.a, stage.b], stage.keys)
    thread = threading.Thread(target=relayer.run)
    thread.start()
    try:
        ours = time_transfers(stage, number, block_time_ms)
    finally:
        relayer.stop()
        thread.join()
    process = hermes.start()
    try:
        # The first of them, which is not counted, waits until Hermes is up.
        theirs = time_transfers(stage, number, block_time_ms)
    finally:
        witness_rly.end(process)
    return statistics.median(ours), statistics.median(theirs)


def _clear_ours(stage: Stage, number: int) -> float:
    end = EndName(stage.link.a.port, stage.link.a.channel_id)
    plan = ClearPlan(both=False)
    return _clear(stage, number, lambda: clear_channel(stage.a, stage.b, end, stage.keys, plan))


def _clear(stage: Stage, number: int, clear: Callable[[], object]) -> float:
    """Queue transfers, and return the seconds until none of them waits any more."""
    receiver = str(stage.sender_b.address)
    queue_transfers(stage.sender_a, stage.link.a.channel_id, receiver, number)
    seconds = _time(clear)
    left = stage.count_waiting()
    if left:
        raise RuntimeError(f"{left} of {number} packets still wait after {seconds:.1f} s")
    return seconds


def _time(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _show(
    part: str, relayer: str, ours: float, theirs: float, block_time_ms: int,
    arguments: argparse.Namespace,
) -> None:  # fmt: skip
    number = {"link": 1, "latency": arguments.witness_transfers}.get(part, arguments.witness_queued)
    rates = (
        {"ours_packets_a_second": number / ours, "theirs_packets_a_second": number / theirs}
        if part == "clear"
        else {}
    )
    show(f"witness.{part}", relayer=relayer, block_time_ms=block_time_ms, number=number,
         ours_s=ours, theirs_s=theirs, ratio=theirs / ours, **rates)  # fmt: skip
