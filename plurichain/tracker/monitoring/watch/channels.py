"""Channels in words: what is under way, since when, and why some of it is not known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from plurichain.ibc.packet_story import StoryClass
from plurichain.tracker.monitoring.snapshot.freshness import FreshnessState
from plurichain.tracker.monitoring.snapshot.items import ChainItem, ChannelItem, Snapshot
from plurichain.tracker.monitoring.texts import format_age, name_end
from plurichain.tracker.monitoring.watch.cells import UNKNOWN, Cell, Level, Row, Table, show_number

_SETTLED: Final = tuple(story for story in StoryClass if not story.is_open)
_OPEN: Final = tuple(story for story in StoryClass if story.is_open)
_WORST: Final = frozenset({StoryClass.EXPIRED, StoryClass.STRANDED, StoryClass.IMPOSSIBLE})


def make_channels(snapshot: Snapshot) -> Table:
    """Return the table of channel ends, those with something wrong first."""
    chains = {chain.chain_id: chain for chain in snapshot.chains}
    alarms = Counter((alarm.chain_id, alarm.subject) for alarm in snapshot.alarms)
    return Table(
        "CHANNELS",
        ("sent over", ">open", ">oldest", ">alarms", "state"),
        tuple(
            _make_channel(each, chains, alarms[each.chain_id, name_end(each.end)])
            for each in sorted(
                snapshot.channels,
                key=lambda each: _rank(each, alarms[each.chain_id, name_end(each.end)]),
            )
        ),
        Cell("no packet was seen, and no channel", Level.DIM),
    )


def _rank(channel: ChannelItem, alarms: int) -> tuple[bool, bool, bool]:
    """Return what puts a channel where it is seen: a low window shows the first few."""
    is_wrong = bool(alarms or channel.overdue or channel.unread)
    is_known = channel.is_current and channel.is_open_known
    return (not is_wrong, is_known or not channel.is_followed, not channel.open_count)


def _make_channel(channel: ChannelItem, chains: dict[str, ChainItem], alarms: int) -> Row:
    oldest = format_age(channel.oldest_ns)
    if channel.oldest_ns is None and channel.open_count == 0:
        oldest = "-"
    state = channel.channel_state
    cells = (
        Cell(f"{channel.chain_id} {name_end(channel.end)}"),
        show_number(channel.open_count),
        Cell(oldest, Level.WARN if oldest == UNKNOWN else Level.PLAIN),
        Cell(str(alarms) if alarms else "-", Level.BAD if alarms else Level.DIM),
        Cell(state or UNKNOWN, Level.WARN if state in {None, "closed"} else Level.PLAIN),
    )
    return Row(cells, tuple(note for note in _note(channel, chains) if note.text))


def _note(channel: ChannelItem, chains: dict[str, ChainItem]) -> Iterator[Cell]:
    peer = "of an unknown chain" if channel.peer_chain_id is None else channel.peer_chain_id
    end = "" if channel.peer is None else f" {name_end(channel.peer)}"
    yield Cell(f"to {peer}{end}", Level.DIM)
    yield _count_open(channel)
    yield _count_settled(channel)
    yield _count_overdue(channel)
    if not channel.is_exact:
        yield Cell(f"? because {explain_unknown(channel, chains)}", Level.WARN)
    if channel.unread:
        what = "packet is" if channel.unread == 1 else "packets are"
        text = f"{channel.unread} {what} under way in its state that no read block told of"
        yield Cell(text, Level.BAD)


def _count_open(channel: ChannelItem) -> Cell:
    level = Level.WARN if any(channel.counts[story] for story in _WORST) else Level.PLAIN
    return Cell(_count(channel, _OPEN), level)


def _count_settled(channel: ChannelItem) -> Cell:
    return Cell(_count(channel, _SETTLED), Level.DIM)


def _count_overdue(channel: ChannelItem) -> Cell:
    counts = ", ".join(f"{kind} {count}" for kind, count in sorted(channel.overdue.items()))
    return Cell(f"overdue by the limits given here: {counts}" if counts else "", Level.BAD)


def _count(channel: ChannelItem, classes: tuple[StoryClass, ...]) -> str:
    return ", ".join(
        f"{story.value} {UNKNOWN if channel.counts[story] is None else channel.counts[story]}"
        for story in classes
        if channel.counts[story] != 0
    )


def explain_unknown(channel: ChannelItem, chains: dict[str, ChainItem]) -> str:
    """Return why the figures of a channel may not be all there is, or not of now."""
    reasons: dict[str, list[str]] = {}
    gaps: list[str] = []
    for chain_id in (channel.chain_id, channel.peer_chain_id):
        chain = None if chain_id is None else chains.get(chain_id)
        why = _NOT_TRACKED if chain is None else explain_chain(chain)
        if chain_id is None:
            reasons["it is not known where it leads"] = []
        elif why is not None:
            reasons.setdefault(why, []).append(chain_id)
        last = () if chain is None else chain.gaps[-1:]
        gaps += [f"{gap.first}-{gap.last} of {chain_id}" for gap in last]
    if not channel.is_complete and gaps:
        reasons["blocks {} were not read"] = gaps
    if not channel.is_complete and not reasons:
        reasons["tracking began after the channel was opened"] = []
    told = [why.format(" and ".join(names)) for why, names in reasons.items()]
    return "; ".join(told) or "the newest blocks are not read yet"


_NOT_TRACKED: Final = "nobody tracks {}"


def explain_chain(chain: ChainItem) -> str | None:
    """Return why what is shown of a chain is not of now, with {} for its name; None: it is."""
    if chain.is_current:
        return None
    if not chain.is_followed:
        return "{} is not followed any more"
    if chain.freshness.state is FreshnessState.NEVER:
        return "no node of {} ever answered"
    if chain.freshness.state is FreshnessState.STALE:
        return "nobody asks {} now"
    if not chain.freshness.is_fresh:
        return "no node of {} answers now"
    if chain.is_catching_up:
        return "the node of {} catches up"
    if chain.height is None:
        return "no block of {} is read yet"
    if chain.lag_blocks is None:
        return "the head of {} is not known"
    return (
        "the newest blocks of {} are not read yet" if chain.lag_blocks else "no blocks of {} come"
    )
