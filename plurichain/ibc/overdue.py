"""When somebody has to be woken: what waits for too long, and what is about to end.

Packets are judged by block time alone, and each by the clock of the chain that has to act:
a chain whose blocks are not read yet may have acted long ago, so that a node which only
lags wakes nobody. The local clock judges nothing but whether nodes answer.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Final

from plurichain.errors import InputError
from plurichain.ibc.packet_story import StoryClass

_MINUTE_NS: Final = 60 * 10**9
_DAY_NS: Final = 24 * 60 * _MINUTE_NS


class AlarmKind(StrEnum):
    """What an alarm is about."""

    STUCK_RECEIVE = "stuck-receive"
    """A packet was not received, although the destination made blocks for long enough."""
    STUCK_ANSWER = "stuck-answer"
    """A packet was received, and its application does not answer."""
    STUCK_ACKNOWLEDGEMENT = "stuck-acknowledgement"
    """An answer is not brought back."""
    REFUND_OVERDUE = "refund-overdue"
    """A packet was refused, or its time is over, and its sender does not get the money back."""
    CONTRADICTION = "contradiction"
    """Two chains tell what cannot both be true of a packet."""
    CLIENT_EXPIRING = "client-expiring"
    CLIENT_UNUSABLE = "client-unusable"
    """A client is expired or frozen: only governance helps."""
    CHAIN_HALTED = "chain-halted"
    """A node answers that it is up to date, and its last block is old."""
    CHAIN_LAGGING = "chain-lagging"
    """A node catches up, or the tracker is behind it."""
    CHAIN_SILENT = "chain-silent"
    """No node answers."""
    WALLET_LOW = "wallet-low"
    COVERAGE_GAP = "coverage-gap"
    """Blocks that were not read, or packets that are in the state and in no block that was."""
    CONSERVATION_BROKEN = "conservation-broken"
    COMMITMENT_DIFFERS = "commitment-differs"
    """The state holds another commitment than the packet's bytes give."""
    CHANNEL_CLOSED = "channel-closed"

    @property
    def is_grave(self) -> bool:
        """Whether somebody has to get up: money waits, is missing, or soon cannot move."""
        return self not in _MILD

    @property
    def is_of_packets(self) -> bool:
        """Whether packets give it, by their class and age."""
        return self in _KINDS.values()

    @property
    def is_of_nodes(self) -> bool:
        """Whether nodes give it, by the local clock: there may be no block time that goes on."""
        return self in {self.CHAIN_HALTED, self.CHAIN_LAGGING, self.CHAIN_SILENT}


_MILD: Final = frozenset(
    {
        AlarmKind.CLIENT_EXPIRING,
        AlarmKind.CHAIN_LAGGING,
        AlarmKind.WALLET_LOW,
        AlarmKind.COVERAGE_GAP,
        AlarmKind.CHANNEL_CLOSED,
    }
)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From how long on something is overdue, in nanoseconds; each above 0.

    The first four are of block time. Half an hour for what a relayer does in seconds, and
    five minutes for a refund that is due, are what cosmos/ibc-relayer's alerts use
    (docs/alerts.md). An application that answers later mostly waits for a packet of its
    own, which may take a receipt and an acknowledgement: their sum.
    """

    receive_ns: int = 30 * _MINUTE_NS
    """From sending to receiving."""
    answer_ns: int = 60 * _MINUTE_NS
    """From receiving to the answer."""
    acknowledge_ns: int = 30 * _MINUTE_NS
    """From the answer to its being brought back."""
    refund_ns: int = 5 * _MINUTE_NS
    """From a refusal, or the end of a packet's time, to the refund."""
    client_ns: int = 3 * _DAY_NS
    """What is left of a client: enough for a weekend. Of a client that trusts for a shorter
    time, a third of that: relayers refresh when the first third is over."""
    lag_ns: int = 5 * _MINUTE_NS
    """Silence, standstill or lag of a node, by the local clock: longer than a restart takes."""

    def __post_init__(self) -> None:
        """Raise InputError for what would always, or never, be overdue."""
        for each in fields(self):
            value = getattr(self, each.name)
            if value <= 0:
                raise InputError(f"{each.name}: {value} is not above 0 nanoseconds")


@dataclass(frozen=True, slots=True)
class PacketTimes:
    """A packet's class and its block times, in Unix nanoseconds; None: not known.

    ``timeout_ns`` is 0 where it has none. ``source_ns`` and ``destination_ns`` are of the
    last blocks that were read.
    """

    story: StoryClass
    sent_ns: int | None
    received_ns: int | None
    answered_ns: int | None
    timeout_ns: int
    source_ns: int | None
    destination_ns: int | None


@dataclass(frozen=True, slots=True)
class Wait:
    """Since when a packet is waited for, and the clock of the chain that has to act."""

    story: StoryClass
    since_ns: int
    now_ns: int

    @property
    def age_ns(self) -> int:
        """How long it has been waited for; clocks of two chains may differ a little."""
        return max(self.now_ns - self.since_ns, 0)


_KINDS: Final = {
    StoryClass.UNRECEIVED: AlarmKind.STUCK_RECEIVE,
    StoryClass.RECEIVED_UNACKED: AlarmKind.STUCK_ANSWER,
    StoryClass.ACK_PENDING: AlarmKind.STUCK_ACKNOWLEDGEMENT,
    StoryClass.REFUND_PENDING: AlarmKind.REFUND_OVERDUE,
    StoryClass.EXPIRED: AlarmKind.REFUND_OVERDUE,
    StoryClass.STRANDED: AlarmKind.REFUND_OVERDUE,
    StoryClass.IMPOSSIBLE: AlarmKind.CONTRADICTION,
}
_BY_DESTINATION: Final = frozenset({StoryClass.UNRECEIVED, StoryClass.RECEIVED_UNACKED})
"""Classes that the destination ends, by receiving or answering; the others the source ends."""


def find_kind(story: StoryClass) -> AlarmKind | None:
    """Return the alarm that a packet of a class gives when it is overdue; None: none."""
    return _KINDS.get(story)


def is_ended_by_destination(story: StoryClass) -> bool:
    """Tell whether the destination has to act on a packet of a class, and not its source."""
    return story in _BY_DESTINATION


def find_limit(story: StoryClass, thresholds: Thresholds) -> int | None:
    """Return from which age on a packet of a class is overdue; None: never."""
    kind = _KINDS.get(story)
    if kind is None:
        return None
    return {
        AlarmKind.STUCK_RECEIVE: thresholds.receive_ns,
        AlarmKind.STUCK_ANSWER: thresholds.answer_ns,
        AlarmKind.STUCK_ACKNOWLEDGEMENT: thresholds.acknowledge_ns,
        AlarmKind.REFUND_OVERDUE: thresholds.refund_ns,
        AlarmKind.CONTRADICTION: 0,
    }[kind]


def judge_packet(story: StoryClass, age_ns: int | None, thresholds: Thresholds) -> AlarmKind | None:
    """Return the alarm that a packet of this class and age gives; an unknown age gives none."""
    limit_ns = find_limit(story, thresholds)
    if limit_ns is None or (limit_ns and (age_ns is None or age_ns < limit_ns)):
        return None
    return _KINDS[story]


def compute_wait(times: PacketTimes, thresholds: Thresholds) -> Wait | None:
    """Return since when a packet waits by whose clock; None: for nothing, or not known.

    Where no block time tells when a packet's time ended (a height, a closed channel), it
    is taken to have ended ``receive_ns`` after it was sent. By the clock of the other chain it
    may have been answered, or over, before it was sent: nobody waits for it before that.
    """
    now_ns = times.destination_ns if times.story in _BY_DESTINATION else times.source_ns
    since_ns = _find_beginning(times, thresholds)
    if since_ns is None or now_ns is None:
        return None
    return Wait(times.story, since_ns, now_ns)


def _find_beginning(times: PacketTimes, thresholds: Thresholds) -> int | None:
    if times.story in {StoryClass.UNRECEIVED, StoryClass.IMPOSSIBLE}:
        return times.sent_ns
    if times.story is StoryClass.RECEIVED_UNACKED:
        return times.received_ns
    if times.story in {StoryClass.ACK_PENDING, StoryClass.REFUND_PENDING}:
        return None if times.answered_ns is None else max(times.answered_ns, times.sent_ns or 0)
    if times.story not in {StoryClass.EXPIRED, StoryClass.STRANDED}:
        return None
    passed = times.destination_ns is not None and 0 < times.timeout_ns <= times.destination_ns
    if passed:
        return max(times.timeout_ns, times.sent_ns or 0)
    return None if times.sent_ns is None else times.sent_ns + thresholds.receive_ns


@dataclass(frozen=True, slots=True)
class ChainPulse:
    """What is known of a chain's nodes; times in Unix nanoseconds, None: not known.

    ``now_ns``, ``since_ns`` (from when on it was asked by who judges) and ``answered_ns``
    are of the local clock; ``head_ns`` is the block time of the newest block of the node,
    ``read_ns`` of the last block that was read.
    """

    now_ns: int
    since_ns: int
    answered_ns: int | None
    head_ns: int | None = None
    read_ns: int | None = None
    is_catching_up: bool | None = None


def judge_chain(pulse: ChainPulse, thresholds: Thresholds) -> AlarmKind | None:
    """Return what is wrong with a chain's nodes. A standstill of the chain, and of the only
    node that is asked, look the same."""
    # An answer from before it was begun to be asked tells nothing of silence since.
    heard_ns = max(pulse.since_ns, pulse.answered_ns or 0)
    if pulse.now_ns - heard_ns >= thresholds.lag_ns:
        return AlarmKind.CHAIN_SILENT
    if pulse.answered_ns is None or pulse.head_ns is None:
        return None
    if pulse.answered_ns - pulse.head_ns >= thresholds.lag_ns:
        return AlarmKind.CHAIN_LAGGING if pulse.is_catching_up else AlarmKind.CHAIN_HALTED
    # Whoever has only begun to read may well be behind.
    is_begun = pulse.now_ns - pulse.since_ns < thresholds.lag_ns
    is_behind = pulse.read_ns is not None and pulse.head_ns - pulse.read_ns >= thresholds.lag_ns
    return AlarmKind.CHAIN_LAGGING if is_behind and not is_begun else None


def judge_client(
    status: str | None,
    left_ns: int | None,
    trusting_period_ns: int | None,
    thresholds: Thresholds,
) -> AlarmKind | None:
    """Return what is wrong with a client: its status decides, then what is left of it.

    ``left_ns`` is by the clock of the chain that holds it, which may be below 0.
    """
    if status is not None and status.lower() != "active":
        return AlarmKind.CLIENT_UNUSABLE
    if left_ns is None:
        return None
    if left_ns <= 0:
        return AlarmKind.CLIENT_UNUSABLE
    limit_ns = thresholds.client_ns
    if trusting_period_ns is not None:
        limit_ns = min(limit_ns, trusting_period_ns // 3)
    return AlarmKind.CLIENT_EXPIRING if left_ns < limit_ns else None


def judge_wallet(amount: int | None, least: int | None) -> AlarmKind | None:
    """Return whether a relayer's account holds less than it should; unknown is not low.

    An empty one is, also where nobody said what it should hold (``least`` is None).
    """
    if amount is None:
        return None
    is_low = not amount or (least is not None and amount < least)
    return AlarmKind.WALLET_LOW if is_low else None
