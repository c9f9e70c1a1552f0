"""One back-fill, or the parsing alone, in a process of its own, so that its memory is its own.

Arguments: the mode ("replay" or "json"), the database's place, and the recordings. Prints one
line of JSON; seconds are those of the work, without the start of the program.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from plurichain.ibc.packet_story import StoryClass
from plurichain.tracker.channel_figures import list_channel_figures
from plurichain.tracker.recorded import load_recordings, replay
from plurichain.tracker.store import PacketStore
from plurichain.tracker.views import opened_view


def get_peak_kib() -> int:
    """Return the most memory that this program has held so far.

    What the system tells of a process counts what its parent held before the program began;
    Linux tells it of the program alone.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def run_json(paths: Sequence[Path]) -> dict[str, float]:
    """Parse every line and keep nothing: what no reader of these files can do without."""
    began = time.perf_counter()
    blocks = 0
    for path in paths:
        with path.open("rb") as file:
            for line in file:
                blocks += bool(json.loads(line))
    return {"seconds": time.perf_counter() - began, "blocks": blocks - len(paths)}


def run_replay(place: str, paths: Sequence[Path]) -> dict[str, float]:
    """Take all blocks in; every packet has to come out acknowledged."""
    before = get_peak_kib()
    with PacketStore.open(place) as store:
        began = time.perf_counter()
        blocks = replay(store, load_recordings(paths))
        seconds = time.perf_counter() - began
        peak = get_peak_kib()
        with opened_view(store) as chains:
            counts = [dict(figures.counts) for figures in list_channel_figures(store, chains)]
    if len(counts) != 1 or set(counts[0]) != {StoryClass.ACKED}:
        raise RuntimeError(f"not every packet is acknowledged: {counts}")
    return {
        "seconds": seconds,
        "blocks": blocks,
        "packets": counts[0][StoryClass.ACKED],
        "start_kib": before,
        "peak_kib": peak,
    }


def main() -> None:
    """Run what the arguments say."""
    mode, place, *names = sys.argv[1:]
    paths = [Path(name) for name in names]
    print(json.dumps(run_json(paths) if mode == "json" else run_replay(place, paths)))


if __name__ == "__main__":
    main()
