"""`plurichain ibc journeys`: transfers that go on from chain to chain, packet by packet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from plurichain.cli.commands import Command
from plurichain.cli.options import output_option
from plurichain.cli.output import TABLE, show_rows
from plurichain.cli.tracking.database import database_option, note_untracked, open_store
from plurichain.cli.tracking.forget import note_unfollowed
from plurichain.cli.tracking.outdated import note_outdated
from plurichain.ibc.journey import JourneyState

if TYPE_CHECKING:
    from plurichain.tracker.auditing.journeys import Journey, JourneyHop, PacketKey

STATES = [each.value for each in JourneyState]


@click.command(
    "journeys",
    cls=Command,
    example="plurichain ibc journeys --open\n"
    "plurichain ibc journeys --state failing --state stopped --output json",
)
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice(STATES),
    help="Only journeys in this state (may be repeated).",
)
@click.option("--open", "only_open", is_flag=True, help="Only journeys that are not settled.")
@database_option
@output_option()
def journeys(states: tuple[str, ...], only_open: bool, database: Any, output: str) -> None:
    """List transfers that packets carry on from chain to chain, with the state of each hop.

    Packets belong together where one message of a chain received the one and sent the other,
    or ended the one and answered the other. The first waits for the last: it is settled when
    that is. A table has a line a hop.
    """
    from plurichain.tracker.auditing.journeys import list_journeys
    from plurichain.tracker.views import opened_view

    with open_store(database) as store:
        with opened_view(store) as chains:
            found = [
                each
                for each in list_journeys(store, chains)
                if (each.state.is_open or not only_open)
                and (not states or each.state.value in states)
            ]
        note_unfollowed(store)
        note_outdated(store)
    if output == TABLE:
        rows = [
            {"journey": number, "state": each.state.value} | _show_hop(hop, full=False)
            for number, each in enumerate(found, start=1)
            for hop in each.hops
        ]
    else:
        rows = [_show_journey(each) for each in found]
    show_rows(rows, output, empty="no packet continues another")
    note_untracked(chains)


def _show_journey(journey: Journey) -> dict[str, Any]:
    return {
        "state": journey.state.value,
        "hops": [_show_hop(hop, full=True) for hop in journey.hops],
    }


def _show_hop(hop: JourneyHop, *, full: bool) -> dict[str, Any]:
    packet = hop.packet
    shown: dict[str, Any] = {
        "hop": hop.depth + 1,
        "chain_id": packet.chain_id,
        "channel": f"{packet.end.port}/{packet.end.channel}",
        "sequence": str(packet.sequence),
        "to": packet.destination_chain_id,
        "class": packet.story.value,
        "continues": None if hop.why is None else hop.why.value,
        "amount": None if packet.amount is None else str(packet.amount),
        "denom": packet.denom,
    }
    if full:
        shown |= {
            "protocol": packet.end.protocol.value,
            "parent": None if hop.parent is None else _show_key(hop.parent),
            "sent_height": packet.sent_height,
            "age_ns": None if packet.age_ns is None else str(packet.age_ns),
        }
    return shown


def _show_key(key: PacketKey) -> dict[str, Any]:
    return {
        "chain_id": key.chain_id,
        "protocol": key.protocol,
        "port": key.port,
        "channel": key.channel,
        "sequence": str(key.sequence),
    }
