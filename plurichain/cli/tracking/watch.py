"""`plurichain ibc watch`: what is stuck, missing or unknown, live on a terminal."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

import click

from plurichain.cli.commands import Command
from plurichain.cli.options import Seconds, output_option
from plurichain.cli.output import NDJSON, TABLE, show_json, show_text
from plurichain.cli.tracking.database import database_option, open_store
from plurichain.cli.tracking.thresholds import threshold_options
from plurichain.errors import PlurichainError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console, RenderableType
    from rich.text import Text

    from plurichain.ibc.overdue import Thresholds
    from plurichain.tracker.monitoring.snapshot.items import Snapshot
    from plurichain.tracker.monitoring.watch.cells import View
    from plurichain.tracker.monitoring.watch.layout import Line

STYLES = {"plain": "", "good": "green", "warn": "yellow", "bad": "bold red", "dim": "dim"}
REDRAWS = 4
"""How often a second the screen is laid out anew, so that it follows the window's size."""


@click.command(
    "watch",
    cls=Command,
    example="plurichain ibc watch\n"
    "plurichain ibc watch --once --database packets.db\n"
    "plurichain ibc watch --output json",
)
@click.option("--once", is_flag=True, help="Print it once and end, as in a pipe.")
@click.option(
    "--every",
    metavar="SECONDS",
    type=Seconds(min=0.2, max=3600),
    default=2.0,
    show_default=True,
    help="How often the database is read.",
)
@threshold_options
@database_option
@output_option()
def watch(once: bool, every: float, thresholds: Thresholds, database: Any, output: str) -> None:
    """Show alarms, chains, channels, clients, relayers, wallets and money, until Ctrl-C.

    All of it is read from the database that `plurichain ibc track` writes; no node is asked,
    so that no chain can keep it waiting. What is not known is "?", with the reason. In a
    pipe, on a terminal that cannot move its cursor, and as JSON it is printed once.
    """
    with open_store(database) as store:
        place = store.place

        def read() -> Snapshot:
            from plurichain.tracker.monitoring.snapshot.taking import take_snapshot

            return take_snapshot(store, time.time_ns(), thresholds)

        if output != TABLE:
            from plurichain.tracker.monitoring.snapshot.json_record import make_record

            show_json(make_record(read()), is_line=output == NDJSON)
        elif once or not _is_live():
            _print_once(read(), place)
        else:
            _show_live(read, place, every)


def _is_live() -> bool:
    """Tell whether standard output is a terminal whose cursor can be moved."""
    return sys.stdout.isatty() and os.environ.get("TERM", "dumb") not in {"dumb", "unknown"}


def _lay(view: View, width: int) -> list[Line]:
    from plurichain.tracker.monitoring.watch.layout import lay_out

    return lay_out(view, width)


def _print_once(snapshot: Snapshot, place: str) -> None:
    from plurichain.tracker.monitoring.watch.view import make_view

    width = shutil.get_terminal_size((80, 24)).columns
    for line in _lay(make_view(snapshot, place=place), width):
        show_text(line.text)


class _Screen:
    """The last view, laid out for whatever size the terminal has at each drawing."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.view: View | None = None
        self.trouble = ""

    def __rich__(self) -> RenderableType:
        from rich.text import Text

        size = self.console.size
        lines = [] if self.view is None else _lay(self.view, size.width)
        texts = [_make_text(line) for line in lines]
        if self.trouble:
            texts.insert(0, Text(self.trouble[: size.width], STYLES["bad"]))
        room = max(size.height - 1, 2)
        if len(texts) > room:
            # The worst stands first; what is cut off must not look as if it were not there.
            hidden = len(texts) - room + 1
            texts = [*texts[: room - 1], Text(
                f"… {hidden} more lines: a higher window, or --once", STYLES["dim"])]  # fmt: skip
        return Text("\n").join(texts)


def _make_text(line: Line) -> Text:
    from rich.text import Text

    text = Text(no_wrap=True, overflow="crop")
    for place, cell in enumerate(line.cells):
        # Text, not str: what a chain named itself must not be read as markup.
        title = "bold" if line.is_title and place == 0 else STYLES[cell.level]
        text.append(cell.text, title)
    return text


def _show_live(read: Callable[[], Snapshot], place: str, every: float) -> None:
    from rich.console import Console
    from rich.live import Live

    from plurichain.tracker.monitoring.watch.view import make_view

    console = Console(highlight=False)
    screen = _Screen(console)
    with (
        _ending_on_signals(),
        contextlib.suppress(KeyboardInterrupt),
        Live(screen, console=console, screen=True, refresh_per_second=REDRAWS),
    ):
        while True:
            started = time.monotonic()
            try:
                screen.view = make_view(read(), place=place)
                screen.trouble = ""
            except PlurichainError as error:
                screen.trouble = f"the database cannot be read; what stands below is old: {error}"
            # A database that takes long to read is not read all the time.
            took = time.monotonic() - started
            time.sleep(max(every, 3 * took))


@contextlib.contextmanager
def _ending_on_signals() -> Iterator[None]:
    """Leave the terminal as it was when the process is asked to end."""

    def stop(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
