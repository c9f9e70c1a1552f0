"""Collecting the samples of one page: each metric's labels checked, equal ones folded."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from plurichain.tracker.monitoring.metrics.catalog import BY_NAME, SPECS, Fold, Kind, Spec
from plurichain.tracker.monitoring.snapshot.items import LATENCY_BOUNDS_NS, Latency

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from prometheus_client.core import Metric

Labels = tuple[str, ...]


def _add_known(one: float, other: float) -> float:
    """Return a sum, of the known part if only one is; 0 and unknown is unknown."""
    total = sum(each for each in (one, other) if not math.isnan(each))
    is_whole = not math.isnan(one) and not math.isnan(other)
    return total if total or is_whole else math.nan


_FOLDS: Final[dict[Fold, Callable[[float, float], float]]] = {
    Fold.SUM: _add_known,
    Fold.MOST: lambda one, other: other if math.isnan(one) or other > one else one,
    Fold.LEAST: lambda one, other: other if math.isnan(one) or other < one else one,
}


class Samples:
    """The samples of all metrics of the catalog, by the labels in its order."""

    def __init__(self) -> None:
        self._values: dict[str, dict[Labels, float]] = {spec.name: {} for spec in SPECS}
        self._latencies: dict[str, dict[Labels, list[Latency]]] = {
            spec.name: {} for spec in SPECS if spec.kind is Kind.HISTOGRAM
        }

    def add(self, name: str, labels: Labels, value: float | None) -> None:
        """Add a sample; None is not known, and becomes NaN."""
        spec, number = BY_NAME[name], math.nan if value is None else float(value)
        assert len(labels) == len(spec.labels), name
        held = self._values[name]
        held[labels] = _FOLDS[spec.fold](held[labels], number) if labels in held else number

    def add_seconds(self, name: str, labels: Labels, duration_ns: int | None) -> None:
        """Add a duration or a time, given in nanoseconds."""
        self.add(name, labels, None if duration_ns is None else duration_ns / 10**9)

    def add_latency(self, name: str, labels: Labels, latency: Latency) -> None:
        """Add what a histogram shows."""
        self._latencies[name].setdefault(labels, []).append(latency)

    def make_families(self) -> Iterator[Metric]:
        """Yield every metric of the catalog, those without samples too."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        for spec in SPECS:
            if spec.kind is Kind.HISTOGRAM:
                yield self._make_histogram(spec)
                continue
            make = CounterMetricFamily if spec.kind is Kind.COUNTER else GaugeMetricFamily
            family = make(spec.full_name, spec.help, labels=spec.labels)
            for labels, value in self._values[spec.name].items():
                family.add_metric(labels, value)
            yield family

    def _make_histogram(self, spec: Spec) -> Metric:
        from prometheus_client.core import HistogramMetricFamily

        family = HistogramMetricFamily(spec.full_name, spec.help, labels=spec.labels)
        for labels, latencies in self._latencies[spec.name].items():
            counts = [
                sum(column) for column in zip(*(each.below for each in latencies), strict=True)
            ]
            count = sum(each.count for each in latencies)
            bounds = [format_bound(bound) for bound in LATENCY_BOUNDS_NS]
            buckets = [*zip(bounds, counts, strict=True), ("+Inf", count)]
            total_ns = sum(each.total_ns for each in latencies)
            family.add_metric(labels, buckets, total_ns / 10**9)
        return family


def format_bound(bound_ns: int) -> str:
    """Return a bound in seconds as both formats write it."""
    return str(float(bound_ns / 10**9))
