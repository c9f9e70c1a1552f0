"""`plurichain ibc track` and `replay`: taking in the packets of chains, live or recorded."""

from __future__ import annotations

import contextlib
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plurichain.cli.commands import Command
from plurichain.cli.ibc_thresholds import threshold_options
from plurichain.cli.output import show_note, show_text
from plurichain.errors import PlurichainError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plurichain.chain.client import ChainClient
    from plurichain.ibc.overdue import Thresholds
    from plurichain.tracker.follower import FollowedChain, Follower
    from plurichain.tracker.store import PacketStore


def database_option(function: Any) -> Any:
    """Add the tracker's database; the command receives ``database``, None for the usual one."""
    return click.option(
        "--database",
        metavar="FILE",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Database of the tracker (default: packets.db in the configuration folder).",
    )(function)


def open_store(database: Path | None) -> PacketStore:
    """Open the tracker's database. Raises StorageError."""
    from plurichain.config.folders import tracker_path
    from plurichain.tracker.store import PacketStore

    return PacketStore.open(database or tracker_path())


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
def replay(files: tuple[Path, ...], database: Path | None) -> None:
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
        store = stack.enter_context(open_store(database))
        replay_blocks(store, chains)
        show_dump(store)


@contextlib.contextmanager
def _stopping_on_signals(follower: Follower) -> Iterator[None]:
    """End in order at the first SIGTERM or SIGINT; a second one ends the process."""

    def stop(number: int, _frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        follower.stop()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _follow(client: ChainClient, first: int | None) -> FollowedChain:
    from plurichain.chain.ibc_queries import IbcQueries
    from plurichain.tracker.follower import FollowedChain
    from plurichain.tracker.live import LiveSource, find_route

    queries, chain_id = IbcQueries(client), client.network.chain_id
    return FollowedChain(
        LiveSource(client, first=first), lambda end: find_route(queries, chain_id, end)
    )


@click.command(
    "track",
    cls=Command,
    example="plurichain ibc track localnet-a localnet-b\n"
    "plurichain ibc track town farm --from 120000 --database packets.db",
)
@click.argument("networks", nargs=-1, required=True, metavar="NETWORK…")
@click.option(
    "--from",
    "first",
    type=click.IntRange(1),
    metavar="HEIGHT",
    help="Block that an empty database begins with (default: the oldest that the node has).",
)
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.FloatRange(min=0, min_open=True, max=3600),
    default=5.0,
    show_default=True,
    help="How long one call to a node may take.",
)
@threshold_options
@database_option
def track(
    networks: tuple[str, ...],
    first: int | None,
    timeout: float,
    thresholds: Thresholds,
    database: Path | None,
) -> None:
    """Read every block of networks and keep what it tells of packets, until stopped.

    Ctrl-C or SIGTERM ends it in order; killed at any point and started again it goes on
    after the last block that it had taken in whole. `plurichain ibc packets` shows what
    it knows, also while it runs. What waits for too long is said once when it begins to,
    by block time, and once when it is over.
    """
    from plurichain.chain.client import ChainClient
    from plurichain.config import ChainMemory, get_network
    from plurichain.tracker.follower import Follower
    from plurichain.tracker.monitoring.alarms import AlarmBoard

    names = list(dict.fromkeys(networks))
    chosen = [get_network(name) for name in names]
    memory = ChainMemory.open()
    with contextlib.ExitStack() as stack:
        # Not asked anything yet: a chain whose nodes are away must not stop the others.
        clients = [
            stack.enter_context(
                ChainClient(network, timeout_s=timeout, memory=memory, on_switch=show_note)
            )
            for network in chosen
        ]
        store = stack.enter_context(open_store(database))
        chains = [_follow(client, first) for client in clients]
        board = AlarmBoard(store, thresholds, report=show_note)
        follower = Follower(store, chains, report=show_note, after_block=board.take_in)
        with _stopping_on_signals(follower), board.looking():
            follower.run()
        for cursor in store.list_cursors():
            show_note(f"{cursor.chain_id}: read up to block {cursor.height}")
    for error in follower.failures.values():
        if isinstance(error, PlurichainError):
            raise error
        raise PlurichainError(f"tracking ended: {error}", remedy="see the log")
