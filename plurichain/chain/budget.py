"""One total of time for an operation, however many calls, tries and nodes it takes.

A budget surrounds the code that it bounds (``with Budget(10).running():``) and is found
there by every call below, in the same thread or task, as a context variable: so the
many layers between an operation and a socket need not each hand it on. Where two are
nested the shorter one counts.
"""

from __future__ import annotations

import contextlib
import contextvars
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from plurichain.errors import NodeTimeout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LEAST_CALL_S = 0.001
_UNTOUCHED: Final = 0.9
"""Of what share of a total one call is said to have had all of it."""

_current: contextvars.ContextVar[Budget | None] = contextvars.ContextVar("budget", default=None)


@dataclass(frozen=True, slots=True)
class CallLimit:
    """How long one call may take: ``seconds``, the rest of ``total_s`` (None: its own limit)."""

    seconds: float
    total_s: float | None = None

    @property
    def is_rest(self) -> bool:
        """Whether calls before it have left it less time than it was to have."""
        return self.total_s is not None and self.seconds < _UNTOUCHED * self.total_s

    def make_error(self, who: str, what: str = "") -> NodeTimeout:
        """Return that ``who`` did not answer ``what`` in time, and what the time was of."""
        asked = f" ({what})" if what else ""
        if not self.is_rest:
            return NodeTimeout(
                f"{who} did not answer within {self.seconds:g} s{asked}",
                remedy="check that the node runs and keeps up, or use another node",
            )
        return NodeTimeout(
            f"{who} did not answer within {self.seconds:.2g} s{asked}: what was asked before had "
            f"taken the rest of {self.total_s:g} s in all",
            remedy="allow more time, or use a node that answers faster",
        )


class Budget:
    """``total_s`` seconds of the monotonic clock, from now on."""

    def __init__(self, total_s: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        outer = _current.get()
        self.total_s = total_s
        self._clock = clock
        self._deadline = clock() + total_s
        if outer is not None and outer.left_s < total_s:
            self.total_s = outer.total_s
            self._deadline = clock() + outer.left_s

    @property
    def left_s(self) -> float:
        """Seconds that are left; negative when it is over."""
        return self._deadline - self._clock()

    def compute_limit(self, wanted_s: float) -> float:
        """Return how long one call that wants ``wanted_s`` seconds may take.

        Raises NodeTimeout if nothing is left.
        """
        left_s = self.left_s
        if left_s <= 0:
            raise NodeTimeout(
                f"no answer within {self.total_s:g} s in all",
                remedy="check that a node of the network runs, or allow more time",
            )
        return max(min(wanted_s, left_s), LEAST_CALL_S)

    @contextlib.contextmanager
    def running(self) -> Iterator[Self]:
        """Have this budget bound every call in the block."""
        token = _current.set(self)
        try:
            yield self
        finally:
            _current.reset(token)


def compute_call_limit(wanted_s: float) -> CallLimit:
    """Return ``wanted_s``, or what the surrounding budget leaves. Raises NodeTimeout."""
    budget = _current.get()
    if budget is None:
        return CallLimit(wanted_s)
    seconds = budget.compute_limit(wanted_s)
    return CallLimit(seconds, budget.total_s if seconds < wanted_s else None)


def compute_call_timeout(wanted_s: float) -> float:
    """Return the seconds of ``compute_call_limit``. Raises NodeTimeout."""
    return compute_call_limit(wanted_s).seconds
