"""Transfers queued while no relayer runs, then cleared: received and acknowledged."""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from plurichain.chain.ibc.proofs import ProvenReads
from plurichain.relayer import backlog
from plurichain.relayer.clear import ClearPlan, clear_channel
from plurichain.relayer.signing_keys import SigningKey
from plurichain.relayer.submitter import Submitter
from plurichain.relayer.work import EndName
from scripts.bench_relay.stage import Stage, queue_transfers, show

#: Where the time goes: seconds spent inside, of all threads together.
PLACES: dict[str, tuple[Any, str]] = {
    "finding": (backlog, "_find"),
    "proofs": (ProvenReads, "query_proofs"),
    "headers": (ProvenReads, "get_signed_header"),
    "signing": (SigningKey, "sign"),
    "handing_in": (Submitter, "_hand_in"),
}


def measure(stage: Stage, arguments: argparse.Namespace) -> None:
    """Queue, clear, and print rate and profile."""
    number, end = arguments.queued, stage.link.a
    queue_transfers(stage.sender_a, end.channel_id, str(stage.sender_b.address), number)
    spent = _watch()
    before, began = stage.read_cpu(), time.perf_counter()
    result = clear_channel(
        stage.a, stage.b, EndName(end.port, end.channel_id), stage.keys, ClearPlan(both=False)
    )
    seconds = time.perf_counter() - began
    after = stage.read_cpu()
    if result.settled != number:
        raise AssertionError(f"{result.settled} of {number} were settled")
    cpu = {f"cpu_{name}_s": round(after[name] - before[name], 2) for name in after}
    show("clear", packets=number, seconds=seconds, packets_a_second=number / seconds,
         target_packets_a_second=100, hermes_1_10_5_packets_a_second=11.6,
         rly_2_6_0_packets_a_second=5.7, cpu_seconds=sum(cpu.values()), **cpu,
         transactions=result.counts["transactions"], splits=result.counts["splits"],
         **{f"in_{place}_s": round(taken, 2) for place, taken in spent.items()})  # fmt: skip


def _watch() -> dict[str, float]:
    """Have the places measured from now on."""
    spent: dict[str, float] = defaultdict(float)
    for name, (owner, attribute) in PLACES.items():
        setattr(owner, attribute, _time(getattr(owner, attribute), name, spent))
    return spent


def _time(function: Callable[..., Any], name: str, spent: dict[str, float]) -> Callable[..., Any]:
    def timed(*args: Any, **extra: Any) -> Any:
        began = time.perf_counter()
        try:
            return function(*args, **extra)
        finally:
            spent[name] += time.perf_counter() - began

    return timed
