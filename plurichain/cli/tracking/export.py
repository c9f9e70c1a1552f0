"""`plurichain ibc export`: the tracker's figures for Prometheus."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any

import click

from plurichain.cli.commands import Command
from plurichain.cli.output import show_note
from plurichain.cli.signals import stopping_on_signals
from plurichain.cli.tracking.database import database_option, open_store
from plurichain.cli.tracking.thresholds import threshold_options
from plurichain.errors import NewerFormatError, StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from plurichain.ibc.overdue import Thresholds
    from plurichain.tracker.monitoring.metrics.refreshing import Refresher

USUAL = "127.0.0.1:9464"
FIRST_S = 3.0
"""How long the start waits for the first reading of the database, to tell what is wrong."""


def relayer_option(function: Any) -> Any:
    """Add names of relayers; the command receives ``relayer``, a tuple of NAME=ADDRESS."""
    return click.option(
        "--relayer",
        multiple=True,
        metavar="NAME=ADDRESS",
        help='Show what this signer relayed under a name (may be repeated; others are "other").',
    )(function)


def export_options(function: Any) -> Any:
    """Add serving metrics beside something else; the command receives ``export``, ``relayer``."""
    return click.option(
        "--export",
        metavar="HOST:PORT",
        help="Serve metrics there meanwhile, as `plurichain ibc export` does.",
    )(relayer_option(function))


@contextlib.contextmanager
def serve_metrics(
    listen: str | None,
    database: Path | str | None,
    thresholds: Thresholds,
    relayer: tuple[str, ...],
    *,
    field: str = "--listen",
) -> Iterator[Refresher | None]:
    """Serve metrics at ``listen`` (None: do not) while the block runs.

    The database is read over a connection of its own.

    Raises UsageError for texts that name no address or signer, ConfigError where nothing
    can be served.
    """
    from plurichain.tracker.monitoring.metrics.exporter import exporting
    from plurichain.tracker.monitoring.metrics.labels import RelayerNames
    from plurichain.tracker.monitoring.metrics.listening import ListenAddress

    names = RelayerNames.parse(relayer)
    if listen is None:
        yield None
        return
    address = ListenAddress.parse(listen, field=field)
    with exporting(
        address, lambda: open_store(database), thresholds, names=names, report=show_note
    ) as (exporter, refresher):
        show_note(f"metrics at http://{exporter.address}/metrics")
        yield refresher


@click.command(
    "export",
    cls=Command,
    example="plurichain ibc export\n"
    "plurichain ibc export --listen '[::1]:9464' --database packets.db "
    "--relayer ours=pluri1gy3ws52ep9lssmjg5zl6rtjsv0adtr459qwcch",
)
@click.option(
    "--listen",
    metavar="HOST:PORT",
    default=USUAL,
    show_default=True,
    help="Where metrics are served; port 0 takes a free one.",
)
@relayer_option
@threshold_options
@database_option
def export(
    listen: str, relayer: tuple[str, ...], thresholds: Thresholds, database: Path | str | None
) -> None:
    """Serve what `plurichain ibc track` knows to Prometheus, at /metrics, until stopped.

    No chain is asked: a request is answered from what was last read of the database, which
    is done every few seconds, and says how old it is. What is not known is NaN, never 0.
    """
    stopping = threading.Event()
    with (
        stopping_on_signals(stopping.set),
        serve_metrics(listen, database, thresholds, relayer) as refresher,
    ):
        assert refresher is not None
        if refresher.wait_for_first(FIRST_S):
            _refuse_unusable(refresher)
        while not stopping.wait(0.5):  # in steps, so that signals are heard
            pass


def _refuse_unusable(refresher: Refresher) -> None:
    """Raise what asking again does not mend; a server that is away may come back."""
    error = refresher.first_error
    if error is None or (isinstance(error, StorageError) and not _is_lasting(error)):
        return
    raise error


def _is_lasting(error: StorageError) -> bool:
    """Tell whether the file is another one than it is taken for: it will not mend itself."""
    from plurichain.storage.database import is_corrupt

    return isinstance(error, NewerFormatError) or is_corrupt(error)
