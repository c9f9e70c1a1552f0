"""Back-fill of many packets from recorded blocks, into SQLite and PostgreSQL."""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from scripts import left_out
from scripts.bench_relay.stage import BATCH, open_stage
from scripts.bench_track.figures import median, show
from scripts.bench_track.template import make_template, write_recordings

FEW = 5_000


def measure(arguments: argparse.Namespace) -> None:
    """Record a hundred transfers, repeat them, and take the repetitions in."""
    with tempfile.TemporaryDirectory(prefix="plurichain-bench-") as name:
        folder = Path(name)
        with open_stage(folder / "chains", arguments.block_time_ms) as stage:
            template = make_template(stage)
        many = arguments.packets // BATCH * BATCH
        few = write_recordings(template, min(FEW, many), folder)
        all_of_them = write_recordings(template, many, folder)
        size = sum(path.stat().st_size for path in all_of_them)
        bounds = [_run("json", "-", all_of_them)["seconds"] for _ in range(arguments.runs)]
        show("backfill.json", packets=many, megabytes=size / 1e6, seconds=median(bounds),
             said="bare json.loads of the same lines")  # fmt: skip
        with _places(folder) as places:
            for engine, make_place in places.items():
                _measure_engine(engine, make_place, few, all_of_them, median(bounds), arguments)


def _measure_engine(
    engine: str,
    make_place: Callable[[], str],
    few: tuple[Path, Path],
    many: tuple[Path, Path],
    bound_s: float,
    arguments: argparse.Namespace,
) -> None:
    small = _run("replay", make_place(), few)
    runs = [_run("replay", make_place(), many) for _ in range(arguments.runs)]
    seconds = median([run["seconds"] for run in runs])
    peak = median([run["peak_kib"] for run in runs])
    show(
        f"backfill.{engine}",
        packets=int(runs[0]["packets"]),
        blocks=int(runs[0]["blocks"]),
        runs=len(runs),
        seconds=seconds,
        packets_a_second=runs[0]["packets"] / seconds,
        blocks_a_second=runs[0]["blocks"] / seconds,
        ratio_to_json=seconds / bound_s,
        start_mib=runs[0]["start_kib"] / 1024,
        few=int(small["packets"]),
        peak_mib_of_few=small["peak_kib"] / 1024,
        peak_mib=peak / 1024,
        memory_ratio=peak / small["peak_kib"],
    )


def _run(mode: str, place: str, paths: tuple[Path, Path]) -> dict[str, float]:
    command = [sys.executable, "-m", "scripts.bench_track.one_run", mode, place, *map(str, paths)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


@contextlib.contextmanager
def _places(folder: Path) -> Iterator[dict[str, Callable[[], str]]]:
    """Give for each engine a function that names an empty database."""
    numbers = iter(range(1_000_000))
    places: dict[str, Callable[[], str]] = {
        "sqlite": lambda: str(folder / f"packets-{next(numbers)}.db")
    }
    if left_out.find_program("postgres") is None:
        show("backfill.postgres", said="there is no PostgreSQL here")
        yield places
        return
    from tests.postgres import PostgresServer

    with PostgresServer.running() as server:
        # It does not wait for the disk (fsync off), as SQLite here does not.
        yield places | {"postgres": server.make_place}
