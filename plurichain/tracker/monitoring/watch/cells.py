"""Cells, rows and tables of words: what a view is made of before it has a width.

Cells hold texts as chains gave them; they are escaped where they are laid out.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from plurichain.tracker.monitoring.snapshot.freshness import Freshness, FreshnessState
from plurichain.tracker.monitoring.texts import format_age

UNKNOWN: Final = "?"


class Level(StrEnum):
    """How something is to be taken."""

    PLAIN = "plain"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    DIM = "dim"


@dataclass(frozen=True, slots=True)
class Cell:
    """A few words."""

    text: str
    level: Level = Level.PLAIN


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table, and what is to be said below it."""

    cells: tuple[Cell, ...]
    notes: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a title; ``columns`` that begin with ">" are numbers. ``empty``: of no rows."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    empty: Cell


@dataclass(frozen=True, slots=True)
class View:
    """All that is shown at once: lines on top, then tables."""

    head: tuple[Cell, ...]
    tables: tuple[Table, ...]


def describe_freshness(freshness: Freshness, now_ns: int) -> Cell:
    """Return how far an answer is to be relied on."""
    age_ns = freshness.age_ns(now_ns)
    if not freshness.is_wanted:
        return Cell("not followed", Level.DIM)
    if freshness.state is FreshnessState.NEVER:
        return Cell("never answered" if freshness.asked_ns else "not asked", Level.BAD)
    text = f"answered {format_age(age_ns)} ago"
    if freshness.state is FreshnessState.FRESH:
        return Cell(text, Level.GOOD)
    return Cell(f"{freshness.state.value}: {text}", Level.BAD)


def note_stale(freshness: Freshness, now_ns: int) -> tuple[Cell, ...]:
    """Return what is to be said below figures that are not of now."""
    if freshness.is_fresh:
        return ()
    told = describe_freshness(freshness, now_ns)
    why = f": {freshness.error[:120]}" if freshness.error else ""
    return (Cell(f"{told.text}{why}", Level.WARN),)


def show_number(value: int | None, text: str = "") -> Cell:
    """Return a number, or other words for it; unknown is never 0."""
    return Cell(UNKNOWN, Level.WARN) if value is None else Cell(text or str(value))
