"""Looking at the state of a channel, and handing what waits to its two lanes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from plurichain.relayer.backlog import list_backlog, read_backlog
from plurichain.relayer.work import Direction, EndName, Route, WorkKey

if TYPE_CHECKING:
    from plurichain.relayer.chain_end import RelayChain
    from plurichain.relayer.lane import Lane

MOST_WAITING = 1_200
"""While so much waits in a lane no more is looked for: memory stays bounded."""
PAUSE_S = 0.2


class Sweeper:
    """Remembers only which packets were looked for in vain, so as not to do it again."""

    def __init__(self, is_over: Callable[[], bool]) -> None:
        self._is_over = is_over
        self._missing: set[tuple[str, Route, int]] = set()

    def is_missing(self, chain_id: str, end: EndName, sequence: int) -> bool:
        """Tell whether the data of a packet sent from ``end`` were looked for in vain."""
        return any(
            (chain_id, end, sequence) == (found, route.source, number)
            for found, route, number in self._missing
        )

    def sweep(self, there: Lane, back: Lane, route: Route) -> None:
        """Have what waits on ``route`` done by the lane along it and the one against it.

        Waits while a lane has much before it. Raises NodeError.
        """
        if self._is_over():
            return
        source, host = there.source, there.host
        sequences = [
            sequence
            for sequence in list_backlog(source, route)
            if (source.chain_id, route, sequence) not in self._missing
            and not there.board.knows(WorkKey(Direction.INBOUND, route.host, sequence))
            and not back.board.knows(WorkKey(Direction.RETURN, route.source, sequence))
        ]
        if not sequences:
            return

        def tell(text: str) -> None:
            source.tell("searching", text)

        for part in read_backlog(source, host, route, sequences, tell=tell):
            there.add_works(part.receives)
            back.add_works(part.returns)
            back.watch(work.packet for work in part.receives if work.packet is not None)
            self._note_missing(source, route, part.missing, part.unread)
            source.tell(
                "backlog",
                f"{route.source} on {source.chain_id}: {len(part.receives)} to receive, "
                f"{len(part.returns)} to acknowledge, {len(part.unanswered)} without an "
                f"acknowledgement yet, {part.left} to look at",
                receive=len(part.receives),
                acknowledge=len(part.returns),
                left=part.left,
            )
            while not self._is_over():
                if max(there.board.waiting_count, back.board.waiting_count) < MOST_WAITING:
                    break
                time.sleep(PAUSE_S)

    def _note_missing(
        self,
        source: RelayChain,
        route: Route,
        missing: Sequence[int],
        unread: Sequence[tuple[int, int]],
    ) -> None:
        if not missing:
            return
        self._missing.update((source.chain_id, route, sequence) for sequence in missing)
        gaps = ", ".join(f"{first}–{last}" for first, last in unread[:8])
        where = f"; blocks that no node has: {gaps}" if gaps else ""
        source.tell(
            "packets_missing",
            f"{route.source} on {source.chain_id}: the data of {len(missing)} packets from "
            f"sequence {missing[0]} on cannot be found{where}; a node that keeps all blocks "
            "and their results has them",
            is_warning=True,
        )
