"""Since when a tracked packet is waited for, and by whose clock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from plurichain.ibc.overdue import (
    PacketTimes,
    Thresholds,
    Wait,
    compute_wait,
)

if TYPE_CHECKING:
    from plurichain.tracker.coverage import ChainView
    from plurichain.tracker.views import PacketRow


def find_wait(
    row: PacketRow, chains: Mapping[str, ChainView], thresholds: Thresholds
) -> Wait | None:
    """Return since when a packet waits by whose clock; None: for nothing, or not known."""
    source, destination = chains.get(row.chain_id), chains.get(row.destination_chain_id or "")
    times = PacketTimes(
        story=row.story,
        sent_ns=row.sent_time_ns,
        received_ns=row.received_time_ns,
        answered_ns=row.answered_time_ns,
        timeout_ns=row.timeout_ns,
        source_ns=None if source is None else source.time_ns,
        destination_ns=None if destination is None else destination.time_ns,
    )
    return compute_wait(times, thresholds)
