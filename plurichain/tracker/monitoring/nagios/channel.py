"""One channel, or all: packets that wait too long, expired, unread, closed, and the money."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from plurichain.ibc.overdue import AlarmKind, Thresholds
from plurichain.ibc.packet_story import StoryClass
from plurichain.tracker.monitoring.nagios.verdict import (
    Figure,
    Finding,
    Status,
    Verdict,
    check_freshness,
    check_tracker,
    count_packets,
    demote,
    make_unknown,
    name_unfollowed,
    put_idle_first,
    to_seconds,
)
from plurichain.tracker.monitoring.snapshot.items import ChannelItem, ConservationItem, Snapshot
from plurichain.tracker.monitoring.snapshot.money import (
    find_audits,
    may_hold_money,
    name_audit,
    name_audited,
)
from plurichain.tracker.monitoring.texts import SECOND_NS, format_age, name_end
from plurichain.tracker.monitoring.watch.channels import explain_unknown

NAME: Final = "IBC-CHANNEL"
_NANO: Final = SECOND_NS


@dataclass(frozen=True, slots=True)
class Selection:
    """Which channels: of this chain, of this name ("channel-0" or "transfer/channel-0")."""

    chain_id: str | None = None
    channel: str | None = None

    def __str__(self) -> str:
        """Return "channel", with which one and of which chain if they were said."""
        name = f"channel {self.channel}" if self.channel else "channel"
        return f"{name} of {self.chain_id}" if self.chain_id else name

    def fits(self, chain_id: str, port: str, channel: str) -> bool:
        """Tell whether an end is one of them; names are compared as they are, to the letter."""
        if self.chain_id not in {None, chain_id}:
            return False
        return self.channel in {None, channel, f"{port}/{channel}"}


@dataclass(frozen=True, slots=True)
class MoneyRule:
    """Whether equations are judged, and how old an audit may be."""

    is_judged: bool = True
    within_ns: int = 3_600 * SECOND_NS


def make_thresholds(wait_ns: int) -> Thresholds:
    """Return limits from one: what a packet may wait to be received or acknowledged.

    An application that forwards takes both, so twice that; a refund that is due a sixth:
    the proportions of the usual limits.
    """
    return Thresholds(
        receive_ns=wait_ns,
        acknowledge_ns=wait_ns,
        answer_ns=2 * wait_ns,
        refund_ns=max(wait_ns // 6, 1),
    )


def check_channels(
    at_critical: Snapshot,
    at_warning: Snapshot,
    selection: Selection,
    *,
    money: MoneyRule,
    limits_ns: tuple[int, int],
) -> Verdict:
    """Judge channels from two looks at the database, with the limits of each status.

    ``limits_ns``: warning and critical. Pure.
    """
    chosen = _choose(at_critical, selection)
    if not chosen:
        told = list(check_tracker(at_critical))
        return make_unknown(NAME, told[0].text if told else f"no {selection} was seen")
    followed = [each for each in chosen if each.is_followed]
    mild = {(each.chain_id, each.end): each for each in at_warning.channels}
    findings: list[Finding] = []
    for each in followed:
        found = _check_channel(each, mild.get((each.chain_id, each.end)), at_critical)
        findings += found if each.is_current else demote(found)
    if not followed:
        findings.append(Finding(Status.UNKNOWN, _explain_unfollowed(chosen)))
    # Of what is not followed only what is wrong for good is told.
    for each in chosen:
        if not each.is_followed and each.counts[StoryClass.IMPOSSIBLE]:
            findings.append(_tell_contradiction(f"{each.chain_id} {name_end(each.end)}"))
    findings += _check_commitments(chosen, at_critical)
    findings = put_idle_first(at_critical, findings)
    if money.is_judged:
        findings += _check_money(chosen, at_critical, selection, money)
    open_count = _sum(each.open_count for each in followed)
    ends = f"{len(followed)} channel end" + "s" * (len(followed) > 1)
    well = f"{ends}, {count_packets(open_count)} under way, none for too long"
    well += name_unfollowed(at_critical) if len(followed) < len(chosen) else ""
    return Verdict(NAME, tuple(findings), well, _make_figures(followed, limits_ns))


def _explain_unfollowed(chosen: list[ChannelItem]) -> str:
    names = sorted({name for each in chosen for name in each.unfollowed})
    return (
        f"{', '.join(names)} is not followed any more: what its channels carry is not known "
        "(plurichain ibc track goes on)"
    )


def _choose(snapshot: Snapshot, selection: Selection) -> list[ChannelItem]:
    return [
        each
        for each in snapshot.channels
        if selection.fits(each.chain_id, each.end.port, each.end.channel)
    ]


def _check_channel(
    channel: ChannelItem, mild: ChannelItem | None, snapshot: Snapshot
) -> Iterator[Finding]:
    name = f"{channel.chain_id} {name_end(channel.end)}"
    if not (channel.is_current and channel.is_open_known):
        why = explain_unknown(channel, {each.chain_id: each for each in snapshot.chains})
        yield Finding(Status.UNKNOWN, f"{name}: {why}")
    for kind, count in sorted(channel.overdue.items()):
        yield Finding(Status.CRITICAL, f"{name}: {count} {kind}{_describe_oldest(channel)}")
    if channel.counts[StoryClass.IMPOSSIBLE] and AlarmKind.CONTRADICTION not in channel.overdue:
        yield _tell_contradiction(name)
    if mild is not None:
        for kind, count in sorted(mild.overdue.items()):
            if kind not in channel.overdue:
                yield Finding(Status.WARNING, f"{name}: {count} {kind}{_describe_oldest(channel)}")
    expired = channel.counts[StoryClass.EXPIRED]
    if expired and AlarmKind.REFUND_OVERDUE not in channel.overdue:
        yield Finding(Status.WARNING, f"{name}: {expired} expired, refunds are due")
    if channel.counts[StoryClass.UNKNOWN]:
        unknown = count_packets(channel.counts[StoryClass.UNKNOWN])
        yield Finding(Status.UNKNOWN, f"{name}: {unknown} of which it is not known where")
    if channel.unread:
        text = f"{name}: {count_packets(channel.unread)} in its state and in no block that was read"
        yield Finding(Status.UNKNOWN, text)
    yield from _check_state(channel, name, snapshot.taken_ns)


def _tell_contradiction(name: str) -> Finding:
    return Finding(Status.CRITICAL, f"{name}: two chains contradict each other")


def _check_state(channel: ChannelItem, name: str, now_ns: int) -> Iterator[Finding]:
    yield from check_freshness(f"{name}: its state", channel.state_freshness, now_ns)
    if channel.channel_state == "closed":
        yield Finding(Status.CRITICAL, f"{name}: is closed")
    elif channel.channel_state not in {None, "open"}:
        yield Finding(Status.WARNING, f"{name}: is {channel.channel_state}")


def _check_commitments(chosen: list[ChannelItem], snapshot: Snapshot) -> Iterator[Finding]:
    chains = {each.chain_id for each in chosen}
    for each in snapshot.checks:
        if each.verdict in {"different", "absent"} and each.count and each.chain_id in chains:
            what = count_packets(each.count)
            text = f"{each.chain_id}: the state of {what} is not what blocks told"
            yield Finding(Status.CRITICAL, text)


def _describe_oldest(channel: ChannelItem) -> str:
    return "" if channel.oldest_ns is None else f" (oldest {format_age(channel.oldest_ns)})"


def _check_money(
    chosen: list[ChannelItem], snapshot: Snapshot, selection: Selection, money: MoneyRule
) -> Iterator[Finding]:
    """Yield what is wrong with the escrow of both ends, and with credits where they were issued."""
    audits = find_audits(snapshot)
    rows: dict[ConservationItem, None] = {}
    for each in chosen:
        found = audits.get((each.chain_id, each.end), ())
        rows |= dict.fromkeys(found)
        is_audited = any(row.freshness.is_wanted for row in found)
        if not is_audited and each.is_followed and may_hold_money(each):
            name = f"{each.chain_id} {name_end(each.end)}"
            why = f"not audited ({name_audit(snapshot)}, or --no-money)"
            yield Finding(Status.UNKNOWN, f"money: {name}: {why}")
    if selection.channel is None:
        issuers = {each.chain_id for each in chosen}
        rows |= dict.fromkeys(
            row for row in snapshot.conservation if not row.channel and row.chain_id in issuers
        )
    for row in rows:
        yield from _check_row(row, snapshot.taken_ns, money)


def _check_row(row: ConservationItem, now_ns: int, money: MoneyRule) -> Iterator[Finding]:
    name = f"{name_audited(row)} {row.denom}"
    if row.verdict == "broken":
        yield Finding(Status.CRITICAL, f"money: {name} differs by {row.difference}")
    if not row.freshness.is_wanted:
        return
    if row.verdict not in {"holds", "broken"}:
        yield Finding(Status.UNKNOWN, f"money: {name} could not be checked")
    age_ns = row.freshness.age_ns(now_ns)
    if age_ns is None or age_ns > money.within_ns:
        yield Finding(Status.UNKNOWN, f"money: {name} was audited {format_age(age_ns)} ago")


def _make_figures(chosen: list[ChannelItem], limits_ns: tuple[int, int]) -> tuple[Figure, ...]:
    warning, critical = (limit // _NANO for limit in limits_ns)
    is_current = bool(chosen) and all(each.is_current for each in chosen)
    oldest = max((each.oldest_ns or 0 for each in chosen), default=0)
    is_aged = is_current and not any(each.unaged or each.open_count is None for each in chosen)
    return (
        Figure("open", _sum(each.open_count for each in chosen) if is_current else None),
        Figure("oldest", to_seconds(oldest) if is_aged else None, "s", warning, critical),
        *(
            Figure(
                story.value, _sum(each.counts[story] for each in chosen) if is_current else None
            )
            for story in StoryClass
            if story.is_open
        ),
    )  # fmt: skip


def _sum(numbers: Iterable[int | None]) -> int | None:
    """Return a sum; one part that is unknown makes it unknown."""
    total = 0
    for number in numbers:
        if number is None:
            return None
        total += number
    return total
