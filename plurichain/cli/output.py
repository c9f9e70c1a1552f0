"""What commands print on standard output: tables for people, JSON for programs.

A command hands over plain rows. Integers that may be greater than 2^53 are given as text
by the caller, since many JSON readers would round them.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from plurichain.encoding.display import escape_json, escape_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

TABLE = "table"
JSON = "json"
NDJSON = "ndjson"
FORMATS = (TABLE, JSON, NDJSON)


def show_rows(rows: Iterable[Mapping[str, Any]], output: str, *, empty: str = "nothing") -> None:
    """Print rows that have the same keys: a table, a JSON list, or one object a line.

    ``empty`` is what a table of no rows says; JSON prints an empty list. Of JSON each row is
    printed as it comes, so that memory does not grow with them; a table has to know all.
    """
    if output == JSON:
        _write_json_list(rows)
    elif output == NDJSON:
        for row in rows:
            show_json(row, is_line=True)
            if _state.is_closed:
                return
    elif not (known := list(rows)):
        _write(empty)
    elif sys.stdout.isatty():
        _write_rich_table(known)
    else:
        _write_plain_table(known)


def show_record(record: Mapping[str, Any], output: str) -> None:
    """Print one record: a line a field, or one JSON object."""
    if output in {JSON, NDJSON}:
        show_json(record, is_line=output == NDJSON)
    else:
        width = max(len(key) for key in record)
        for key, value in record.items():
            _write(f"{key:<{width}}  {format_cell(value)}".rstrip())


def show_json(content: Any, *, is_line: bool = False) -> None:
    """Print JSON for people and programs: scripts as they are, what is not visible escaped."""
    document = json.dumps(content, indent=None if is_line else 2, ensure_ascii=False)
    _write(escape_json(document))


def _write_json_list(rows: Iterable[Mapping[str, Any]]) -> None:
    """Write what ``show_json`` does of a list, row by row."""
    held: str | None = None  # the last row, until it is known whether a comma follows
    for row in rows:
        _write("[" if held is None else f"{held},")
        document = json.dumps(row, indent=2, ensure_ascii=False)
        held = escape_json("  " + document.replace("\n", "\n  "))
        if _state.is_closed:
            return
    _write("[]" if held is None else f"{held}\n]")


def show_text(text: str) -> None:
    """Print text as it is, for people or for a file."""
    _write(text)


def show_note(text: str) -> None:
    """Print lines for a person on stderr: progress, warnings, what to do next."""
    click.echo("\n".join(map(escape_text, text.split("\n"))), err=True)


def format_cell(value: Any) -> str:
    """Return the text of one value in a table."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        separator = "; " if any(isinstance(item, dict) for item in value) else ", "
        return separator.join(format_cell(item) for item in value) or "-"
    if isinstance(value, dict):
        return ", ".join(f"{key}={format_cell(item)}" for key, item in value.items()) or "-"
    return format_line(str(value))


def format_line(text: str) -> str:
    """Return text as one line in which nothing is invisible.

    A title on a chain, or a name in a file, must not move a reader's cursor.
    """
    return escape_text(" ".join(text.splitlines()))


def is_output_closed() -> bool:
    """Tell whether the reader of standard output has gone: streams end then."""
    return _state.is_closed


def show_bytes(line: bytes) -> None:
    """Print a line of bytes as it is: the same under every locale."""
    _write(line)


def _write(line: str | bytes) -> None:
    """Write a line; once the reader has gone, nothing more is written.

    The command itself goes on: what it does on a chain, and its exit status, do not
    depend on somebody reading the end of its output.
    """
    if _state.is_closed:
        return
    try:
        click.echo(line)
    except BrokenPipeError:
        _state.is_closed = True
        discard_output()


def discard_output() -> None:
    """Point standard output at nothing, so that the interpreter's last flush succeeds."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, sys.stdout.fileno())
    os.close(devnull)


@dataclass(slots=True)
class _State:
    is_closed: bool = False


_state = _State()


def _write_plain_table(rows: Sequence[Mapping[str, Any]]) -> None:
    columns = list(rows[0])
    cells = [columns, *([format_cell(row[column]) for column in columns] for row in rows)]
    widths = [max(len(line[index]) for line in cells) for index in range(len(columns))]
    for line in cells:
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        _write("  ".join(padded).rstrip())


def _write_rich_table(rows: Sequence[Mapping[str, Any]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in rows[0]:
        table.add_column(column, overflow="fold")
    for row in rows:
        # Text, not str: a title on the chain must not be read as markup.
        table.add_row(*(Text(format_cell(row[column])) for column in rows[0]))
    # A terminal that does not know its width (some serial lines) would get one character.
    narrow = os.environ.get("COLUMNS")
    Console(width=int(narrow) if narrow and narrow.isdigit() and int(narrow) > 0 else None).print(
        table
    )
