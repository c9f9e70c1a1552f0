"""How often, and after what pauses, an idempotent call is tried again.

Reads are idempotent; so is handing in the same signed bytes. Nothing else is retried.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plurichain.chain.budget import Budget

MOST_DOUBLINGS = 32


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """At most ``tries`` tries, with pauses that double from ``first_s`` up to ``longest_s``.

    Each pause is drawn evenly from 0 up to its bound ("full jitter"), so that clients
    which failed together do not come back together. ``rng`` makes the draws repeatable.
    """

    tries: int = 4
    first_s: float = 0.05
    longest_s: float = 1.0
    rng: random.Random = field(default_factory=random.Random)
    sleep: Callable[[float], None] = time.sleep

    def compute_pause(self, number: int) -> float:
        """Return seconds to wait after the failed try ``number`` (from 1)."""
        # Tries of hours are more than a float can double.
        bound = min(self.first_s * 2 ** min(number - 1, MOST_DOUBLINGS), self.longest_s)
        return self.rng.uniform(0, bound)

    def run(self, budget: Budget) -> Iterator[int]:
        """Yield the number of each try, pausing between them while the budget lasts."""
        for number in range(1, self.tries + 1):
            yield number
            if number == self.tries:
                return
            pause_s = self.compute_pause(number)
            if pause_s >= budget.left_s:
                return
            self.sleep(pause_s)
