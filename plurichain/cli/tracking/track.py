"""`plurichain ibc track` and `replay`: taking in the packets of chains, live or recorded."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from plurichain.cli.commands import Command
from plurichain.cli.output import show_note, show_text
from plurichain.cli.signals import stopping_on_signals
from plurichain.cli.tracking.auditing import auditing, auditing_option
from plurichain.cli.tracking.database import database_option, make_store
from plurichain.cli.tracking.export import export_options, serve_metrics
from plurichain.cli.tracking.following import (
    follow_client,
    following_options,
    opened_clients,
    parse_until,
    raise_failures,
)
from plurichain.cli.tracking.forget import follow_again
from plurichain.cli.tracking.observing import observed, observing_options
from plurichain.cli.tracking.thresholds import threshold_options

if TYPE_CHECKING:
    from plurichain.cli.tracking.observing import Observing
    from plurichain.ibc.overdue import Thresholds
    from plurichain.tracker.store import PacketStore


def show_dump(store: PacketStore) -> None:
    """Print everything that a database holds."""
    from plurichain.tracker.dump import dump_store

    for line in dump_store(store):
        show_text(line)


@click.command(
    "replay",
    cls=Command,
    example="plurichain ibc replay tests/data/ibc/transfers-a.json tests/data/ibc/transfers-b.json",
)
@click.argument(
    "files",
    nargs=-1,
    required=True,
    metavar="FILE…",
    type=click.Path(dir_okay=False, path_type=Path),
)
@database_option
def replay(files: tuple[Path, ...], database: Path | str | None) -> None:
    """Take in recorded blocks, and print all that the tracker knows then.

    One line of JSON a row, sorted: two databases that know the same print the same. Without
    --database nothing is kept.
    """
    from plurichain.tracker.recorded import load_recordings
    from plurichain.tracker.recorded import replay as replay_blocks

    chains = load_recordings(files)
    with contextlib.ExitStack() as stack:
        if database is None:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="plurichain-"))
            database = Path(folder) / "packets.db"
        store = stack.enter_context(make_store(database))
        stack.enter_context(store.hold(chain.chain_id for chain in chains))
        replay_blocks(store, chains)
        show_dump(store)
    for chain in chains:
        for note in chain.notes:
            show_note(note)


@click.command(
    "track",
    cls=Command,
    example="plurichain ibc track localnet-a localnet-b\n"
    "plurichain ibc track town farm --from 120000 --database packets.db",
)
@click.argument("networks", nargs=-1, required=True, metavar="NETWORK…")
@following_options("--until")
@observing_options
@threshold_options
@auditing_option
@export_options
@database_option
def track(
    networks: tuple[str, ...],
    first: int | None,
    until: tuple[str, ...],
    timeout: float,
    observing: Observing,
    thresholds: Thresholds,
    audit_every: str,
    export: str | None,
    relayer: tuple[str, ...],
    database: Path | str | None,
) -> None:
    """Read every block of networks and keep what it tells of packets, until stopped.

    Ctrl-C or SIGTERM ends it in order; killed at any point and started again it goes on
    after the last block that it had taken in whole. `plurichain ibc packets` shows what
    it knows, also while it runs. What waits for too long is said once when it begins to,
    by block time, and once when it is over.

    Beside the blocks the chains are asked, over connections of their own, for their heads,
    channels, clients and wallets, and whether state holds what events told: every packet's
    commitment, with a proof, and receipts of what is under way. A difference is said, kept,
    and never mended. Now and then the money of every token is audited.
    """
    from plurichain.tracker.follower import Follower
    from plurichain.tracker.monitoring.alarms.board import AlarmBoard

    names = list(dict.fromkeys(networks))
    ends = parse_until(until, names, field="--until", first=first)
    with contextlib.ExitStack() as stack:
        clients = stack.enter_context(opened_clients(names, timeout))
        store = stack.enter_context(make_store(database))
        chains = [
            follow_client(client, first, ends[name])
            for name, client in zip(names, clients, strict=True)
        ]
        chain_ids = [chain.source.chain_id for chain in chains]
        stack.enter_context(store.hold(chain_ids))
        follow_again(store, chain_ids)
        stack.enter_context(serve_metrics(export, database, thresholds, relayer, field="--export"))
        board = AlarmBoard(store, thresholds, report=show_note)
        networks_seen = [client.network for client in clients]
        contacts = stack.enter_context(observed(networks_seen, store, observing, timeout))
        follower = Follower(
            store, chains, report=show_note, after_block=board.take_in, contacts=contacts
        )
        # What runs beside the reading of blocks ends before the database is closed.
        stack.enter_context(board.looking())
        if observing.is_on:
            stack.enter_context(auditing(names, database, audit_every, timeout))
        with stopping_on_signals(follower.stop):
            follower.run()
        for cursor in store.list_cursors():
            show_note(f"{cursor.chain_id}: read up to block {cursor.height}")
    raise_failures(follower)
