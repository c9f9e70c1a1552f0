"""The supply (or demand) curve of a cleared auction, with who was served and for how much."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from plurichain.auction.names import Side
from plurichain.auction.ties import compute_rank
from plurichain.pictures.figures import write_figure
from plurichain.pictures.palette import Colour, compute_colours

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.container import Container
    from matplotlib.figure import Figure

    from plurichain.clearing.problem import Problem
    from plurichain.clearing.result import ClearingResult
    from plurichain.pictures.scale import Scale


@dataclass(frozen=True, slots=True)
class CurveSegment:
    """One step of one bidder where it stands on the curve, in chain units.

    The first ``served`` of its ``quantity`` units are in the allocation.
    """

    bidder: str
    start: int
    quantity: int
    price: int
    served: int


def compute_segments(problem: Problem, result: ClearingResult) -> list[CurveSegment]:
    """All steps in the order of clearing: best price first, ties by rank."""
    sign = 1 if problem.side is Side.REVERSE else -1
    steps = [
        (sign * step.price, compute_rank(problem.tie_seed, bid.bidder), index, bid.bidder, step)
        for bid in problem.bids
        for index, step in enumerate(bid.steps)
    ]
    left = dict(result.allocation)
    segments: list[CurveSegment] = []
    start = 0
    for _, _, _, bidder, step in sorted(steps, key=lambda row: row[:3]):
        served = min(step.quantity, left[bidder])
        left[bidder] -= served
        segments.append(CurveSegment(bidder, start, step.quantity, step.price, served))
        start += step.quantity
    return segments


def draw_curve(
    problem: Problem,
    result: ClearingResult,
    *,
    labels: dict[str, str],
    title: str,
    scale: Scale,
    path: Path,
) -> tuple[Path, Path]:
    """Write the picture as ``path`` with the suffixes .svg and .png; returns both paths.

    ``labels`` names each bidder for people, in the order of the legend. Equal input gives
    an equal SVG. Raises MissingExtra without the plotting library, StorageError if a file
    cannot be written.
    """

    def draw(figure: Figure) -> None:
        _draw(figure, problem, result, labels, title, scale)

    return write_figure(draw, size=(11, 6), title=title, path=path)


def _draw(
    figure: Figure,
    problem: Problem,
    result: ClearingResult,
    labels: dict[str, str],
    title: str,
    scale: Scale,
) -> None:
    axes = figure.add_subplot()
    segments = compute_segments(problem, result)
    # In the order of the labels, which does not depend on anybody's address.
    colours = compute_colours(labels.values())
    for segment in segments:
        _draw_segment(axes, segment, colours[labels[segment.bidder]], scale)
    _draw_legend(axes, problem, result, labels, colours, scale)
    _draw_average_payments(axes, segments, result, scale)
    _draw_limits(axes, problem, result, scale)
    curve = "Supply" if problem.side is Side.REVERSE else "Demand"
    axes.set_title(title, loc="left", fontweight="bold")
    axes.set_xlabel(f"{curve} in order of price, {scale.quantity_label}")
    axes.set_ylabel(scale.price_label)
    total = sum(segment.quantity for segment in segments)
    axes.set_xlim(0, scale.show_quantity(max(total, problem.quantity)) * 1.02)
    axes.set_ylim(bottom=0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", linewidth=0.5, alpha=0.4)
    axes.set_axisbelow(True)


def _draw_segment(axes: Axes, segment: CurveSegment, colour: Colour, scale: Scale) -> None:
    """Served units are solid; the rest of the step is a hatched outline."""
    height = scale.show_price(segment.price)
    left = scale.show_quantity(segment.start)
    served = scale.show_quantity(segment.served)
    whole = scale.show_quantity(segment.quantity)
    if segment.served:
        axes.bar(left, height, served, align="edge", color=colour, edgecolor="white", linewidth=0.8)
    if segment.served < segment.quantity:
        axes.bar(
            left + served,
            height,
            whole - served,
            align="edge",
            facecolor=(*colour, 0.18),
            edgecolor=(*colour, 0.75),
            linewidth=0.8,
            hatch="///",
        )


def _draw_average_payments(
    axes: Axes, segments: list[CurveSegment], result: ClearingResult, scale: Scale
) -> None:
    """A black line above each winner's units: what it pays or is paid on average."""
    for segment in segments:
        if not segment.served:
            continue
        units, payment = result.allocation[segment.bidder], result.payment[segment.bidder]
        average = scale.show_price(payment) / units
        left = scale.show_quantity(segment.start)
        right = left + scale.show_quantity(segment.served)
        axes.hlines(average, left, right, colors="black", linewidth=2)


def _draw_limits(axes: Axes, problem: Problem, result: ClearingResult, scale: Scale) -> None:
    reverse = problem.side is Side.REVERSE
    lot = scale.show_quantity(problem.quantity)
    axes.axvline(lot, color="black", linestyle="--", linewidth=1.2)
    axes.annotate(
        f"{'wanted' if reverse else 'offered'}: {lot:g} {scale.quantity_label}",
        (lot, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(-4, -4),
        textcoords="offset points",
        ha="right",
        va="top",
        rotation=90,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1},
    )
    lines = [("cap" if reverse else "reserve", problem.reserve_price)]
    if result.clearing_price is not None:
        lines.append(("clearing price", result.clearing_price))
    for name, price in lines:
        if price is None:
            continue
        height = scale.show_price(price)
        axes.axhline(height, color="black", linestyle=":", linewidth=1)
        axes.annotate(
            f"{name}: {height:g} {scale.price_label}",
            (0.995, height),
            xycoords=("axes fraction", "data"),
            xytext=(0, 4),
            textcoords="offset points",
            ha="right",
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1},
        )


def _draw_legend(
    axes: Axes,
    problem: Problem,
    result: ClearingResult,
    labels: dict[str, str],
    colours: dict[str, Colour],
    scale: Scale,
) -> None:
    """A row for each bidder: what it trades and its payment; losers say so."""
    verb = "gets" if problem.side is Side.REVERSE else "pays"
    handles: list[Artist | Container] = []
    present = {bid.bidder for bid in problem.bids}
    for bidder, name in labels.items():
        if bidder not in present:
            continue
        units = result.allocation[bidder]
        money = scale.show_money(result.payment[bidder])
        traded = f"{scale.show_quantity(units):g} {scale.quantity_label}"
        text = f"{name}: {traded}, {verb} {money:,.3f} {scale.money_label}"
        bars = axes.bar(
            0, 0, 0, color=colours[name], label=text if units else f"{name}: not served"
        )
        handles.append(bars)
    handles.append(axes.hlines([], 0, 0, colors="black", linewidth=2, label="average payment"))
    axes.legend(handles=handles, loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
