"""A snapshot made by hand, with every kind of figure in it."""

from __future__ import annotations

from plurichain.ibc.overdue import AlarmKind
from plurichain.ibc.packet import ProtocolVersion
from plurichain.ibc.packet_story import StoryClass
from plurichain.tracker.channel_figures import compute_percentile
from plurichain.tracker.monitoring.snapshot.freshness import Freshness, FreshnessState
from plurichain.tracker.monitoring.snapshot.items import (
    LATENCY_BOUNDS_NS,
    AlarmItem,
    ChainItem,
    ChannelItem,
    CheckItem,
    ClientItem,
    ConservationItem,
    Gap,
    Latency,
    RelayerItem,
    Snapshot,
    WalletItem,
)
from plurichain.tracker.reading import End

SECOND_NS = 10**9
NOW_NS = 1_700_000_000 * SECOND_NS
RELAYER = "pluri1gy3ws52ep9lssmjg5zl6rtjsv0adtr459qwcch"
FRESH = Freshness(NOW_NS, NOW_NS - SECOND_NS, None, FreshnessState.FRESH)
FAILING = Freshness(NOW_NS, NOW_NS - 90 * SECOND_NS, "refused", FreshnessState.FAILING)


def compute_latency(durations_ns: list[int]) -> Latency:
    """How durations are spread, counted one by one."""
    return Latency(
        count=len(durations_ns),
        total_ns=sum(max(duration, 0) for duration in durations_ns),
        below=tuple(
            sum(duration <= bound for duration in durations_ns) for bound in LATENCY_BOUNDS_NS
        ),
        p50_ns=compute_percentile(durations_ns, 50),
        p95_ns=compute_percentile(durations_ns, 95),
    )


def make_chain(chain_id: str) -> ChainItem:
    """A chain that is two blocks behind its node."""
    return ChainItem(
        chain_id=chain_id,
        network=chain_id,
        height=1_000,
        time_ns=NOW_NS - 5 * SECOND_NS,
        first_height=1,
        gaps=(),
        head_height=1_002,
        head_time_ns=NOW_NS - 3 * SECOND_NS,
        is_catching_up=False,
        oddities=4,
        freshness=FRESH,
        is_current=True,
    )


def make_channel(chain_id: str, number: int = 0) -> ChannelItem:
    """A channel with three packets that nobody answers, and a class that is not known."""
    counts: dict[StoryClass, int | None] = dict.fromkeys(StoryClass, 0)
    counts |= {StoryClass.RECEIVED_UNACKED: 3, StoryClass.UNKNOWN: None, StoryClass.ACKED: 40}
    return ChannelItem(
        chain_id=chain_id,
        end=End(ProtocolVersion.CLASSIC, "transfer", f"channel-{number}"),
        peer_chain_id="grid-2",
        peer=End(ProtocolVersion.CLASSIC, "transfer", "channel-7"),
        counts=counts,
        oldest_ns=90_500_000_000,
        oldest_by_class={StoryClass.RECEIVED_UNACKED: 90_500_000_000},
        unaged=1,
        overdue={AlarmKind.STUCK_ANSWER: 2},
        receiving=compute_latency([-SECOND_NS, 2_500_000_000, 3_600 * SECOND_NS]),
        settling=Latency(),
        channel_state="open",
        commitments=3,
        unread=0,
        state_freshness=FRESH,
        freshness=FAILING,
        is_complete=True,
        is_current=False,
    )


def make_snapshot() -> Snapshot:
    """One of everything."""
    behind = ChainItem(
        "grid-2", None, None, None, 5, (Gap(11, 20, "pruned"),), None, None, None, 0, FAILING,
        is_current=False,
    )  # fmt: skip
    return Snapshot(
        taken_ns=NOW_NS,
        chains=(make_chain("grid-1"), behind),
        channels=(make_channel("grid-1"),),
        clients=(
            ClientItem(
                "grid-1", "07-tendermint-0", "grid-2", "Expired", 120 * SECOND_NS,
                NOW_NS - 65 * SECOND_NS, -60 * SECOND_NS, FRESH,
            ),
        ),
        wallets=(WalletItem("grid-1", "ours", RELAYER, "upluri", 2**70, 10**6, FRESH),),
        relayers=(
            RelayerItem("grid-1", "", {"timeout_packet": (1, 0)}),
            RelayerItem("grid-1", RELAYER, {"recv_packet": (7, 2)}, inferred=1, failed=3),
            RelayerItem("grid-1", "pluri1nobody", {"recv_packet": (0, 5)}),
        ),
        conservation=(
            ConservationItem(
                "grid-1", "transfer", "channel-0", "upluri", 900, "grid-2", 880, -4, "broken", FRESH
            ),
        ),
        alarms=(
            AlarmItem(
                "grid-1", AlarmKind.STUCK_ANSWER.value, "transfer/channel-0 5", "secret memo",
                NOW_NS - 95 * SECOND_NS, 900, 90 * SECOND_NS,
            ),
        ),
        checks=(CheckItem("grid-1", "same", 12),),
    )  # fmt: skip
