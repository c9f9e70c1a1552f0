"""Measure the client: signing, sealed bids, pending transactions, start of commands."""

from __future__ import annotations

import argparse
import importlib

from scripts.bench_client import figures

#: Every part is a module with `measure(runs)`; those that take long come last.
PARTS = ("signing", "status", "bids", "faults", "pending")


def main() -> None:
    """Run the parts that are named, or all."""
    parser = argparse.ArgumentParser(prog="bench-client", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--runs", type=int, default=5, help="counted runs of each figure")
    arguments = parser.parse_args()
    unknown = [part for part in arguments.parts if part not in PARTS]
    if unknown:
        parser.error(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    figures.show_machine(arguments.runs)
    for part in arguments.parts or PARTS:
        importlib.import_module(f"scripts.bench_client.{part}").measure(arguments.runs)


if __name__ == "__main__":
    main()
