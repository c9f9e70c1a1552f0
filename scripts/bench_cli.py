"""Measure the start of the command line against the least that a click program needs."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

REPEATS = 11
PROGRAM = Path(sys.executable).parent / "plurichain"
COMMANDS: dict[str, list[str]] = {
    "help": [str(PROGRAM), "--help"],
    "click_alone": [sys.executable, "-c", "import click"],
    "python_alone": [sys.executable, "-c", ""],
}


def measure(command: list[str]) -> float:
    """Time one run, in seconds."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    """Take the commands in turn, so that a busy moment of the machine hits all of them."""
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for command in COMMANDS.values():
        measure(command)  # fills the file cache
    for _ in range(REPEATS):
        for name, command in COMMANDS.items():
            seconds[name].append(measure(command))
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    result = {
        "bench": "cli",
        "repeats": REPEATS,
        **{f"{name}_s": round(value, 4) for name, value in medians.items()},
        "ratio_to_click": round(medians["help"] / medians["click_alone"], 2),
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
