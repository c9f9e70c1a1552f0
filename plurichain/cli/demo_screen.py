"""How the scenes of a scenario look: rich on a terminal, plain lines in a pipe."""

from __future__ import annotations

import dataclasses
import sys
from typing import TYPE_CHECKING

from plurichain.cli.output import format_line, show_json, show_text
from plurichain.scenarios.scenes import Chapter, Counted, Said, Shown

if TYPE_CHECKING:
    from rich.console import Console
    from rich.status import Status

    from plurichain.scenarios.scenes import Report, Scene


def make_screen() -> Report:
    """Return what shows scenes on standard output."""
    if not sys.stdout.isatty():
        return print_scene
    from rich.console import Console

    return RichScreen(Console(highlight=False)).show


def print_scene_json(scene: Scene) -> None:
    """Print a scene as one JSON object."""
    fields = {
        key: sorted(value) if isinstance(value, frozenset) else value
        for key, value in dataclasses.asdict(scene).items()
    }
    show_json({"scene": type(scene).__name__.lower(), **fields}, is_line=True)


def print_scene(scene: Scene) -> None:
    """Print a scene as plain lines; of what takes a while only the end is shown."""
    if isinstance(scene, Chapter):
        show_text("")
        show_text(f"{scene.number}. {scene.title}  ({scene.elapsed_s:.1f} s)")
    elif isinstance(scene, Said):
        show_text(f"   {'! ' if scene.is_event else ''}{format_line(scene.text)}")
    elif isinstance(scene, Counted):
        if scene.done >= scene.total:
            show_text(f"   {scene.what}: {scene.done} of {scene.total}")
    else:
        _print_table(scene)
    sys.stdout.flush()


def _print_table(table: Shown) -> None:
    lines = [tuple(name.strip() for name in table.columns), *table.rows]
    widths = [max(len(line[index]) for line in lines) for index in range(len(table.columns))]
    show_text(f"   {table.title}")
    for index, line in enumerate(lines):
        cells = (
            cell.rjust(width) if column in table.numbers else cell.ljust(width)
            for column, cell, width in zip(table.columns, line, widths, strict=True)
        )
        if index == 1 or (table.last_is_total and index == len(lines) - 1):
            show_text("     " + "-" * (sum(widths) + 2 * (len(widths) - 1)))
        show_text("     " + "  ".join(cells).rstrip())


class RichScreen:
    """Scenes with headings, tables and a moving line for what takes a while."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: Status | None = None

    def show(self, scene: Scene) -> None:
        """Show one scene."""
        from rich.padding import Padding
        from rich.text import Text

        if isinstance(scene, Counted):
            self._count(scene)
            return
        self._stop()
        if isinstance(scene, Chapter):
            self._console.print()
            title = Text(f"{scene.number}. {scene.title}", "bold cyan")
            self._console.print(title.append(f"  {scene.elapsed_s:.1f} s", "dim"))
        elif isinstance(scene, Said):
            style = "yellow" if scene.is_event else ""
            text = Text(format_line(scene.text), style)
            self._console.print(Padding(text, (0, 0, 0, 3), expand=False))
        else:
            self._show_table(scene)

    def _count(self, scene: Counted) -> None:
        text = f"{scene.what}: {scene.done} of {scene.total}"
        if scene.done >= scene.total:
            self._stop()
            self._console.print(f"   {text}", markup=False)
        elif self._status is None:
            self._status = self._console.status(f"  {text}")
            self._status.start()
        else:
            self._status.update(f"  {text}")

    def _stop(self) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None

    def _show_table(self, scene: Shown) -> None:
        from rich import box
        from rich.padding import Padding
        from rich.table import Table
        from rich.text import Text

        table = Table(
            title=scene.title, title_justify="left", title_style="italic", box=box.SIMPLE_HEAD,
            pad_edge=False, show_footer=False,
        )  # fmt: skip
        for name in scene.columns:
            side = "right" if name in scene.numbers else "left"
            table.add_column(name.strip(), justify=side, overflow="fold")  # type: ignore[arg-type]
        for index, row in enumerate(scene.rows):
            is_last = index == len(scene.rows) - 1
            if scene.last_is_total and is_last:
                table.add_section()
            table.add_row(*(Text(cell) for cell in row), style="bold" if is_last and
                          scene.last_is_total else None)  # fmt: skip
        self._console.print(Padding(table, (0, 0, 0, 3)))
