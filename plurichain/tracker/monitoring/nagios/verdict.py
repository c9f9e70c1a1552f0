"""Verdicts as cron and Nagios take them: one line, one status, figures after a bar.

The format is that of the Nagios plugin guidelines: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN,
then ``label=value;warning;critical``. What rests on an answer that is old, failed or never
came is UNKNOWN, however good or bad it looked then; only what is bad for certain is worse.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from plurichain.encoding.display import escape_text
from plurichain.tracker.monitoring.snapshot.freshness import Freshness, FreshnessState
from plurichain.tracker.monitoring.snapshot.items import Snapshot
from plurichain.tracker.monitoring.texts import SECOND_NS, format_age
from plurichain.tracker.monitoring.watch.view import find_last_asked, say_idle

_LONGEST: Final = 900
"""How long the words may be; Nagios keeps a few kilobytes, a person reads one line."""


class Status(IntEnum):
    """The exit status of a check, by Nagios's numbers."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was found, and how bad it is."""

    status: Status
    text: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure for a graph; None is unknown. ``unit``: "s", "c" (a counter), or none."""

    label: str
    value: int | None
    unit: str = ""
    warning: int | None = None
    critical: int | None = None

    @property
    def text(self) -> str:
        """The figure as Nagios reads it; U is its word for unknown."""
        name = self.label.replace("'", "").replace("=", "")
        value = "U" if self.value is None else f"{self.value}{self.unit}"
        limits = [str(each) if each is not None else "" for each in (self.warning, self.critical)]
        return f"'{name}'={value};{limits[0]};{limits[1]}".rstrip(";")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check came to: findings, what is well if there are none, and figures."""

    name: str
    findings: tuple[Finding, ...]
    well: str
    figures: tuple[Figure, ...] = ()

    @property
    def status(self) -> Status:
        """The worst of the findings: what is certainly bad, then what is not known."""
        return max(
            (each.status for each in self.findings),
            default=Status.OK,
            key=lambda status: _URGENCY[status],
        )

    @property
    def line(self) -> str:
        """The one line that is printed."""
        ordered = sorted(self.findings, key=lambda each: -_URGENCY[each.status])
        words = "; ".join(each.text for each in ordered if each.status) or self.well
        # A bar ends the words, and a reader of the line must not be moved by a chain's texts.
        told = escape_text(words.replace("|", "/"), most=_LONGEST)
        figures = " ".join(escape_text(each.text.replace("|", "/")) for each in self.figures)
        return f"{self.name} {self.status.name} - {told}" + (f" | {figures}" if figures else "")


_URGENCY: Final = {Status.CRITICAL: 3, Status.UNKNOWN: 2, Status.WARNING: 1, Status.OK: 0}


def demote(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield findings that were made of old figures: how it is now is not known."""
    for each in findings:
        if each.status in {Status.CRITICAL, Status.WARNING}:
            yield Finding(Status.UNKNOWN, f"last known: {each.text}")
        else:
            yield each


def put_idle_first(snapshot: Snapshot, findings: list[Finding]) -> list[Finding]:
    """Return findings as they are if a tracker is at work, else why all of them are old.

    That each of them is old has been said once then.
    """
    idle = list(check_tracker(snapshot))
    if not idle:
        return findings
    return [*idle, *demote(each for each in findings if each.status is not Status.UNKNOWN)]


def make_unknown(name: str, why: str) -> Verdict:
    """Return the verdict of a check that could not be made."""
    return Verdict(name, (Finding(Status.UNKNOWN, why),), "")


def check_tracker(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield what keeps all figures from being of now: nothing tracked, or no tracker at work."""
    last = find_last_asked(snapshot)
    if not snapshot.chains:
        yield Finding(Status.UNKNOWN, "nothing was tracked yet")
    elif not any(each.is_followed for each in snapshot.chains):
        yield Finding(Status.UNKNOWN, "no chain is followed any more (plurichain ibc track)")
    elif last is None:
        yield Finding(Status.UNKNOWN, "the tracker has asked no node: with --no-observe?")
    elif not Freshness.judge(last, last, None, snapshot.taken_ns).is_fresh:
        idle = say_idle(snapshot.taken_ns - last)
        yield Finding(Status.UNKNOWN, f"the tracker is not at work: it {idle}")


def check_freshness(what: str, freshness: Freshness, now_ns: int) -> Iterator[Finding]:
    """Yield why what rests on an answer is not of now."""
    if freshness.is_fresh or not freshness.is_wanted:
        return
    if freshness.state is FreshnessState.NEVER:
        told = "never answered" if freshness.asked_ns is not None else "was not asked"
    else:
        told = f"{freshness.state.value}, answered {format_age(freshness.age_ns(now_ns))} ago"
    error = f" ({freshness.error})" if freshness.error else ""
    yield Finding(Status.UNKNOWN, f"{what}: {told}{error}")


def name_unfollowed(snapshot: Snapshot) -> str:
    """Return which chains were left out, as the end of a sentence; empty: none."""
    names = [each.chain_id for each in snapshot.chains if not each.is_followed]
    return f"; not followed any more: {', '.join(names)}" if names else ""


def count_packets(count: int | None) -> str:
    """Return "1 packet", "4 packets"; unknown is "?"."""
    return f"{'?' if count is None else count} packet" + "s" * (count != 1)


def to_seconds(duration_ns: int | None) -> int | None:
    """Return whole seconds, rounded down."""
    return None if duration_ns is None else duration_ns // SECOND_NS
