"""How figures are taken together and printed."""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Sequence
from typing import Any


def show(part: str, **figures: Any) -> None:
    """Print one line of JSON with the machine's load at that moment."""
    rounded = {
        name: round(value, 3) if isinstance(value, float) else value
        for name, value in figures.items()
    }
    line = {"bench": f"track.{part}", **rounded, "load": round(os.getloadavg()[0], 1)}
    print(json.dumps(line), flush=True)


def find_rank(values: Sequence[float], percent: int) -> float:
    """Return the nearest-rank percentile of at least one value."""
    rank = -(-len(values) * percent // 100)
    return sorted(values)[max(rank, 1) - 1]


def median(values: Sequence[float]) -> float:
    """Return the median of the runs."""
    return float(statistics.median(values))
