"""What a light client knows, followed from blocks, so that no packet waits for a query."""

from __future__ import annotations

import bisect
from typing import TYPE_CHECKING

from plurichain.ibc.client import is_refresh_due
from plurichain.ibc.events import ClientEvent, ClientEventKind
from plurichain.relayer.client_life import validate_client
from plurichain.relayer.client_updates import plan_client_update

if TYPE_CHECKING:
    from plurichain.encoding.height import Height
    from plurichain.lightclient.bisection import ClientUpdate
    from plurichain.relayer.chain_end import RelayChain

MOST_KNOWN = 2_000
"""Of more heights the oldest are forgotten: proofs are made of recent state."""


class ClientTrack:
    """The client of ``source`` on ``host`` that a lane uses. Used by one thread."""

    def __init__(self, host: RelayChain, source: RelayChain, client_id: str) -> None:
        self._host = host
        self._source = source
        self.client_id = client_id
        self._known: list[int] = []
        self._expected: dict[int, int] = {}
        self._trusting_ns = 0
        self._updated_ns = 0

    def load(self) -> None:
        """Read what the client knows now. Raises ClientUnusable, NodeError."""
        life = validate_client(self._host, self.client_id)
        state = self._host.queries.get_client_state(self.client_id)
        self._trusting_ns, self._updated_ns = life.trusting_period_ns, life.updated_ns
        self._known = [state.latest_height.height]
        self._expected.clear()

    def apply_host(self, event: ClientEvent) -> bool:
        """Note an event of the host's chain; tells whether the client was frozen by it."""
        if event.client_id != self.client_id:
            return False
        if event.kind is ClientEventKind.MISBEHAVED:
            return True
        for height in event.heights:
            self._learn(height)
        return False

    def knows(self, height: int) -> bool:
        """Tell whether the client has, or is about to have, this very height."""
        if height in self._expected:
            return True
        place = bisect.bisect_left(self._known, height)
        return place < len(self._known) and self._known[place] == height

    @property
    def newest(self) -> int:
        """The greatest height that it has or is about to have."""
        return max(self._known[-1] if self._known else 0, max(self._expected, default=0))

    def plan(self, height: int) -> tuple[ClientUpdate, ...]:
        """Return the headers after which the client knows ``height``; none if it does.

        Raises ClientUnusable, ProofError, NodeError.
        """
        if self.knows(height):
            return ()
        place = bisect.bisect_left(self._known, height)
        if place == 0:
            self._known = sorted(
                each.height for each in self._host.queries.list_consensus_heights(self.client_id)
            )
            place = bisect.bisect_left(self._known, height)
        trusted = self._source.make_height(self._known[max(place - 1, 0)])
        return plan_client_update(self._host, self._source, self.client_id, trusted, height)

    def expect(self, updates: tuple[ClientUpdate, ...]) -> None:
        """Note that headers are on their way."""
        for update in updates:
            self._expected[update.height.height] = update.signed_header.header.time_ns

    def give_up(self, heights: tuple[int, ...]) -> None:
        """Note that headers did not arrive."""
        for height in heights:
            self._expected.pop(height, None)

    def is_refresh_due(self, host_ns: int) -> bool:
        """Tell whether a third of the trusting period is over by the host's block time."""
        newest_ns = max(self._updated_ns, max(self._expected.values(), default=0))
        return bool(self._trusting_ns) and is_refresh_due(newest_ns, self._trusting_ns, host_ns)

    def _learn(self, height: Height) -> None:
        # What somebody else showed it has a time that is not known here: it does not count.
        self._updated_ns = max(self._updated_ns, self._expected.pop(height.height, 0))
        place = bisect.bisect_left(self._known, height.height)
        if place == len(self._known) or self._known[place] != height.height:
            self._known.insert(place, height.height)
        del self._known[:-MOST_KNOWN]
