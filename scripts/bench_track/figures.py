"""How figures are taken together and printed."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from scripts import bench_parts


def show(part: str, **figures: Any) -> None:
    """Print one figure."""
    bench_parts.show(f"track.{part}", **figures)


def find_rank(values: Sequence[float], percent: int) -> float:
    """Return the nearest-rank percentile of at least one value."""
    rank = -(-len(values) * percent // 100)
    return sorted(values)[max(rank, 1) - 1]


def median(values: Sequence[float]) -> float:
    """Return the median of the runs."""
    return float(statistics.median(values))
