"""Measure the tracker: back-fill, lag behind the head, alarms; and what others tell beside it."""

from __future__ import annotations

import importlib

from scripts import bench_parts

#: Every part is a module with `measure(arguments)`.
PARTS = ("backfill", "lag", "overdue", "lagging")


def main() -> None:
    """Run the parts that are named, or all."""
    parser = bench_parts.make_parser("bench-track", __doc__, PARTS)
    parser.add_argument("--runs", type=int, default=5, help="of which medians are taken")
    parser.add_argument("--packets", type=int, default=50_000, help="that are taken in")
    parser.add_argument("--seconds", type=int, default=20, help="of one run of lag")
    parser.add_argument("--stuck", type=int, default=20, help="packets that are left to wait")
    parser.add_argument("--block-time-ms", type=int, default=100)
    parser.add_argument(
        "--witness", action="store_true", help="only what Hermes and rly tell, as far as built"
    )
    arguments = bench_parts.parse(parser, PARTS)
    bench_parts.show_machine()
    for part in arguments.parts:
        importlib.import_module(f"scripts.bench_track.{part}").measure(arguments)


if __name__ == "__main__":
    main()
