"""Trying until it works: a device starts before its node does, and stays when it goes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from plurichain.bidding.progress import Progress
from plurichain.errors import (
    BadReply,
    LockedError,
    NodeBehind,
    NodeBusy,
    NodeTimeout,
    NodeUnreachable,
    TlsFailed,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from plurichain.bidding.progress import Report

T = TypeVar("T")

PASSING = (NodeUnreachable, NodeTimeout, NodeBusy, NodeBehind, BadReply, LockedError)
"""What may pass by itself. A wrong chain, or a certificate at the start, does not."""

FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 5.0
WARN_AGAIN_S = 10.0


def keep_trying(
    action: Callable[[], T],
    report: Report,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> T:
    """Return what ``action`` returns, however often its node has to be asked.

    Warns at the first failure and every few seconds after. Raises what does not pass.
    """
    pause_s, warned_at_s = FIRST_PAUSE_S, float("-inf")
    began_s = clock()
    while True:
        try:
            return action()
        except PASSING as error:
            if isinstance(error, TlsFailed):
                raise
            now_s = clock()
            if now_s - warned_at_s >= WARN_AGAIN_S:
                warned_at_s = now_s
                text = f"{error.cause}; trying again, for {now_s - began_s:.0f} s now"
                report(Progress("node_silent", text, is_warning=True))
        sleep(pause_s)
        pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
