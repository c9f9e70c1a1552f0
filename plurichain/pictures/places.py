"""A day of metered energy by technology, and the places where all of it is at the end."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from plurichain.pictures.figures import write_figure
from plurichain.pictures.palette import Colour, compute_colours

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_KWH = 1_000


def draw_places(
    day: Mapping[str, Mapping[int, int]],
    places: Mapping[str, Mapping[str, int]],
    *,
    title: str,
    path: Path,
) -> tuple[Path, Path]:
    """Write the picture as ``path`` with the suffixes .svg and .png; returns both paths.

    ``day`` maps a technology to Wh by interval start (Unix seconds), ``places`` a technology
    to Wh by place, the same places in the same order for each. Equal input gives an equal
    SVG. Raises MissingExtra without the plotting library, StorageError if a file cannot be
    written.
    """

    def draw(figure: Figure) -> None:
        colours = compute_colours(day)
        above, below = figure.subplots(2, 1)
        figure.suptitle(title, x=0.01, ha="left", fontweight="bold")
        _draw_day(above, day, colours)
        _draw_places(below, places, colours)

    return write_figure(draw, size=(11, 8), title=title, path=path)


def _draw_day(
    axes: Axes, day: Mapping[str, Mapping[int, int]], colours: Mapping[str, Colour]
) -> None:
    """Stacked bars, one an interval."""
    starts = sorted({start for row in day.values() for start in row})
    width_h = min((b - a for a, b in itertools.pairwise(starts)), default=900) / 3_600
    hours = [(start - starts[0]) / 3_600 for start in starts]
    floor = [0.0] * len(starts)
    for name, row in day.items():
        heights = [row.get(start, 0) / _KWH for start in starts]
        axes.bar(hours, heights, width_h, bottom=floor, align="edge", color=colours[name],
                 label=name, linewidth=0)  # fmt: skip
        floor = [low + high for low, high in zip(floor, heights, strict=True)]
    begin = datetime.fromtimestamp(starts[0], UTC).strftime("%Y-%m-%d %H:%M")
    axes.set_xlabel(f"hours from {begin} UTC")
    axes.set_ylabel("issued, kWh an interval")
    axes.set_xlim(0, 24)
    axes.set_xticks(range(0, 25, 3))
    axes.legend(loc="upper left", frameon=False, ncols=2)
    _tidy(axes, "y")


def _draw_places(
    axes: Axes, places: Mapping[str, Mapping[str, int]], colours: Mapping[str, Colour]
) -> None:
    """One stacked bar a place, with its whole Wh beside it."""
    names = list(next(iter(places.values())))
    left = [0.0] * len(names)
    for technology, row in places.items():
        widths = [row[name] / _KWH for name in names]
        axes.barh(names, widths, left=left, color=colours[technology], linewidth=0)
        left = [start + width for start, width in zip(left, widths, strict=True)]
    for name, end in zip(names, left, strict=True):
        total = sum(row[name] for row in places.values())
        axes.annotate(f" {total} Wh", (end, name), va="center")
    axes.invert_yaxis()
    axes.set_xlabel("kWh")
    axes.margins(x=0.12)
    _tidy(axes, "x")


def _tidy(axes: Axes, grid: str) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="x" if grid == "x" else "y", linewidth=0.5, alpha=0.4)
    axes.set_axisbelow(True)
