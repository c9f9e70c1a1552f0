"""`plurichain ibc packets`: what the tracker knows, by packet or by channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from plurichain.cli.commands import Command
from plurichain.cli.options import output_option
from plurichain.cli.output import TABLE, show_note, show_rows
from plurichain.cli.tracking.database import database_option, note_untracked, open_store
from plurichain.cli.tracking.forget import note_unfollowed
from plurichain.cli.tracking.outdated import note_outdated
from plurichain.cli.tracking.packet_views import show_channel, show_channel_line, show_packet
from plurichain.cli.tracking.track import show_dump
from plurichain.errors import InputError
from plurichain.ibc.packet import ProtocolVersion
from plurichain.ibc.packet_story import StoryClass
from plurichain.tracker.reading import End
from plurichain.units import quote_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from plurichain.tracker.auditing.journeys import PacketKey
    from plurichain.tracker.channel_figures import ChannelFigures
    from plurichain.tracker.coverage import ChainView
    from plurichain.tracker.observations import ChannelState
    from plurichain.tracker.store import PacketStore

CLASSES = [each.value for each in StoryClass]
MOST_NAMED: Final = 12
"""How many channels are named beside one that there is not."""
_MAY_BE_PAID_BACK: Final = frozenset(
    {each for each in StoryClass if not each.is_open} | {StoryClass.IMPOSSIBLE}
)
"""Classes of packets that their source may have ended as failed."""


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
@click.option(
    "--channel",
    metavar="ID",
    help="Only packets that this channel sent: channel-0, or transfer/channel-0.",
)
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

    The table of channels is cut to what fits a terminal; JSON has all figures, latencies and
    times too. Open is ">=" what is known where packets may have been sent before the first
    block that was read; read is the last block of both chains, with "!" where some are missing.
    """
    from plurichain.tracker.observations import Observations
    from plurichain.tracker.views import opened_view

    if sum((by_channel, dump, bool(classes or only_open))) > 1:
        raise click.UsageError("--by-channel and --dump stand alone")
    with open_store(database) as store:
        if dump:
            show_dump(store)
            return
        with opened_view(store) as chains:
            _validate_channel(store, channel)
            states = [
                each
                for each in Observations(store).list_channel_states()
                if _fits(channel, each.port, each.channel)
            ]
            wanted = _choose(classes, only_open=only_open)
            # Within the view, row by row: there may be more packets than fit into memory.
            show_rows(
                _list_channels(store, chains, states, channel, output)
                if by_channel
                else _list_packets(store, chains, wanted, channel, output),
                output,
                empty="no such packets",
            )
        note_unfollowed(store)
        note_outdated(store)
    _note_gaps(chains)
    _note_states(states, is_table=by_channel and output == TABLE)


def _fits(wanted: str | None, port: str, channel: str) -> bool:
    return wanted in {None, channel, f"{port}/{channel}"}


def _validate_channel(store: PacketStore, wanted: str | None) -> None:
    """Raise InputError for a channel that nobody told of: no packet of it is not none."""
    if wanted is None:
        return
    ends = store.query(
        "SELECT port, channel FROM channel_end UNION SELECT port, channel FROM route"
        " UNION SELECT port, channel FROM channel_state ORDER BY 1, 2"
    )
    if not any(_fits(wanted, *end) for end in ends):
        names = [f"{port}/{channel}" if port else channel for port, channel in ends]
        known = ", ".join(names[:MOST_NAMED]) + (", …" if len(names) > MOST_NAMED else "")
        raise InputError(
            f"--channel: {quote_value(wanted)} was not seen on any chain in {store.place}",
            remedy=f"channels that were: {known or 'none yet'}",
        )


def _choose(classes: Sequence[str], *, only_open: bool) -> set[StoryClass]:
    named = {StoryClass(each) for each in classes} or set(StoryClass)
    return {each for each in named if each.is_open or not only_open}


def _list_channels(
    store: PacketStore,
    chains: dict[str, ChainView],
    states: list[ChannelState],
    channel: str | None,
    output: str,
) -> Iterator[dict[str, Any]]:
    from plurichain.tracker.followed import list_unfollowed

    gone = list_unfollowed(store)
    for each in _list_figures(store, chains, states):
        if _fits(channel, each.end.port, each.end.channel):
            shown = show_channel(each, chains, states)
            shown["unfollowed"] = _choose_gone(gone, each.chain_id, each.destination_chain_id)
            yield show_channel_line(shown) if output == TABLE else shown


def _list_packets(
    store: PacketStore,
    chains: dict[str, ChainView],
    wanted: set[StoryClass],
    channel: str | None,
    output: str,
) -> Iterator[dict[str, Any]]:
    from plurichain.tracker.auditing.journeys import get_key
    from plurichain.tracker.followed import list_unfollowed
    from plurichain.tracker.views import list_packets

    is_full, refunds, gone = output != TABLE, None, list_unfollowed(store)
    only_open = all(each.is_open for each in wanted)
    for row in list_packets(store, chains, only_open=only_open):
        if row.story not in wanted or not _fits(channel, row.end.port, row.end.channel):
            continue
        shown = show_packet(row, chains, full=is_full)
        if is_full:
            shown["unfollowed"] = _choose_gone(gone, row.chain_id, row.destination_chain_id)
            if refunds is None and row.story in _MAY_BE_PAID_BACK:
                refunds = _find_refunds(store)
            shown["refund"] = (refunds or {}).get(get_key(row))
        yield shown


def _choose_gone(gone: Mapping[str, int], *chain_ids: str | None) -> list[str]:
    """Return which of two chains are not followed any more, so that nobody knows how it is."""
    return [each for each in chain_ids if each is not None and each in gone]


def _find_refunds(store: PacketStore) -> dict[PacketKey, str]:
    """Return of each transfer that failed whether its sender got the money back."""
    from plurichain.tracker.auditing.refunds import list_refunds

    return {each.key: each.verdict.value for each in list_refunds(store)}


def _list_figures(
    store: PacketStore, chains: dict[str, ChainView], states: list[ChannelState]
) -> Iterator[ChannelFigures]:
    """Yield the figures of ends that sent packets, and of those that hold unread ones alone."""
    from plurichain.tracker.channel_figures import ChannelFigures, list_channel_figures

    seen = set()
    for figures in list_channel_figures(store, chains):
        seen.add((figures.chain_id, figures.end))
        yield figures
    for state in states:
        end = End(ProtocolVersion(state.protocol), state.port, state.channel)
        if state.unread and (state.chain_id, end) not in seen and state.chain_id in chains:
            # Where it leads is told by routes, and there is none before the first packet.
            yield ChannelFigures(state.chain_id, end, state.peer_chain_id, end)


def _note_states(states: list[ChannelState], *, is_table: bool) -> None:
    """Say which packets are in no list and, beside a table without it, which answer is missing."""
    for state in states:
        if is_table and state.error:
            show_note(
                f"{state.chain_id}: {state.port}/{state.channel}: its state was not told when it "
                f"was last asked: {state.error}"
            )
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
