"""How far what a node answered is to be relied on, by when it was asked and answered."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

STALE_AFTER_NS = 60_000_000_000
"""How old an answer may be, by the local clock, and still count as fresh."""


class FreshnessState(StrEnum):
    """How far an answer is to be relied on."""

    FRESH = "fresh"
    STALE = "stale"
    """Nothing was answered for ``STALE_AFTER_NS``, and no error told why."""
    FAILING = "failing"
    """The last question failed; figures are those of the answer before."""
    NEVER = "never"
    """Nothing was ever answered."""


_FROM_BEST = (
    FreshnessState.FRESH,
    FreshnessState.STALE,
    FreshnessState.FAILING,
    FreshnessState.NEVER,
)


@dataclass(frozen=True, slots=True)
class Freshness:
    """When something was asked and answered last, by the local clock; None: never."""

    asked_ns: int | None
    answered_ns: int | None
    error: str | None
    state: FreshnessState

    @classmethod
    def judge(
        cls, asked_ns: int | None, answered_ns: int | None, error: str | None, now_ns: int
    ) -> Freshness:
        """Return the freshness at ``now_ns``."""
        if answered_ns is None:
            state = FreshnessState.NEVER
        elif error:
            state = FreshnessState.FAILING
        elif now_ns - answered_ns > STALE_AFTER_NS:
            state = FreshnessState.STALE
        else:
            state = FreshnessState.FRESH
        return cls(asked_ns, answered_ns, error or None, state)

    @property
    def is_fresh(self) -> bool:
        """Whether what rests on it is as of now."""
        return self.state is FreshnessState.FRESH

    def age_ns(self, now_ns: int) -> int | None:
        """Return how long ago the last answer came; None: never. A clock set back gives 0."""
        return None if self.answered_ns is None else max(now_ns - self.answered_ns, 0)


NEVER = Freshness(None, None, None, FreshnessState.NEVER)


def find_worst(*parts: Freshness) -> Freshness:
    """Return the least fresh of several, which is how fresh a figure made of all is."""
    if not parts:
        return NEVER
    return max(parts, key=lambda part: (_FROM_BEST.index(part.state), -(part.answered_ns or 0)))
