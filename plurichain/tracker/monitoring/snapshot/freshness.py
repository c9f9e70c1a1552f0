"""How far what a node answered is to be relied on, by when it was asked and answered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

STALE_AFTER_NS: Final = 60_000_000_000
"""How old an answer may be, by the local clock, and still count as fresh."""
SLOWEST_BLOCK_NS: Final = 10_000_000_000
"""How old a chain's newest block may be although the chain goes on."""
ROUND_STALE_AFTER_NS: Final = 300_000_000_000
"""The same for what is asked in rounds (channels, clients, wallets): a round of many channels
takes a distant node most of a minute, and the observer rests for up to a minute after it."""


class FreshnessState(StrEnum):
    """How far an answer is to be relied on."""

    FRESH = "fresh"
    STALE = "stale"
    """It was not asked lately: whoever asks has ended, hangs, or has another clock."""
    FAILING = "failing"
    """It is asked, and the last question failed; figures are those of the answer before."""
    NEVER = "never"
    """Nothing was ever answered."""
    UNFOLLOWED = "unfollowed"
    """It is not asked any more, and is not to be: its chain was forgotten on purpose."""


_FROM_BEST = (
    FreshnessState.FRESH,
    FreshnessState.UNFOLLOWED,
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
        cls,
        asked_ns: int | None,
        answered_ns: int | None,
        error: str | None,
        now_ns: int,
        *,
        stale_after_ns: int = STALE_AFTER_NS,
    ) -> Freshness:
        """Return the freshness at ``now_ns``.

        An error that nobody asks about any more is old, and so is an answer from the future:
        of two machines' clocks one is wrong, and nobody knows how long ago it was.
        """
        last_ns = answered_ns if asked_ns is None else max(asked_ns, answered_ns or 0)
        if answered_ns is None or last_ns is None:
            state = FreshnessState.NEVER
        elif abs(now_ns - last_ns) > stale_after_ns:
            state = FreshnessState.STALE
        elif error:
            state = FreshnessState.FAILING
        elif abs(now_ns - answered_ns) > stale_after_ns:
            state = FreshnessState.STALE
        else:
            state = FreshnessState.FRESH
        return cls(asked_ns, answered_ns, error or None, state)

    @property
    def is_fresh(self) -> bool:
        """Whether what rests on it is as of now."""
        return self.state is FreshnessState.FRESH

    @property
    def is_wanted(self) -> bool:
        """Whether it is to be asked, and so whether it matters that it is not fresh."""
        return self.state is not FreshnessState.UNFOLLOWED

    def forgotten(self) -> Freshness:
        """Return what is left of it when its chain is not followed any more."""
        return replace(self, state=FreshnessState.UNFOLLOWED)

    def age_ns(self, now_ns: int) -> int | None:
        """Return how long ago the last answer came; None: never. A clock set back gives 0."""
        return None if self.answered_ns is None else max(now_ns - self.answered_ns, 0)


NEVER = Freshness(None, None, None, FreshnessState.NEVER)


def find_worst(*parts: Freshness) -> Freshness:
    """Return the least fresh of several, which is how fresh a figure made of all is."""
    if not parts:
        return NEVER
    return max(parts, key=lambda part: (_FROM_BEST.index(part.state), -(part.answered_ns or 0)))
