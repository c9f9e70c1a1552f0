"""Trouble that goes on, such as a database that is away: told when it begins and when it ends."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

REMIND_EVERY_S = 600.0
"""How often trouble that goes on is told again: a night of it must not fill a log."""
CALM_S = 3.0
"""Trouble is over if there was none for so long: what went well may have needed less."""


class Trouble:
    """One thing that may go wrong again and again; used by one thread, or under a lock.

    ``what`` says what does not work meanwhile. Lines go to ``logger`` as warnings, also the one
    that it is over: whoever read of the trouble must read that.
    """

    def __init__(
        self,
        logger: logging.Logger,
        what: str,
        *,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._logger = logger
        self._what = what
        self._clock_s = clock_s
        self._noted_s = 0.0
        self._remind_s: float | None = None

    def note(self, cause: str) -> None:
        """Tell the trouble if it is new, or was last told long ago."""
        self._noted_s = now_s = self._clock_s()
        if self._remind_s is None or now_s >= self._remind_s:
            self._logger.warning("%s: %s", self._what, cause)
            self._remind_s = now_s + REMIND_EVERY_S

    def note_well(self) -> None:
        """Note that all went well; tell that the trouble is over, if there was any."""
        if self._remind_s is not None and self._clock_s() - self._noted_s >= CALM_S:
            self._logger.warning("%s: that is over", self._what)
            self._remind_s = None
