"""`plurichain ibc forget`: a chain that is not to be followed any more, and that it is not."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from plurichain.cli.commands import Command
from plurichain.cli.options import output_option
from plurichain.cli.output import show_note, show_record
from plurichain.cli.tracking.database import database_option, open_store

if TYPE_CHECKING:
    from collections.abc import Collection

    from plurichain.tracker.followed import Forgotten, KnownChain
    from plurichain.tracker.store import PacketStore


@click.command(
    "forget",
    cls=Command,
    example="plurichain ibc forget plurichain-localnet-b-1\n"
    "plurichain ibc forget town-1 --database packets.db --output json",
)
@click.argument("chain_id", metavar="CHAIN_ID")
@database_option
@output_option()
def forget(chain_id: str, database: Any, output: str) -> None:
    """Have nobody woken any more by a chain that is deliberately not tracked.

    Nothing is deleted: what its blocks told stays, and so does what other chains tell of their
    packets with it. The chain is marked as not followed since now, and everything that shows
    or judges packets says so; what it did after the last block that was read is unknown. Alarms
    that only it could end are over. What is false stays: contradictions, state that is not what
    blocks told, money that is missing.

    Refused while a tracker follows the chain. `plurichain ibc track` of it goes on after the
    last block that was read, and names the blocks that its node does not have any more.
    """
    from plurichain.tracker.followed import forget_chain

    with open_store(database) as store:
        done = forget_chain(store, chain_id, time.time_ns())
    show_record(_show(done), output)
    if not done.is_new:
        show_note(f"{chain_id} was not followed any more already: nothing was changed")


def _show(done: Forgotten) -> dict[str, Any]:
    return {
        "chain_id": done.chain.chain_id,
        "network": done.chain.network,
        "read_up_to": done.chain.height,
        "unfollowed_ns": str(done.since_ns),
        "alarms_ended": [f"{each.chain_id} {each.subject}: {each.kind}" for each in done.ended],
    }


def note_unfollowed(store: PacketStore) -> None:
    """Say which chains are not followed any more: what is shown of them is as of then."""
    from plurichain.tracker.followed import list_known

    for chain in list_known(store):
        if chain.unfollowed_ns is not None:
            show_note(
                f"{chain.chain_id} is not followed any more since "
                f"{_say_instant(chain.unfollowed_ns)}: what it did{_say_height(chain)} is unknown"
            )


def follow_again(store: PacketStore, chain_ids: Collection[str]) -> None:
    """Take chains up again that were forgotten, and say from where on."""
    from plurichain.tracker.followed import follow_again as take_up

    for chain in take_up(store, chain_ids):
        show_note(
            f"{chain.chain_id} is followed again: it was forgotten, and goes on"
            f"{_say_height(chain) or ' from its first block'}"
        )


def _say_instant(time_ns: int) -> str:
    from plurichain.tracker.monitoring.texts import format_instant

    return format_instant(time_ns)


def _say_height(chain: KnownChain) -> str:
    return "" if chain.height is None else f" after block {chain.height}"
