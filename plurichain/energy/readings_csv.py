"""Readings as a file: a cumulative counter, one row at the beginning of each interval.

The columns are ``interval_start`` (2026-06-01T10:15Z, another offset, or Unix seconds) and
``counter_wh``, what the counter showed then. A row closes the interval of the row before it;
the last row only closes. Every refusal names the file, the line and the column.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from plurichain.energy.moments import format_second, parse_second
from plurichain.energy.reading import Interval
from plurichain.errors import EnergyError, InputError
from plurichain.units import U64_MAX, parse_integer

CSV_COLUMNS: Final = ("interval_start", "counter_wh")


@dataclass(frozen=True, slots=True)
class CounterRow:
    """What a counter showed at a moment, in Unix seconds, and the line that says so."""

    line: int
    time: int
    counter_wh: int


def _validate_header(header: list[str], source: str) -> None:
    where = f"{source}, line 1"
    for name in CSV_COLUMNS:
        if header.count(name) != 1:
            how = "missing" if name not in header else "repeated"
            raise EnergyError(f"{where}: the column {name} is {how}")
    extra = [name for name in header if name not in CSV_COLUMNS]
    if extra:
        raise EnergyError(f"{where}: unknown column {extra[0]!r}; known: {', '.join(CSV_COLUMNS)}")


def _read_rows(text: str, source: str) -> Iterator[CounterRow]:
    # Spreadsheets write a byte order mark in front.
    lines = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        header = next(lines, [])
        _validate_header(header, source)
        for cells in lines:
            if not cells:
                continue
            where = f"{source}, line {lines.line_num}"
            if len(cells) != len(header):
                raise EnergyError(f"{where}: {len(cells)} columns, not {len(header)}")
            row = dict(zip(header, cells, strict=True))
            field = f"{where}, column {{}}"
            yield CounterRow(
                line=lines.line_num,
                time=parse_second(row["interval_start"], field=field.format("interval_start")),
                counter_wh=parse_integer(
                    row["counter_wh"], field=field.format("counter_wh"), maximum=U64_MAX
                ),
            )
    except csv.Error as error:
        raise EnergyError(f"{source}, line {lines.line_num}: not valid CSV: {error}") from None
    except EnergyError:
        raise
    except InputError as error:
        raise EnergyError(error.cause, remedy=error.remedy) from None


def _validate_pair(row: CounterRow, after: CounterRow, interval_seconds: int, source: str) -> None:
    """Refuse a row that does not go on from the one before it."""
    where = f"{source}, line {after.line}, column "
    if after.time <= row.time:
        raise EnergyError(
            f"{where}interval_start: {format_second(after.time)} is not after line {row.line}",
            remedy="write the rows in the order of time, each once",
        )
    if (after.time - row.time) % interval_seconds:
        raise EnergyError(
            f"{where}interval_start: {format_second(after.time)} is not a whole number of "
            f"intervals of {interval_seconds} s after line {row.line}"
        )
    if after.counter_wh < row.counter_wh:
        raise EnergyError(
            f"{where}counter_wh: {after.counter_wh} Wh is less than the {row.counter_wh} Wh of "
            f"line {row.line}; a cumulative counter never falls"
        )


@dataclass(frozen=True, slots=True)
class CounterFile:
    """The intervals of a file, ascending, and the line on which each begins."""

    source: str
    intervals: tuple[Interval, ...]
    lines: tuple[int, ...]


def parse_readings_csv(text: str, *, source: str, interval_seconds: int) -> CounterFile:
    """Return the intervals of a counter's rows; where rows are missing there is none.

    Raises EnergyError that names ``source``, the line and the column: a row out of order, a
    counter that falls, a moment that no interval begins at, or fewer than two rows.
    """
    rows = list(_read_rows(text, source))
    if len(rows) < 2:
        raise EnergyError(
            f"{source}: {len(rows)} rows make no interval",
            remedy="write a row at the beginning of each interval and one at the end of the last",
        )
    if rows[0].time % interval_seconds:
        raise EnergyError(
            f"{source}, line {rows[0].line}, column interval_start: "
            f"{format_second(rows[0].time)} is not on a multiple of {interval_seconds} s"
        )
    intervals, lines = [], []
    for row, after in pairwise(rows):
        _validate_pair(row, after, interval_seconds, source)
        # Where rows are missing, nobody knows when in the gap the energy came.
        if after.time - row.time == interval_seconds:
            intervals.append(Interval(row.time, after.time, row.counter_wh, after.counter_wh))
            lines.append(row.line)
    return CounterFile(source, tuple(intervals), tuple(lines))
