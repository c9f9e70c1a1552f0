"""The light clients that channels stand on: whether they can be used, and until when.

Until when is by the block time of the chain that hosts a client, as that chain judges it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from plurichain.chain.ibc.client_lives import read_client_life
from plurichain.ibc.packet import ProtocolVersion
from plurichain.tracker.observations import ClientObservation
from plurichain.tracker.observing.watched import QUESTION_S, Answers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plurichain.tracker.observing.watched import WatchedChain
    from plurichain.tracker.reading import End


class ClientWatch:
    """The clients under the channels of one chain."""

    def __init__(self, chain: WatchedChain) -> None:
        self._chain = chain
        self._connections: dict[str, str] = {}
        known = (
            (row.client_id, row)
            for row in chain.observations.list_clients()
            if row.chain_id == chain.chain_id
        )
        self._answers = Answers[ClientObservation](chain, known, total_s=QUESTION_S)

    def observe(self, ends: Iterable[tuple[End, str | None]]) -> None:
        """Ask for the clients of ``ends``, each with its connection (None: not known).

        Raises StorageError, and NodeError where a connection is not told.
        """
        self._answers.begin_round()
        found: dict[str, None] = {}
        for end, connection in ends:
            if end.protocol is ProtocolVersion.V2:
                found[end.channel] = None
            elif connection is not None:
                found[self._find_client(connection)] = None
        for client_id in found:
            blank = ClientObservation(self._chain.chain_id, client_id, self._chain.clock_ns())
            self._answers.ask(client_id, blank, lambda name=client_id: self._read(name))  # type: ignore[misc]

    def fail(self, cause: str) -> None:
        """Note that nothing can be asked now."""
        self._answers.fail_all(cause)

    def _find_client(self, connection: str) -> str:
        """Return the client of a connection, which never changes."""
        if connection not in self._connections:
            client_id = self._chain.queries.get_connection(connection).client_id
            self._connections[connection] = client_id
        return self._connections[connection]

    def _read(self, client_id: str) -> ClientObservation:
        life = read_client_life(self._chain.client, self._chain.queries, client_id)
        state = self._chain.queries.get_client_state(client_id)
        return ClientObservation(
            self._chain.chain_id,
            client_id,
            asked_ns=0,
            peer_chain_id=state.chain_id,
            status=life.status.value,
            trusting_period_ns=life.trusting_period_ns,
            latest_time_ns=life.updated_ns,
            expires_ns=life.expires_ns,
        )
