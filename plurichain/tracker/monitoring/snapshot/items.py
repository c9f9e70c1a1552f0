"""The parts of a snapshot: figures, each a number or None, and how fresh what they rest on is.

None is "not known", never 0. Times are Unix nanoseconds, durations nanoseconds, amounts the
smallest unit. What comes from blocks is as of the last block that was read; what was asked
of a node carries when, by the local clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from plurichain.ibc.overdue import AlarmKind, judge_wallet
from plurichain.ibc.packet_story import StoryClass
from plurichain.tracker.monitoring.snapshot.freshness import Freshness
from plurichain.tracker.reading import End


@dataclass(frozen=True, slots=True)
class Gap:
    """Blocks ``first`` to ``last`` that were not read, and why not."""

    first: int
    last: int
    reason: str


@dataclass(frozen=True, slots=True)
class ChainItem:
    """A chain: how far it was read, and what its node last said of itself.

    ``height`` and ``time_ns`` are the last block read; ``head_height`` and ``head_time_ns``
    the newest that a node told of. ``block_age_ns``: how old that one is by the local clock,
    at the time of the answer: a chain that has halted, or a node that has. Below 0 it is of the
    future: this machine's clock is wrong, or the chain's.
    """

    chain_id: str
    network: str | None
    height: int | None
    time_ns: int | None
    first_height: int | None
    gaps: tuple[Gap, ...]
    head_height: int | None
    head_time_ns: int | None
    is_catching_up: bool | None
    oddities: int
    freshness: Freshness
    is_current: bool
    """Whether a node answers, makes blocks, and was read up to its newest one."""
    unfollowed_ns: int | None = None
    """Since when it is not to be followed any more, by the local clock; None: it is."""

    @property
    def is_followed(self) -> bool:
        """Whether a tracker is to follow it."""
        return self.unfollowed_ns is None

    @property
    def missing_blocks(self) -> int:
        """How many blocks between the first and the last were not read."""
        return sum(gap.last - gap.first + 1 for gap in self.gaps)

    @property
    def lag_blocks(self) -> int | None:
        """How many blocks of the node were not read yet."""
        if self.head_height is None or self.height is None:
            return None
        return max(self.head_height - self.height, 0)

    @property
    def lag_ns(self) -> int | None:
        """How much block time lies between the last block read and the node's newest."""
        if self.head_time_ns is None or self.time_ns is None:
            return None
        return max(self.head_time_ns - self.time_ns, 0)

    @property
    def block_age_ns(self) -> int | None:
        """How old the node's newest block was when the node answered, as clocks say."""
        if self.head_time_ns is None or self.freshness.answered_ns is None:
            return None
        return self.freshness.answered_ns - self.head_time_ns


LATENCY_BOUNDS_NS = tuple(
    int(seconds * 1_000_000_000)
    for seconds in (0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_800, 3_600)
)


@dataclass(frozen=True, slots=True)
class Latency:
    """Durations by chain time. ``below`` counts those up to each of ``LATENCY_BOUNDS_NS``.

    Clocks of two chains differ: a duration below 0 counts as 0 in ``total_ns``.
    """

    count: int = 0
    total_ns: int = 0
    below: tuple[int, ...] = (0,) * len(LATENCY_BOUNDS_NS)
    p50_ns: int | None = None
    p95_ns: int | None = None


@dataclass(frozen=True, slots=True)
class ChannelItem:
    """What one end of a channel sent.

    ``counts`` has every class: None where blocks that were not read may hold such packets
    and none is known; otherwise a number, which is a lower bound unless ``is_complete``.
    ``oldest_ns`` and ``oldest_by_class`` are ages by chain time, of open packets (None: none
    open, or not known: see ``unaged``). ``overdue`` counts packets that should have gone on,
    by kind of alarm. ``unread`` commitments are in state and were not seen sent;
    ``commitments`` are all in state.
    """

    chain_id: str
    end: End
    peer_chain_id: str | None
    peer: End | None
    counts: Mapping[StoryClass, int | None]
    oldest_ns: int | None
    oldest_by_class: Mapping[StoryClass, int | None]
    unaged: int
    overdue: Mapping[AlarmKind, int]
    receiving: Latency
    settling: Latency
    channel_state: str | None
    commitments: int | None
    unread: int | None
    state_freshness: Freshness
    freshness: Freshness
    is_complete: bool
    """Whether every block of both chains that may tell of its packets was read."""
    is_current: bool
    """Whether both chains are current."""
    unfollowed: tuple[str, ...] = ()
    """Which of the two chains are not to be followed any more."""

    @property
    def is_followed(self) -> bool:
        """Whether all that its figures rest on is to be followed."""
        return not self.unfollowed

    @property
    def is_exact(self) -> bool:
        """Whether the counts are all there is, as of now."""
        return self.is_complete and self.is_current

    @property
    def is_open_known(self) -> bool:
        """Whether all that is not settled is known, with its age; what ended earlier may not be."""
        known = [self.counts[story] for story in StoryClass if story.is_open]
        return None not in known and not self.counts[StoryClass.UNKNOWN] and not self.unaged

    @property
    def open_count(self) -> int | None:
        """How many packets are not settled; None: not known to be none."""
        known = [self.counts[story] for story in StoryClass if story.is_open]
        found = sum(count or 0 for count in known)
        return found if found or None not in known else None


@dataclass(frozen=True, slots=True)
class ClientItem:
    """A light client. ``left_ns``: until it expires, by the time of the chain that holds it."""

    chain_id: str
    client_id: str
    peer_chain_id: str | None
    status: str | None
    trusting_period_ns: int | None
    expires_ns: int | None
    left_ns: int | None
    freshness: Freshness


@dataclass(frozen=True, slots=True)
class WalletItem:
    """What an account that pays for relaying holds, and the least it should."""

    chain_id: str
    name: str
    address: str
    denom: str
    amount: int | None
    least: int | None
    freshness: Freshness

    @property
    def is_low(self) -> bool | None:
        """Whether it holds less than it should; None: not known."""
        return None if self.amount is None else judge_wallet(self.amount, self.least) is not None


@dataclass(frozen=True, slots=True)
class RelayerItem:
    """What one signer brought to a chain: effected first, or redundant after a rival.

    ``by_kind``: event kind → (effected, redundant). ``inferred``: how many of them were
    judged without the chain having told a result. ``failed``: transactions that changed
    nothing. ``signer`` is empty where it is not known.
    """

    chain_id: str
    signer: str
    by_kind: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    inferred: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class ConservationItem:
    """An audit of one denom over one channel end, at pinned heights."""

    chain_id: str
    port: str
    channel: str
    denom: str
    height: int | None
    peer_chain_id: str | None
    peer_height: int | None
    difference: int | None
    verdict: str
    freshness: Freshness


@dataclass(frozen=True, slots=True)
class AlarmItem:
    """Something that is wrong since a block; ``age_ns`` by the chain's time, None: not known.

    What is wrong with a chain's nodes ages by the local clock.
    """

    chain_id: str
    kind: str
    subject: str
    text: str
    since_ns: int | None
    since_height: int | None
    age_ns: int | None


@dataclass(frozen=True, slots=True)
class CheckItem:
    """How many packet commitments of a chain were compared with state, by verdict."""

    chain_id: str
    verdict: str
    count: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that is shown, read at one moment of the database; ``taken_ns`` by the local clock."""

    taken_ns: int
    chains: tuple[ChainItem, ...] = ()
    channels: tuple[ChannelItem, ...] = ()
    clients: tuple[ClientItem, ...] = ()
    wallets: tuple[WalletItem, ...] = ()
    relayers: tuple[RelayerItem, ...] = ()
    conservation: tuple[ConservationItem, ...] = ()
    alarms: tuple[AlarmItem, ...] = ()
    checks: tuple[CheckItem, ...] = ()
