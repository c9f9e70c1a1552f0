"""`plurichain ibc packets`: what the tracker knows, by packet or by channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from plurichain.cli.commands import Command
from plurichain.cli.ibc_database import database_option, note_untracked, open_store
from plurichain.cli.ibc_track import show_dump
from plurichain.cli.options import output_option
from plurichain.cli.output import TABLE, show_note, show_rows
from plurichain.ibc.packet import ProtocolVersion
from plurichain.ibc.packet_story import StoryClass
from plurichain.tracker.reading import End

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from plurichain.tracker.auditing.journeys import PacketKey
    from plurichain.tracker.coverage import ChainView
    from plurichain.tracker.observations import ChannelState
    from plurichain.tracker.store import PacketStore
    from plurichain.tracker.summary import ChannelFigures
    from plurichain.tracker.views import PacketRow

CLASSES = [each.value for each in StoryClass]


@click.command(
    "packets",
    cls=Command,
    example="plurichain ibc packets --open\n"
    "plurichain ibc packets --class received-unacked --class unknown --output json\n"
    "plurichain ibc packets --by-channel",
)
@click.option(
    "--class",
    "classes",
    multiple=True,
    type=click.Choice(CLASSES),
    help="Only packets of this class (may be repeated).",
)
@click.option("--open", "only_open", is_flag=True, help="Only packets that are not settled.")
@click.option("--channel", metavar="ID", help="Only packets that this channel sent.")
@click.option("--by-channel", is_flag=True, help="Figures of each channel instead of packets.")
@click.option("--dump", is_flag=True, help="All that the database holds, sorted, as JSON lines.")
@database_option
@output_option()
def packets(
    classes: tuple[str, ...],
    only_open: bool,
    channel: str | None,
    by_channel: bool,
    dump: bool,
    database: Path | str | None,
    output: str,
) -> None:
    """List the packets that `plurichain ibc track` saw, with their classes and ages.

    Ages are of block time, as of the last block that was read; so is what is left until the
    destination refuses a packet and it can be timed out (left_s). What lies in blocks that
    were not read is unknown, and is shown so. Packets that a chain's state holds and that
    no block told of are unread: they are counted by channel, as far as the chain was asked.
    """
    from plurichain.tracker.auditing.journeys import get_key
    from plurichain.tracker.observations import Observations
    from plurichain.tracker.views import list_packets, opened_view

    if sum((by_channel, dump, bool(classes or only_open))) > 1:
        raise click.UsageError("--by-channel and --dump stand alone")
    with open_store(database) as store:
        if dump:
            show_dump(store)
            return
        with opened_view(store) as chains:
            states = [
                each
                for each in Observations(store).list_channel_states()
                if channel in {None, each.channel}
            ]
            if by_channel:
                rows = [
                    _show_channel(each, chains, states)
                    for each in _list_figures(store, chains, states)
                    if channel in {None, each.end.channel}
                ]
            else:
                refunds = {} if output == TABLE else _find_refunds(store)
                rows = [
                    _show_packet(each, chains, full=output != TABLE)
                    | ({} if output == TABLE else {"refund": refunds.get(get_key(each))})
                    for each in list_packets(store, chains)
                    if channel in {None, each.end.channel}
                    and (each.story.is_open or not only_open)
                    and (not classes or each.story.value in classes)
                ]
    show_rows(rows, output, empty="no such packets")
    _note_gaps(chains)
    _note_unread(states)


def _find_refunds(store: PacketStore) -> dict[PacketKey, str]:
    """Return of each transfer that failed whether its sender got the money back."""
    from plurichain.tracker.auditing.refunds import list_refunds

    return {each.key: each.verdict.value for each in list_refunds(store)}


def _list_figures(
    store: PacketStore, chains: dict[str, ChainView], states: list[ChannelState]
) -> Iterator[ChannelFigures]:
    """Yield the figures of ends that sent packets, and of those that hold unread ones alone."""
    from plurichain.tracker.summary import ChannelFigures, summarize

    seen = set()
    for figures in summarize(store, chains):
        seen.add((figures.chain_id, figures.end))
        yield figures
    for state in states:
        end = End(ProtocolVersion(state.protocol), state.port, state.channel)
        if state.unread and (state.chain_id, end) not in seen and state.chain_id in chains:
            # Where it leads is told by routes, and there is none before the first packet.
            yield ChannelFigures(state.chain_id, end, state.peer_chain_id, end)


def _note_unread(states: list[ChannelState]) -> None:
    for state in states:
        if state.unread:
            show_note(
                f"{state.chain_id}: {state.port}/{state.channel}: {state.unread} packets were in "
                f"state after block {state.height} and in no block that was read: "
                "they are in no list"
            )


def _note_gaps(chains: dict[str, ChainView]) -> None:
    note_untracked(chains)
    for chain in chains.values():
        for gap in chain.ranges:
            if gap.state != "read":
                show_note(
                    f"{chain.chain_id}: blocks {gap.first} to {gap.last} are {gap.state}: "
                    "what they told is unknown"
                )


def _show_packet(row: PacketRow, chains: dict[str, ChainView], *, full: bool) -> dict[str, Any]:
    end = row.end
    shown: dict[str, Any] = {
        "chain_id": row.chain_id,
        "channel": f"{end.port}/{end.channel}" if end.port else end.channel,
        "sequence": str(row.sequence),
        "to": row.destination_chain_id,
        "class": row.story.value,
        "age_s": _seconds(row.age_ns),
        "left_s": _seconds(_find_left(row, chains)),
        "amount": None if row.amount is None else str(row.amount),
        "denom": row.denom,
    }
    if full:
        shown |= {
            "timeout_height": None if row.timeout_height.is_zero else str(row.timeout_height),
            "timeout_ns": str(row.timeout_ns) if row.timeout_ns else None,
            "sent_height": row.sent_height,
            "sent_time_ns": _text(row.sent_time_ns),
            "received_time_ns": _text(row.received_time_ns),
            "answered_time_ns": _text(row.answered_time_ns),
            "ended_time_ns": _text(row.ended_time_ns),
            "sent_by": row.sent_by,
            "received_by": row.received_by,
            "ended_by": row.ended_by,
            "repeats": row.repeats,
        } | _show_state(chains, row.chain_id, row.destination_chain_id)
    return shown


def _find_left(row: PacketRow, chains: dict[str, ChainView]) -> int | None:
    """Return how long the destination will still take a packet, by its own clock.

    None where that is over, where no time ends it (a height may: see JSON), or not known.
    """
    destination = chains.get(row.destination_chain_id or "")
    if row.story is not StoryClass.UNRECEIVED or not row.timeout_ns:
        return None
    if destination is None or destination.time_ns is None:
        return None
    return max(row.timeout_ns - destination.time_ns, 0)


def _show_channel(
    figures: ChannelFigures, chains: dict[str, ChainView], states: list[ChannelState]
) -> dict[str, Any]:
    from plurichain.tracker.summary import PERCENTILES, compute_percentile

    end = figures.end
    # Packets may have been sent in blocks that were not read: then none known is not none.
    is_exact = chains[figures.chain_id].has_read_end(end, None)
    shown: dict[str, Any] = {
        "chain_id": figures.chain_id,
        "channel": f"{end.port}/{end.channel}" if end.port else end.channel,
        "to": figures.destination_chain_id,
        "packets": {story.value: count for story, count in sorted(figures.counts.items()) if count},
        "open": figures.open_count if figures.open_count or is_exact else None,
        **_show_observed(figures, states),
        "is_exact": is_exact,
        "oldest_s": _seconds(figures.oldest_ns),
        "unaged": figures.unaged,
    }
    for name, values in (("receive", figures.receiving_ns), ("settle", figures.settling_ns)):
        for percent in PERCENTILES:
            shown[f"{name}_p{percent}_s"] = _seconds(compute_percentile(values, percent))
    return shown | _show_state(chains, figures.chain_id, figures.destination_chain_id)


def _show_observed(figures: ChannelFigures, states: list[ChannelState]) -> dict[str, Any]:
    """Say what the chain answered of its end, as of when by this machine's clock."""
    end = (figures.chain_id, figures.end.protocol.value, figures.end.port, figures.end.channel)
    found = next(
        (each for each in states if (each.chain_id, each.protocol, each.port, each.channel) == end),
        None,
    )
    return {
        "unread": None if found is None else found.unread,
        "state": None if found is None else found.state,
        "state_height": None if found is None else found.height,
        "state_answered_ns": None if found is None else _text(found.answered_ns),
        "state_error": None if found is None else found.error,
    }


def _show_state(chains: dict[str, ChainView], source: str, peer: str | None) -> dict[str, Any]:
    """Say how old what is shown is, and whether anything is missing on either chain."""
    shown: dict[str, Any] = {}
    for name, chain_id in (("source", source), ("destination", peer)):
        chain = chains.get(chain_id or "")
        shown[f"{name}_height"] = None if chain is None else chain.height
        shown[f"{name}_time_ns"] = None if chain is None else _text(chain.time_ns)
        state = "none" if chain is None else "complete" if chain.is_complete else "gaps"
        shown[f"{name}_coverage"] = state
    return shown


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)


def _seconds(duration_ns: int | None) -> str | None:
    """Return a duration in seconds with three decimals, without a float."""
    if duration_ns is None:
        return None
    sign, thousandths = "-" * (duration_ns < 0), abs(duration_ns) // 1_000_000
    return f"{sign}{thousandths // 1_000}.{thousandths % 1_000:03d}"
