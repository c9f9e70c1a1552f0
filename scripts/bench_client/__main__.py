"""Measure the client: signing, sealed bids, pending transactions, start of commands."""

from __future__ import annotations

import importlib

from scripts import bench_parts

#: Every part is a module with `measure(runs)`; those that take long come last.
PARTS = ("signing", "status", "bids", "faults", "pending")


def main() -> None:
    """Run the parts that are named, or all."""
    parser = bench_parts.make_parser("bench-client", __doc__, PARTS)
    parser.add_argument("--runs", type=int, default=5, help="counted runs of each figure")
    arguments = bench_parts.parse(parser, PARTS)
    bench_parts.show_machine(runs=arguments.runs)
    for part in arguments.parts:
        importlib.import_module(f"scripts.bench_client.{part}").measure(arguments.runs)


if __name__ == "__main__":
    main()
