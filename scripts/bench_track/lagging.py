"""A node that only lags wakes nobody: the tracker is cut off from it, and packets go on.

While B is out of the tracker's sight packets are received there, and nobody brings A the
acknowledgements: to whoever reads A alone they look as if nobody carried them.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from plurichain.config import Config, Network
from plurichain.config.config_toml import format_config
from plurichain.harness import FaultyNetwork
from plurichain.harness.fault_proxy_faults import GrpcStatus
from plurichain.ibc.overdue import AlarmKind
from plurichain.scenarios.processes import ProgramGroup
from plurichain.tracker.store import PacketStore
from scripts.bench_relay.stage import Stage, open_stage
from scripts.bench_track.figures import show
from scripts.bench_track.heads import Seen, watching
from scripts.bench_track.lag import count_sent, sending, wait_until_level
from scripts.bench_track.overdue import start_track

WITHIN_S = 5
LAG_S = 3 * WITHIN_S
OF_PACKETS = frozenset(kind.value for kind in AlarmKind if kind.is_of_packets)
_UNAVAILABLE = 14


@dataclass(frozen=True, slots=True)
class Lag:
    """One lag: blocks that the tracker was behind, and packets that seemed stuck meanwhile."""

    blocks: int
    seemingly_stuck: int


def measure(arguments: argparse.Namespace) -> None:
    """Cut the tracker off from B as often as there are runs."""
    with (
        tempfile.TemporaryDirectory(prefix="plurichain-bench-") as name,
        open_stage(Path(name), arguments.block_time_ms) as stage,
        ProgramGroup() as programs,
    ):
        _measure(stage, programs, arguments.runs)


def _measure(stage: Stage, programs: ProgramGroup, number: int) -> None:
    """Cut the tracker off from one node while a relayer, which is not, carries packets."""
    real = {name: chain.network(name) for name, chain in stage.chains.items()}
    with FaultyNetwork(real["a"], seed=1) as way_back, FaultyNetwork(real["b"], seed=2) as sight:
        relayer_home = _make_home(stage, "relayer-home", {**real, "a": way_back.network})
        programs.start("relay", ["ibc", "relay", "a", "b"], relayer_home, run="relay")
        home = _make_home(stage, "tracker-home", {**real, "b": sight.network})
        place = start_track(stage, programs, home, WITHIN_S)
        with (
            PacketStore.open(place) as store,
            watching(stage.chains, store) as seen,
            sending(stage),
        ):
            wait_until_level(stage, seen)
            lags = [_lag(stage, seen, way_back, sight) for _ in range(number)]
    show(
        "lagging",
        lags=len(lags),
        lag_s=LAG_S,
        within_s=WITHIN_S,
        blocks_behind=[each.blocks for each in lags],
        packets=count_sent(stage),
        seemingly_stuck=[each.seemingly_stuck for each in lags],
        alarms_of_packets=sorted(seen.kinds & OF_PACKETS),
        alarms_of_others=sorted(seen.kinds - OF_PACKETS),
        target_of_packets=[],
    )


def _lag(stage: Stage, seen: Seen, way_back: FaultyNetwork, sight: FaultyNetwork) -> Lag:
    """Have the tracker lag once, and wait until it has caught up. Raises RuntimeError."""
    for proxy in sight.proxies:
        proxy.cut(is_silent=True)
    way_back.on_call(GrpcStatus(_UNAVAILABLE), "BroadcastTx")
    time.sleep(LAG_S - WITHIN_S)
    old = _list_waiting(stage)
    time.sleep(WITHIN_S)
    source, target, chain_id = stage.link.a, stage.link.b, stage.b.chain_id
    still = sorted(old & _list_waiting(stage))
    lost = stage.b.queries.list_unreceived_packets(target.port, target.channel_id, still)
    if lost or not still:
        raise RuntimeError(f"{source.channel_id}: of {len(still)} packets {len(lost)} are stuck")
    behind = seen.get_head(chain_id) - seen.get_cursor(chain_id)
    sight.clear()
    way_back.clear()
    wait_until_level(stage, seen)
    return Lag(behind, len(still))


def _list_waiting(stage: Stage) -> set[int]:
    """Return the packets of A whose acknowledgements are not back."""
    end = stage.link.a
    return set(stage.a.queries.list_packet_commitments(end.port, end.channel_id))


def _make_home(stage: Stage, name: str, networks: Mapping[str, Network]) -> Path:
    """Make the home of a program that knows these networks."""
    home = stage.folder / name
    home.mkdir()
    text = format_config(Config(networks=dict(networks)))
    (home / "config.toml").write_text(text, encoding="utf-8")
    return home
