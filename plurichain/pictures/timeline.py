"""Packets between two chains while their link is cut, and what else went on meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from plurichain.pictures.figures import write_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from plurichain.pictures.palette import Colour

_NS: Final = 1e9
# Of the hues in ``palette``: blue waits, green is done, vermilion came to nothing.
_WAITING: Final = (0.00, 0.45, 0.70)
_ANSWERED: Final = (0.34, 0.71, 0.91)
_DUE: Final = (0.84, 0.37, 0.00)
_DONE: Final = (0.00, 0.62, 0.45)
_CUT: Final = (0.45, 0.45, 0.45)
_MARGIN_S: Final = 0.5


class Tone(Enum):
    """What a span is about, which is what its colour says; None is drawn as text alone."""

    WORK = (0.75, 0.90, 0.84)
    IDLE = (0.97, 0.97, 0.97)
    SEALED = (0.97, 0.88, 0.66)
    OPENED = (0.90, 0.62, 0.00)
    ENDED = None


@dataclass(frozen=True, slots=True)
class Life:
    """A packet, times in Unix ns: sent, due (None: not within the picture), received, ended.

    ``is_refunded`` tells how it ended; None stands for what did not happen.
    """

    sent_ns: int
    received_ns: int | None
    due_ns: int | None
    ended_ns: int | None
    is_refunded: bool


@dataclass(frozen=True, slots=True)
class Span:
    """Something that lasted, on a row of the lower part; times in Unix ns."""

    row: str
    begin_ns: int
    end_ns: int
    text: str
    tone: Tone


def draw_timeline(
    lives: Mapping[str, Sequence[Life]],
    spans: Sequence[Span],
    cut_ns: tuple[int, int],
    *,
    title: str,
    path: Path,
) -> tuple[Path, Path]:
    """Write the picture as ``path`` with the suffixes .svg and .png; returns both paths.

    ``lives`` are the packets of each direction, from top to bottom, ``cut_ns`` when the link
    was cut and when it healed; the first is 0 on the axis. Equal input gives an equal SVG. Raises
    MissingExtra without the plotting library, StorageError if a file cannot be written.
    """

    def draw(figure: Figure) -> None:
        ratios = [3] * len(lives) + [2]
        *above, below = figure.subplots(len(ratios), 1, sharex=True, height_ratios=ratios)
        figure.suptitle(title, x=0.01, ha="left", fontweight="bold")
        _make_legend(figure)
        for axes, (name, packets) in zip(above, lives.items(), strict=True):
            _draw_lives(axes, name, packets, cut_ns[0])
        _draw_spans(below, spans, cut_ns[0])
        for axes in (*above, below):
            _shade_cut(axes, cut_ns)
        _label_cut(above[0], cut_ns)
        _set_range(below, lives, spans, cut_ns[0])
        below.set_xlabel("seconds of chain time since the link was cut")

    return write_figure(draw, size=(11, 8.5), title=title, path=path)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Part of a packet's life, in seconds since the cut, and what colour says what it is."""

    begin_s: float
    end_s: float
    colour: Colour


def compute_stretches(life: Life, zero_ns: int) -> list[Stretch]:
    """Return the parts of a life: waiting, then received or due; none if it has not ended."""
    if life.ended_ns is None:
        return []
    turns = [(life.sent_ns, _WAITING)]
    if life.received_ns is not None:
        turns.append((life.received_ns, _ANSWERED))
    elif life.due_ns is not None:
        turns.append((life.due_ns, _DUE))
    ends = [time_ns for time_ns, _ in turns[1:]] + [life.ended_ns]
    return [
        Stretch((begin_ns - zero_ns) / _NS, (end_ns - zero_ns) / _NS, colour)
        for (begin_ns, colour), end_ns in zip(turns, ends, strict=True)
    ]


def _draw_lives(axes: Axes, name: str, packets: Sequence[Life], zero_ns: int) -> None:
    """One line a packet, from its sending to its end."""
    lines: dict[Colour, list[tuple[int, float, float]]] = {}
    ends: dict[Colour, list[tuple[float, int]]] = {_DONE: [], _DUE: []}
    for row, life in enumerate(packets):
        stretches = compute_stretches(life, zero_ns)
        for each in stretches:
            lines.setdefault(each.colour, []).append((row, each.begin_s, each.end_s))
        if stretches:
            ends[_DUE if life.is_refunded else _DONE].append((stretches[-1].end_s, row))
    for colour, found in lines.items():
        rows, begins, stops = zip(*found, strict=True)
        axes.hlines(rows, begins, stops, colors=[colour], linewidth=1.8)
    for colour, points in ends.items():
        if points:
            axes.plot(*zip(*points, strict=True), ".", color=colour, markersize=5)
    axes.set_ylabel(f"{len(packets)} packets,\n{name}")
    axes.set_yticks([])
    axes.invert_yaxis()
    _tidy(axes)


def _draw_spans(axes: Axes, spans: Sequence[Span], zero_ns: int) -> None:
    """A row a name, in the order in which they are given, with what lasted as bars."""
    rows = list(dict.fromkeys(span.row for span in spans))
    for span in spans:
        begin, end = (span.begin_ns - zero_ns) / _NS, (span.end_ns - zero_ns) / _NS
        if span.tone.value is not None:
            axes.barh(rows.index(span.row), end - begin, left=begin, height=0.7,
                      color=span.tone.value, linewidth=0)  # fmt: skip
        axes.annotate(span.text, ((begin + end) / 2, rows.index(span.row)), ha="center",
                      va="center", fontsize=8, zorder=4)  # fmt: skip
    axes.set_yticks(range(len(rows)), rows)
    axes.invert_yaxis()
    _tidy(axes)


def _set_range(
    axes: Axes, lives: Mapping[str, Sequence[Life]], spans: Sequence[Span], zero_ns: int
) -> None:
    """Leave a margin on both sides, and mark whole seconds."""
    from matplotlib.ticker import MaxNLocator

    begins = [life.sent_ns for each in lives.values() for life in each]
    ends = [life.ended_ns or 0 for each in lives.values() for life in each]
    begins += [span.begin_ns for span in spans]
    ends += [span.end_ns for span in spans]
    axes.set_xlim(
        (min(begins) - zero_ns) / _NS - _MARGIN_S, (max(ends) - zero_ns) / _NS + _MARGIN_S
    )
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _shade_cut(axes: Axes, cut_ns: tuple[int, int]) -> None:
    axes.axvspan(0, (cut_ns[1] - cut_ns[0]) / _NS, color=_CUT, alpha=0.15, zorder=0, linewidth=0)


def _label_cut(axes: Axes, cut_ns: tuple[int, int]) -> None:
    middle = (cut_ns[1] - cut_ns[0]) / _NS / 2
    for text, place, side in (
        ("the link is cut", middle, "center"),
        ("healed", 2 * middle, "left"),
    ):
        axes.annotate(text, (place, 1), xycoords=("data", "axes fraction"), xytext=(0, 3),
                      textcoords="offset points", ha=side)  # fmt: skip


def _make_legend(figure: Figure) -> None:
    from matplotlib.lines import Line2D

    entries = (
        (_WAITING, "-", "sent, not received"),
        (_ANSWERED, "-", "received, acknowledgement not back yet"),
        (_DUE, "-", "its time is over, not refunded yet"),
        (_DONE, ".", "acknowledged"),
        (_DUE, ".", "refunded"),
    )
    handles = [
        Line2D([], [], color=colour, marker="." if mark == "." else "",
               linestyle="" if mark == "." else "-", label=label)
        for colour, mark, label in entries
    ]  # fmt: skip
    # In a row of its own, since packets may lie anywhere.
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False,
                  fontsize=8, handlelength=1.5, columnspacing=1.5)  # fmt: skip


def _tidy(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="x", linewidth=0.5, alpha=0.4)
    axes.set_axisbelow(True)
