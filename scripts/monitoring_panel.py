"""A panel of the dashboard, and the expressions that several panels share.

In expressions ``@name`` is a metric of the chains that the reader chose, in legends
``@CHANNEL`` names a channel.
"""

from __future__ import annotations

from dataclasses import dataclass

_OPEN = "unreceived|expired|stranded|received-unacked|ack-pending|refund-pending|impossible|unknown"


@dataclass(frozen=True)
class Panel:
    """One panel. ``queries`` are (expression, legend); from ``worst`` on its figure is red."""

    title: str
    text: str
    queries: tuple[tuple[str, str], ...]
    kind: str = "stat"
    unit: str = "short"
    worst: float | None = None
    width: int = 6
    height: int = 4
    is_low_bad: bool = False
    """Whether it is red below ``worst``, and not from it on."""


def stat(title: str, text: str, *queries: tuple[str, str], **more: float | str | bool) -> Panel:
    """Return a panel of figures."""
    return Panel(title, text, queries, "stat", **more)  # type: ignore[arg-type]


def lines(title: str, text: str, *queries: tuple[str, str], unit: str = "short") -> Panel:
    """Return a panel of lines over time."""
    return Panel(title, text, queries, "timeseries", unit=unit, width=12, height=8)


def table(title: str, text: str, *queries: tuple[str, str], unit: str = "short") -> Panel:
    """Return a panel with a row for each series."""
    return Panel(title, text, queries, "table", unit=unit, width=12, height=8)


def latency(metric: str, share: float) -> tuple[str, str]:
    """Return the quantile of a histogram over a quarter of an hour, with its legend."""
    buckets = f"sum by (le, chain, channel) (increase(@{metric}_bucket[15m]))"
    percent = f"{share * 100:.0f}"
    # Of no packets there is no quantile: nothing to show, which is not unknown.
    return f"histogram_quantile({share}, {buckets}) >= 0", "{{chain}} {{channel}} p" + percent


def sum_known(labels: str, series: str) -> str:
    """Sum what is known; one that is not known would make all of the sum so."""
    return f"sum by ({labels}) ({series} >= 0)"


def count_unknown(label: str, series: str) -> tuple[str, str]:
    """Count channels where a figure is not known for some ``label``."""
    ends = f"count without ({label}) ({series} != {series})"
    return f"count({ends})", "channels where some is not known"


WAITING = 'plurichain_ibc_packets{chain=~"$chain",class=~"' + _OPEN + '"}'
