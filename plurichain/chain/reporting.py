"""What a service says while it works; the face decides how it is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Progress:
    """One thing that happened.

    ``name`` is a stable word for programs, ``text`` one line for people. ``is_warning``:
    something is going wrong while there may still be time. ``fields`` holds public values
    only: progress goes to screens and logs before the reveal.
    """

    name: str
    text: str
    is_warning: bool = False
    fields: Mapping[str, str | int | None] = field(default_factory=dict)


Report = Callable[[Progress], None]


def ignore_progress(_progress: Progress) -> None:
    """Report to nobody."""
