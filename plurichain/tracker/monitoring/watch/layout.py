"""Tables of words as lines of a given width: columns where they fit, folded where not."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from plurichain.encoding.display import escape_char
from plurichain.tracker.monitoring.watch.cells import Cell, Level, Row, Table, View
from plurichain.tracker.reading import clean_text

LEAST_WIDTH: Final = 40
_INDENT: Final = "    "


@dataclass(frozen=True, slots=True)
class Line:
    """Cells one after another; ``is_title`` marks what begins a table."""

    cells: tuple[Cell, ...]
    is_title: bool = False

    @property
    def text(self) -> str:
        """The line without any levels."""
        return "".join(cell.text for cell in self.cells).rstrip()


def lay_out(view: View, width: int) -> list[Line]:
    """Return the lines of a view, none longer than ``width`` (at least 40)."""
    width = max(width, LEAST_WIDTH)
    lines: list[Line] = []
    for cell in view.head:
        lines += _fold(_clean(cell), width, "")
    for table in view.tables:
        lines.append(Line(()))
        rows = tuple(
            Row(tuple(map(_clean, row.cells)), tuple(map(_clean, row.notes))) for row in table.rows
        )
        lines += _lay_table(replace(table, rows=rows), width)
    return lines


def _clean(cell: Cell) -> Cell:
    """Whatever a chain named itself: here it passes, so that no byte moves a cursor.

    What is drawn two columns wide is shown by its number: a line has as many columns as
    characters then.
    """
    text = clean_text(cell.text)
    if not text.isascii():
        text = "".join(escape_char(char) if _is_wide(char) else char for char in text)
    return Cell(text, cell.level)


def _is_wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in {"W", "F"}


def _lay_table(table: Table, width: int) -> Iterator[Line]:
    if not table.rows:
        first = Cell(f"{table.title}  ")
        yield Line((first, Cell(table.empty.text[: width - len(first.text)], table.empty.level)),
                   is_title=True)  # fmt: skip
        return
    names = tuple(name.lstrip(">") for name in table.columns)
    widths = [
        max(len(name), *(len(row.cells[place].text) for row in table.rows))
        for place, name in enumerate(names)
    ]
    if sum(widths) + 2 * len(widths) <= width:
        yield Line((Cell(table.title),), is_title=True)
        yield _lay_row(tuple(Cell(name, Level.DIM) for name in names), table.columns, widths)
        for row in table.rows:
            yield _lay_row(row.cells, table.columns, widths)
            yield from _lay_notes(row, width)
        return
    yield Line((Cell(table.title),), is_title=True)
    for row in table.rows:
        yield from _lay_folded(row, names, width)
        yield from _lay_notes(row, width)


def _lay_row(cells: tuple[Cell, ...], columns: tuple[str, ...], widths: list[int]) -> Line:
    return Line(
        tuple(
            Cell(
                "  " + (cell.text.rjust(width) if name.startswith(">") else cell.text.ljust(width)),
                cell.level,
            )
            for cell, name, width in zip(cells, columns, widths, strict=True)
        )
    )


def _lay_notes(row: Row, width: int) -> Iterator[Line]:
    for note in row.notes:
        yield from _fold(note, width, _INDENT)


def _lay_folded(row: Row, names: tuple[str, ...], width: int) -> Iterator[Line]:
    """Lay a row that is too wide for columns as named words, as many a line as fit."""
    line: list[Cell] = []
    used = 0
    for place, (cell, name) in enumerate(zip(row.cells, names, strict=True)):
        text = cell.text if place == 0 or not name else f"{name} {cell.text}"
        if line and used + 2 + len(text) > width:
            yield Line(tuple(line))
            line, used = [], 0
        parts = textwrap.wrap(text, width - len(_INDENT)) or [""]
        for part in parts[:-1]:
            yield Line((Cell(f"{_INDENT}{part}", cell.level),))
        lead = "  " if line or place == 0 else _INDENT
        line.append(Cell(f"{lead}{parts[-1]}", cell.level))
        used += len(lead) + len(parts[-1])
    yield Line(tuple(line))


def _fold(cell: Cell, width: int, indent: str) -> Iterator[Line]:
    parts = textwrap.wrap(cell.text, width - len(indent), break_long_words=True) or [""]
    for part in parts:
        yield Line((Cell(f"{indent}{part}", cell.level),))
