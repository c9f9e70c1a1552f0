"""How long a link takes between running chains: two clients, connection, channel."""

from __future__ import annotations

import argparse
import statistics
import time

from plurichain.relayer.link import LinkPlan, link_chains
from scripts.bench_relay.stage import Stage, show


def measure(stage: Stage, arguments: argparse.Namespace) -> None:
    """Make links anew and print their seconds."""
    seconds = []
    for _ in range(arguments.runs):
        began = time.perf_counter()
        link_chains(stage.a, stage.b, LinkPlan(is_new=True))
        seconds.append(time.perf_counter() - began)
    show("link", runs=len(seconds), median_s=statistics.median(seconds), greatest_s=max(seconds),
         target_s=8.0, hermes_1_10_5_s=21.0)  # fmt: skip
