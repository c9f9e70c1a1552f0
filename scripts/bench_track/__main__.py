"""Measure the tracker: back-fill, lag behind the head, alarms; and what others tell beside it."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform

#: Every part is a module with `measure(arguments)`.
PARTS = ("backfill", "lag", "overdue", "lagging")


def main() -> None:
    """Run the parts that are named, or all."""
    parser = argparse.ArgumentParser(prog="bench-track", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--runs", type=int, default=5, help="of which medians are taken")
    parser.add_argument("--packets", type=int, default=50_000, help="that are taken in")
    parser.add_argument("--seconds", type=int, default=20, help="of one run of lag")
    parser.add_argument("--stuck", type=int, default=20, help="packets that are left to wait")
    parser.add_argument("--block-time-ms", type=int, default=100)
    parser.add_argument(
        "--witness", action="store_true", help="only what Hermes and rly tell, as far as built"
    )
    arguments = parser.parse_args()
    unknown = [part for part in arguments.parts if part not in PARTS]
    if unknown:
        parser.error(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    machine = {
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
    }
    print(json.dumps({"machine": machine}), flush=True)
    for part in ("witness",) if arguments.witness else arguments.parts or PARTS:
        importlib.import_module(f"scripts.bench_track.{part}").measure(arguments)


if __name__ == "__main__":
    main()
