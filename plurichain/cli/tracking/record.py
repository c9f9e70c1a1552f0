"""`plurichain ibc record`: the blocks of networks, kept in files for later."""

from __future__ import annotations

from pathlib import Path

import click

from plurichain.cli.commands import Command
from plurichain.cli.options import Folder
from plurichain.cli.output import show_note
from plurichain.cli.signals import stopping_on_signals
from plurichain.cli.tracking.following import (
    follow_client,
    following_options,
    opened_clients,
    parse_until,
    raise_failures,
)


@click.command(
    "record",
    cls=Command,
    example="plurichain ibc record localnet-a localnet-b --folder blocks --gzip\n"
    "plurichain ibc record town --folder blocks --from 120000 --to 121000",
)
@click.argument("networks", nargs=-1, required=True, metavar="NETWORK…")
@click.option(
    "--folder",
    required=True,
    type=Folder(),
    help="Where the files are, one a chain.",
)
@following_options("--to")
@click.option("--gzip", "is_packed", is_flag=True, help="Compress files that are begun anew.")
def record(
    networks: tuple[str, ...],
    folder: Path,
    first: int | None,
    until: tuple[str, ...],
    timeout: float,
    is_packed: bool,
) -> None:
    """Keep what blocks tell of packets in files that `plurichain ibc replay` reads.

    A line of JSON a block: times, results and events, public as the chain itself. Ctrl-C or
    SIGTERM ends it in order; begun again it goes on after the last block that a file holds,
    also after a crash, and cuts off a line that was torn.
    """
    from plurichain.tracker.follower import Follower
    from plurichain.tracker.recording import Recording

    names = list(dict.fromkeys(networks))
    ends = parse_until(until, names, field="--to", first=first)
    with opened_clients(names, timeout) as clients:
        chain_ids = [client.network.chain_id for client in clients]
        if len(set(chain_ids)) < len(chain_ids):
            raise click.UsageError("two of the networks are the same chain")
        with Recording.open(folder, chain_ids, is_packed=is_packed) as recording:
            chains = [
                follow_client(client, first, ends[name])
                for name, client in zip(names, clients, strict=True)
            ]
            follower = Follower(recording, chains, report=show_note)
            with stopping_on_signals(follower.stop):
                follower.run()
            for path, cursor in recording.list_files():
                held = "no block yet" if cursor is None else f"up to block {cursor.height}"
                show_note(f"{path}: {held}")
    raise_failures(follower)
