"""What a scenario tells while it plays; the face decides how it looks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Chapter:
    """A new step of the story begins; ``elapsed_s`` since the start."""

    number: int
    title: str
    elapsed_s: float


@dataclass(frozen=True, slots=True)
class Said:
    """One line of the story. ``is_event`` marks what somebody did wrong or lost."""

    text: str
    is_event: bool = False


@dataclass(frozen=True, slots=True)
class Counted:
    """How far something is that takes a while: ``done`` of ``total``."""

    what: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Shown:
    """A table. Columns whose name is in ``numbers`` are aligned to the right."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[str] = frozenset()
    last_is_total: bool = False


Scene = Chapter | Said | Counted | Shown
Report = Callable[[Scene], None]


def ignore_scene(_scene: Scene) -> None:
    """Report to nobody."""
