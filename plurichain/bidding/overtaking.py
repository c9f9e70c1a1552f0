"""Two runs that bid with one key in one auction: the bid that was sealed last stands.

Two that each brought back their own bid would pay fees until the deadline.
"""

from __future__ import annotations

from dataclasses import dataclass

MOST_TIMES = 3
"""How often a run bids against another machine that has its key before it gives way."""


@dataclass(slots=True)
class OwnAttempt:
    """The attempt that a run sealed or found to be its bid, 0 for none yet."""

    attempt: int = 0
    overtaken: int = 0

    def is_overtaken(self, attempt: int) -> bool:
        """Tell whether ``attempt``, on chain with another bid, was sealed after this run's."""
        return 0 < self.attempt < attempt

    def gives_way(self, attempt: int) -> bool:
        """Count a commitment that this machine cannot open; True once it is of no use to go on."""
        if self.is_overtaken(attempt):
            self.overtaken += 1
        return self.overtaken >= MOST_TIMES
