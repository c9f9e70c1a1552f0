"""Asking chains where their channel ends lead, also those that only another chain names.

A channel over which only one side has spoken is told by that side's chain alone. Where its end
leads to a chain that is followed too, that chain is asked for the other end. What is asked
follows from what is kept, so that a killed process asks it again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from plurichain.tracker.reading import End
    from plurichain.tracker.store import Route

FIRST_REST_S: Final = 5.0
LONGEST_REST_S: Final = 300.0
"""How long an end is left alone of which it was not known where it leads: the rest doubles with
every time, since channels that somebody began to open and never did stay without an answer."""


class RouteSink(Protocol):
    """Where routes are kept, beside the blocks that told of their ends."""

    def list_unrouted(self, chain_id: str) -> list[End]:
        """Return the ends that a chain told of and of which it is not known where they lead."""

    def list_named(self, chain_id: str) -> list[End]:
        """Return the ends that only other chains named, as where theirs lead, without a route."""

    def add_route(self, route: Route) -> None:
        """Keep where an end leads."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """How long an end is left alone, and until when by the local clock."""

    rest_s: float
    due_s: float


class RouteSeeker:
    """Asks for what is missing, each end after growing rests. One thread a chain at a time."""

    def __init__(self, sink: RouteSink, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._sink = sink
        self._clock = clock
        self._asked: dict[str, dict[tuple[End, bool], _Asked]] = {}

    def seek(
        self,
        chain_id: str,
        find_route: Callable[[End], Route | None],
        *,
        also_named: bool = True,
    ) -> int:
        """Ask a chain for the routes of its ends that are due; returns how many were found.

        ``also_named``: ends too that only other chains named. One that was asked for before any
        block told of it is asked for at once when one does: there may be an answer now. Raises
        StorageError, InputError.
        """
        asked, found = self._asked.setdefault(chain_id, {}), 0
        keys = [(end, True) for end in self._sink.list_unrouted(chain_id)]
        if also_named:
            keys += [(end, False) for end in self._sink.list_named(chain_id)]
        for key in keys:
            last, now_s = asked.get(key), self._clock()
            if last is not None and now_s < last.due_s:
                continue
            rest_s = FIRST_REST_S if last is None else min(2 * last.rest_s, LONGEST_REST_S)
            asked[key] = _Asked(rest_s, now_s + rest_s)
            route = find_route(key[0])
            if route is not None:
                self._sink.add_route(route)
                found += 1
        return found

    def has_open(self, chain_id: str) -> bool:
        """Tell whether it is not known of an end where it leads."""
        return bool(self._sink.list_unrouted(chain_id) or self._sink.list_named(chain_id))

    def forget(self) -> None:
        """Let every end be asked for at once."""
        self._asked.clear()
