"""A day of metered energy by technology, and the places where all of it is at the end."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from plurichain.errors import MissingExtra, StorageError
from plurichain.pictures.palette import Colour, compute_colours

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PNG_DPI = 144
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
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtra(
            "pictures need matplotlib, which is not installed",
            remedy="install it with: pip install 'plurichain[plots]'",
        ) from error
    colours = compute_colours(day)
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "plurichain", "font.size": 10}):
        figure = Figure(figsize=(11, 8), layout="constrained")
        above, below = figure.subplots(2, 1)
        figure.suptitle(title, x=0.01, ha="left", fontweight="bold")
        _draw_day(above, day, colours)
        _draw_places(below, places, colours)
        svg, png = path.with_suffix(".svg"), path.with_suffix(".png")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            figure.savefig(svg, metadata={"Date": None, "Title": title})
            figure.savefig(png, dpi=PNG_DPI, metadata={"Title": title})
        except OSError as error:
            raise StorageError(
                f"{path}: the picture cannot be written ({error.strerror})",
                remedy="choose a folder that can be written to",
            ) from error
    return svg, png


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
