"""The last snapshot as what prometheus_client's registry collects."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from plurichain import __version__
from plurichain.tracker.monitoring.metrics.labels import NO_NAMES, RelayerNames
from plurichain.tracker.monitoring.metrics.refreshing import Taken
from plurichain.tracker.monitoring.metrics.samples import Samples
from plurichain.tracker.monitoring.metrics.writer import Writer

if TYPE_CHECKING:
    from prometheus_client.core import Metric

    from plurichain.tracker.monitoring.snapshot.items import Snapshot


class SnapshotCollector:
    """The metrics of the last snapshot, and how old it is now."""

    def __init__(self, get_taken: Callable[[], Taken], names: RelayerNames = NO_NAMES) -> None:
        self._get_taken = get_taken
        self._names = names
        self._held: tuple[Snapshot | None, list[Metric]] | None = None

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics; those of a snapshot are made once."""
        taken = self._get_taken()
        held = self._held
        if held is None or held[0] is not taken.snapshot:
            held = (taken.snapshot, self._make_families(taken.snapshot))
            self._held = held
        own = {family.name: family for family in self._make_own(taken)}
        for family in held[1]:
            yield own.get(family.name, family)

    def _make_families(self, snapshot: Snapshot | None) -> list[Metric]:
        samples = Samples() if snapshot is None else Writer(snapshot, self._names).write()
        return list(samples.make_families())

    def _make_own(self, taken: Taken) -> Iterator[Metric]:
        samples, now_s = Samples(), time.monotonic()
        samples.add("build_info", (__version__,), 1)
        samples.add("snapshot_age_seconds", (), taken.age_s(now_s))
        samples.add("snapshot_duration_seconds", (), taken.duration_s)
        samples.add("snapshot_failing", (), taken.is_failing(now_s))
        samples.add("snapshot_failures_total", (), taken.failures)
        return (family for family in samples.make_families() if family.samples)
