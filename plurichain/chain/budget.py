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
from typing import TYPE_CHECKING, Self

from plurichain.errors import NodeTimeout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LEAST_CALL_S = 0.001

_current: contextvars.ContextVar[Budget | None] = contextvars.ContextVar("budget", default=None)


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


def compute_call_timeout(wanted_s: float) -> float:
    """Return ``wanted_s``, or what the surrounding budget leaves. Raises NodeTimeout."""
    budget = _current.get()
    return wanted_s if budget is None else budget.compute_limit(wanted_s)
