"""What benchmarks of several parts have in common: arguments, the machine, a line a figure."""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Sequence
from typing import Any


def make_parser(name: str, about: str | None, parts: Sequence[str]) -> argparse.ArgumentParser:
    """Return a parser that takes the names of parts; every part is a module with `measure`."""
    parser = argparse.ArgumentParser(prog=name, description=about)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(parts))
    return parser


def parse(parser: argparse.ArgumentParser, parts: Sequence[str]) -> argparse.Namespace:
    """Return the arguments; ``parts`` are those that are to be run. Exits for unknown ones."""
    arguments = parser.parse_args()
    unknown = [part for part in arguments.parts if part not in parts]
    if unknown:
        parser.error(f"no such part: {', '.join(unknown)}; there are {', '.join(parts)}")
    is_witness = getattr(arguments, "witness", False)
    arguments.parts = ["witness"] if is_witness else arguments.parts or list(parts)
    return arguments


def show_machine(**more: Any) -> None:
    """Print what the figures are taken on."""
    machine = {
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        **more,
    }
    print(json.dumps({"machine": machine}), flush=True)


def show(bench: str, **figures: Any) -> None:
    """Print one line of JSON with the machine's load at that moment."""
    rounded = {
        name: round(value, 3) if isinstance(value, float) else value
        for name, value in figures.items()
    }
    line = {"bench": bench, **rounded, "load": round(os.getloadavg()[0], 1)}
    print(json.dumps(line), flush=True)
