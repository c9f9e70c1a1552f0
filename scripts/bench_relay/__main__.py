"""Measure the relayer: links, latency, clearing, the chains' own bound, conservation."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import tempfile
from pathlib import Path

from scripts.bench_relay.stage import open_stage

#: Every part is a module with `measure(stage, arguments)`; those that take long come last.
PARTS = ("link", "latency", "clear", "bound", "conserve")


def main() -> None:
    """Run the parts that are named, or all."""
    parser = argparse.ArgumentParser(prog="bench-relay", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--runs", type=int, default=5, help="links that are timed")
    parser.add_argument("--transfers", type=int, default=40, help="transfers that are timed")
    parser.add_argument("--queued", type=int, default=2_000, help="transfers that are cleared")
    parser.add_argument("--block-time-ms", type=int, default=200)
    parser.add_argument(
        "--witness", action="store_true", help="only Hermes and rly beside ours, as far as built"
    )
    parser.add_argument("--witness-transfers", type=int, default=10, help="timed with each")
    parser.add_argument("--witness-queued", type=int, default=400, help="cleared by each")
    arguments = parser.parse_args()
    unknown = [part for part in arguments.parts if part not in PARTS]
    if unknown:
        parser.error(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    machine = {
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "block_time_ms": arguments.block_time_ms,
    }
    print(json.dumps({"machine": machine}), flush=True)
    for part in ("witness",) if arguments.witness else arguments.parts or PARTS:
        with (
            tempfile.TemporaryDirectory(prefix="plurichain-bench-") as folder,
            # Chains of its own for each part: what one leaves on them would burden the next.
            open_stage(Path(folder), arguments.block_time_ms) as stage,
        ):
            importlib.import_module(f"scripts.bench_relay.{part}").measure(stage, arguments)


if __name__ == "__main__":
    main()
