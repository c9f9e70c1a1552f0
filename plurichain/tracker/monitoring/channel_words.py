"""Channels in words: what is under way, since when, and why some of it is not known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from plurichain.ibc.packet_story import StoryClass
from plurichain.tracker.monitoring.freshness import FreshnessState
from plurichain.tracker.monitoring.items import ChainItem, ChannelItem, Snapshot
from plurichain.tracker.monitoring.spans import format_age
from plurichain.tracker.monitoring.words import (
    UNKNOWN,
    Cell,
    Level,
    Row,
    Table,
    name_end,
    show_number,
)

_SETTLED: Final = tuple(story for story in StoryClass if not story.is_open)
_OPEN: Final = tuple(story for story in StoryClass if story.is_open)
_WORST: Final = frozenset({StoryClass.EXPIRED, StoryClass.STRANDED, StoryClass.IMPOSSIBLE})


def make_channels(snapshot: Snapshot) -> Table:
    """Return the table of channel ends."""
    chains = {chain.chain_id: chain for chain in snapshot.chains}
    alarms = Counter((alarm.chain_id, alarm.subject) for alarm in snapshot.alarms)
    return Table(
        "CHANNELS",
        ("sent over", ">open", ">oldest", ">alarms", "state"),
        tuple(
            _make_channel(each, chains, alarms[each.chain_id, name_end(each.end)])
            for each in snapshot.channels
        ),
        Cell("no packet was seen, and no channel", Level.DIM),
    )


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
        text = f"{channel.unread} packets are under way in its state that no read block told of"
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
    reasons: list[str] = []
    gaps: list[str] = []
    for chain_id in (channel.chain_id, channel.peer_chain_id):
        chain = None if chain_id is None else chains.get(chain_id)
        if chain_id is None:
            reasons.append("it is not known where it leads")
        elif chain is None:
            reasons.append(f"{chain_id} is not tracked")
        else:
            reasons += _explain_chain(chain)
            gaps += [
                f"blocks {gap.first}-{gap.last} of {chain_id} were not read"
                for gap in chain.gaps[-1:]
            ]
    if not channel.is_complete:
        reasons += gaps
    if not channel.is_complete and not reasons:
        reasons.append("tracking began after the channel was opened")
    return "; ".join(reasons) or "the newest blocks are not read yet"


def _explain_chain(chain: ChainItem) -> Iterator[str]:
    """Yield why what is shown of a chain is not of now."""
    name = chain.chain_id
    if chain.is_current:
        return
    if chain.freshness.state is FreshnessState.NEVER:
        yield f"no node of {name} ever answered"
    elif chain.freshness.state is FreshnessState.STALE:
        yield f"nobody asks {name} now"
    elif not chain.freshness.is_fresh:
        yield f"{name} does not answer now"
    elif chain.is_catching_up:
        yield f"the node of {name} catches up"
    elif chain.lag_blocks is None:
        yield f"the head of {name} is not known"
    elif chain.lag_blocks:
        yield f"the newest blocks of {name} are not read yet"
    else:
        yield f"{name} makes no blocks"
