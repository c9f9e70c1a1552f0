"""How soon a packet that nobody carries is told, in blocks; and that a slow node wakes nobody."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from plurichain.config import Config
from plurichain.config.config_toml import format_config
from plurichain.harness import FaultyNetwork
from plurichain.ibc.overdue import AlarmKind
from plurichain.relayer.clear import clear_channel
from plurichain.relayer.work import EndName
from plurichain.scenarios.processes import ProgramGroup
from plurichain.tracker.store import PacketStore
from scripts.bench_relay.stage import HOUR_NS, Stage, open_stage, queue_transfers
from scripts.bench_track.figures import find_rank, median, show
from scripts.bench_track.heads import Seen, watching
from scripts.bench_track.lag import sending, wait_until_level

WITHIN_S = 2
LAGGING_WITHIN_S = 5
LAGS = 5
LAG_S = 3 * LAGGING_WITHIN_S
DEADLINE_S = 120.0
STUCK = AlarmKind.STUCK_RECEIVE.value
OF_PACKETS = frozenset(kind.value for kind in AlarmKind if kind.is_of_packets)


def measure(arguments: argparse.Namespace) -> None:
    """Leave packets to wait, one by one; then let a node lag while packets are carried."""
    for part in (_measure_stuck, _measure_lagging):
        with (
            tempfile.TemporaryDirectory(prefix="plurichain-bench-") as name,
            open_stage(Path(name), arguments.block_time_ms) as stage,
            ProgramGroup() as programs,
        ):
            part(stage, programs, arguments)


def _start_track(stage: Stage, programs: ProgramGroup, home: Path, within_s: int) -> Path:
    place = stage.folder / "packets.db"
    words = ["ibc", "track", "a", "b", "--receive-within", f"{within_s}s", "--database", str(place)]
    programs.start("track", words, home, run="track")
    return place


def _measure_stuck(stage: Stage, programs: ProgramGroup, arguments: argparse.Namespace) -> None:
    place = _start_track(stage, programs, stage.folder / "home", WITHIN_S)
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
        "overdue.stuck",
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


def _measure_lagging(stage: Stage, programs: ProgramGroup, _: argparse.Namespace) -> None:
    """Cut the tracker off from one node while a relayer, which is not, carries packets."""
    home = stage.folder / "tracker-home"
    home.mkdir()
    programs.start("relay", ["ibc", "relay", "a", "b"], stage.folder / "home", run="relay")
    with FaultyNetwork(stage.chains["b"].network("b"), seed=1) as faulty:
        _save(home, stage, faulty)
        place = _start_track(stage, programs, home, LAGGING_WITHIN_S)
        behind: list[int] = []
        with (
            PacketStore.open(place) as store,
            watching(stage.chains, store) as seen,
            sending(stage),
        ):
            wait_until_level(stage, seen)
            for _lag in range(LAGS):
                for proxy in faulty.proxies:
                    proxy.cut(is_silent=True)
                time.sleep(LAG_S)
                chain_id = stage.b.chain_id
                behind.append(seen.get_head(chain_id) - seen.get_cursor(chain_id))
                faulty.clear()
                wait_until_level(stage, seen)
    packets = stage.a.queries.get_next_sequence_send("transfer", stage.link.a.channel_id) - 1
    show(
        "overdue.lagging",
        lags=LAGS,
        lag_s=LAG_S,
        within_s=LAGGING_WITHIN_S,
        blocks_behind=behind,
        packets=packets,
        alarms_of_packets=sorted(seen.kinds & OF_PACKETS),
        alarms_of_others=sorted(seen.kinds - OF_PACKETS),
        target_of_packets=[],
    )


def _save(home: Path, stage: Stage, faulty: FaultyNetwork) -> None:
    """Write a home whose network "b" goes through the proxies."""
    networks = {"a": stage.chains["a"].network("a"), "b": faulty.network}
    (home / "config.toml").write_text(format_config(Config(networks=networks)), encoding="utf-8")


def _wait(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"after {DEADLINE_S:.0f} s still not: {what}")
        time.sleep(0.002)
