"""A node that only lags wakes nobody: the tracker is cut off from it, and packets go on."""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from plurichain.config import Config
from plurichain.config.config_toml import format_config
from plurichain.harness import FaultyNetwork
from plurichain.ibc.overdue import AlarmKind
from plurichain.scenarios.processes import ProgramGroup
from plurichain.tracker.store import PacketStore
from scripts.bench_relay.stage import Stage, open_stage
from scripts.bench_track.figures import show
from scripts.bench_track.heads import watching
from scripts.bench_track.lag import sending, wait_until_level
from scripts.bench_track.overdue import start_track

WITHIN_S = 5
LAG_S = 3 * WITHIN_S
OF_PACKETS = frozenset(kind.value for kind in AlarmKind if kind.is_of_packets)


def measure(arguments: argparse.Namespace) -> None:
    """Cut the tracker off from B as often as there are runs."""
    with (
        tempfile.TemporaryDirectory(prefix="plurichain-bench-") as name,
        open_stage(Path(name), arguments.block_time_ms) as stage,
        ProgramGroup() as programs,
    ):
        _measure(stage, programs, arguments.runs)


def _measure(stage: Stage, programs: ProgramGroup, lags: int) -> None:
    """Cut the tracker off from one node while a relayer, which is not, carries packets."""
    home = stage.folder / "tracker-home"
    home.mkdir()
    programs.start("relay", ["ibc", "relay", "a", "b"], stage.folder / "home", run="relay")
    with FaultyNetwork(stage.chains["b"].network("b"), seed=1) as faulty:
        _save(home, stage, faulty)
        place = start_track(stage, programs, home, WITHIN_S)
        behind: list[int] = []
        with (
            PacketStore.open(place) as store,
            watching(stage.chains, store) as seen,
            sending(stage),
        ):
            wait_until_level(stage, seen)
            for _lag in range(lags):
                for proxy in faulty.proxies:
                    proxy.cut(is_silent=True)
                time.sleep(LAG_S)
                chain_id = stage.b.chain_id
                behind.append(seen.get_head(chain_id) - seen.get_cursor(chain_id))
                faulty.clear()
                wait_until_level(stage, seen)
    packets = stage.a.queries.get_next_sequence_send("transfer", stage.link.a.channel_id) - 1
    show(
        "lagging",
        lags=lags,
        lag_s=LAG_S,
        within_s=WITHIN_S,
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
