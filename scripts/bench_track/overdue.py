"""How soon a packet that nobody carries is told of, in blocks."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from plurichain.ibc.overdue import AlarmKind
from plurichain.relayer.clear import clear_channel
from plurichain.relayer.work import EndName
from plurichain.scenarios.processes import ProgramGroup
from plurichain.tracker.store import PacketStore
from scripts.bench_relay.stage import HOUR_NS, Stage, open_stage, queue_transfers
from scripts.bench_track.figures import find_rank, median, show
from scripts.bench_track.heads import Seen, watching
from scripts.bench_track.lag import wait_until_level

WITHIN_S = 2
DEADLINE_S = 120.0
STUCK = AlarmKind.STUCK_RECEIVE.value


def measure(arguments: argparse.Namespace) -> None:
    """Leave packets to wait, one by one, and look when the database has the alarm."""
    with (
        tempfile.TemporaryDirectory(prefix="plurichain-bench-") as name,
        open_stage(Path(name), arguments.block_time_ms) as stage,
        ProgramGroup() as programs,
    ):
        _measure(stage, programs, arguments)


def start_track(stage: Stage, programs: ProgramGroup, home: Path, within_s: int) -> Path:
    """Start `ibc track` with a home; return its database."""
    place = stage.folder / "packets.db"
    words = ["ibc", "track", "a", "b", "--receive-within", f"{within_s}s", "--database", str(place)]
    programs.start("track", words, home, run="track")
    return place


def _measure(stage: Stage, programs: ProgramGroup, arguments: argparse.Namespace) -> None:
    place = start_track(stage, programs, stage.folder / "home", WITHIN_S)
    late: list[int] = []
    with PacketStore.open(place) as store, watching(stage.chains, store) as seen:
        wait_until_level(stage, seen)
        for _ in range(arguments.stuck):
            late.append(_leave_one(stage, seen))
            end = EndName(stage.link.a.port, stage.link.a.channel_id)
            clear_channel(stage.a, stage.b, end, stage.keys)
            _wait(lambda: not _is_told(seen), "the alarm is over")
    counts = Counter(late)
    show(
        "overdue",
        packets=len(late),
        within_s=WITHIN_S,
        blocks_late={str(blocks): counts[blocks] for blocks in sorted(counts)},
        median_blocks=median(late),
        p95_blocks=find_rank(late, 95),
        target_blocks=1,
    )


def _leave_one(stage: Stage, seen: Seen) -> int:
    """Send a packet, and return how many blocks after it was due it was told.

    It is due with the first block of B whose time is so much later than that of the block
    which sent it; counted is up to B's head at the moment the alarm was in the database.
    """
    a, b, end = stage.a, stage.b, stage.link.a
    began = a.client.get_latest_header().height
    queue_transfers(
        stage.sender_a, end.channel_id, str(stage.sender_b.address), 1, expires_ns=HOUR_NS
    )
    _wait(lambda: _is_told(seen), "the packet is reported")
    head = seen.get_head(b.chain_id)
    sent_ns = _find_sent(stage, began)
    height = head
    while b.client.get_block(height).header.time_ns >= sent_ns + WITHIN_S * 10**9:
        height -= 1
    return head - (height + 1)


def _find_sent(stage: Stage, began: int) -> int:
    """Return the time of the first block after ``began`` with a packet in it."""
    for height in range(began, began + 10_000):
        results = stage.a.client.get_block_results(height).tx_results
        if any(event.type == "send_packet" for tx in results for event in tx.events):
            return stage.a.client.get_block(height).header.time_ns
    raise RuntimeError("no block tells of the packet")


def _is_told(seen: Seen) -> bool:
    return any(alarm.kind == STUCK for alarm in seen.alarms)


def _wait(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"after {DEADLINE_S:.0f} s still not: {what}")
        time.sleep(0.002)
