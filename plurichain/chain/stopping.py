"""Ending a wait early, from outside the thread that waits.

A thread cannot be interrupted, so a wait asks here now and then. The asyncio face sets
the flag of a call that was cancelled; plain calls have none, and Ctrl-C ends them itself.
"""

from __future__ import annotations

import threading
import time
from contextvars import ContextVar

flag: ContextVar[threading.Event | None] = ContextVar("plurichain_stop", default=None)
"""The flag of the call that runs in this context."""


def is_wanted() -> bool:
    """Return whether the caller no longer wants an answer."""
    event = flag.get()
    return event is not None and event.is_set()


def pause(seconds: float) -> bool:
    """Wait; returns early, and True, if the caller no longer wants an answer."""
    event = flag.get()
    if event is None:
        time.sleep(seconds)
        return False
    return event.wait(seconds)
