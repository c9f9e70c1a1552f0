"""How figures are taken and printed: one line of JSON each, medians of several runs."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Sequence


def show(figure: str, **values: object) -> None:
    """Print one figure."""
    rounded = {
        name: round(value, 4) if isinstance(value, float) else value
        for name, value in values.items()
    }
    print(json.dumps({"figure": figure, **rounded}), flush=True)


def show_samples(figure: str, samples: Sequence[float], **values: object) -> float:
    """Print the median of some samples with the least and the greatest; return the median."""
    median = statistics.median(samples)
    show(
        figure,
        median=float(median),
        least=float(min(samples)),
        greatest=float(max(samples)),
        samples=len(samples),
        **values,
    )
    return median


def show_ratio(
    figure: str, ours: Sequence[float], theirs: Sequence[float], **values: object
) -> None:
    """Print the median of the ratios of runs that were made one right after the other."""
    ratios = [mine / other for mine, other in zip(ours, theirs, strict=True)]
    show_samples(figure, ratios, **values)


def measure_rate(work: Callable[[], int]) -> float:
    """Return how many things a second ``work`` does; it returns how many it did."""
    began = time.perf_counter()
    count = work()
    return count / (time.perf_counter() - began)
