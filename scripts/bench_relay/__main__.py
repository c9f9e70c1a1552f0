"""Measure the relayer: links, latency, clearing, the chains' own bound, conservation."""

from __future__ import annotations

import importlib
import tempfile
from pathlib import Path

from scripts import bench_parts
from scripts.bench_relay.stage import open_stage

#: Every part is a module with `measure(stage, arguments)`; those that take long come last.
PARTS = ("link", "latency", "clear", "bound", "conserve")


def main() -> None:
    """Run the parts that are named, or all."""
    parser = bench_parts.make_parser("bench-relay", __doc__, PARTS)
    parser.add_argument("--runs", type=int, default=5, help="links that are timed")
    parser.add_argument("--transfers", type=int, default=40, help="transfers that are timed")
    parser.add_argument("--queued", type=int, default=2_000, help="transfers that are cleared")
    parser.add_argument("--block-time-ms", type=int, default=200)
    parser.add_argument(
        "--witness", action="store_true", help="only Hermes and rly beside ours, as far as built"
    )
    parser.add_argument("--witness-transfers", type=int, default=10, help="timed with each")
    parser.add_argument("--witness-queued", type=int, default=400, help="cleared by each")
    arguments = bench_parts.parse(parser, PARTS)
    bench_parts.show_machine(block_time_ms=arguments.block_time_ms)
    for part in arguments.parts:
        with (
            tempfile.TemporaryDirectory(prefix="plurichain-bench-") as folder,
            # Chains of its own for each part: what one leaves on them would burden the next.
            open_stage(Path(folder), arguments.block_time_ms) as stage,
        ):
            importlib.import_module(f"scripts.bench_relay.{part}").measure(stage, arguments)


if __name__ == "__main__":
    main()
