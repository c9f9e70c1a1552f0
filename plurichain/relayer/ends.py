"""The two ends of a link while it is being made: what each chain says of it, proven."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plurichain.ibc.channel import ChannelEnd
from plurichain.ibc.connection import ConnectionEnd
from plurichain.ibc.paths import channel_end_key, connection_key

if TYPE_CHECKING:
    from plurichain.chain.ibc.proofs import Proof
    from plurichain.chain.transactions.outcome import Outcome
    from plurichain.relayer.chain_end import RelayChain


@dataclass(slots=True)
class LinkSide:
    """One chain's side of a link. Names are empty until they are known.

    ``height`` is the block after which the ends were read; a proof of them needs the
    other side's client at the block after that. ``transactions`` counts what was sent here.
    """

    chain: RelayChain
    client_id: str = ""
    connection_id: str = ""
    port: str = ""
    channel_id: str = ""
    height: int = 0
    transactions: int = 0
    connection: ConnectionEnd | None = None
    channel: ChannelEnd | None = None
    connection_proof: Proof | None = field(default=None, repr=False)
    channel_proof: Proof | None = field(default=None, repr=False)

    def read(self, height: int) -> None:
        """Read both ends, proven, as they are after the block ``height``. Raises NodeError."""
        self.height = height
        if self.connection_id:
            proof = self.chain.proofs.query_proof(connection_key(self.connection_id), height)
            self.connection_proof = proof
            self.connection = ConnectionEnd.decode(proof.value) if proof.value else None
        if self.channel_id:
            key = channel_end_key(self.port, self.channel_id)
            proof = self.chain.proofs.query_proof(key, height)
            self.channel_proof = proof
            self.channel = ChannelEnd.decode(proof.value) if proof.value else None

    def note(self, outcome: Outcome) -> None:
        """Take the names of new ends from a transaction, and read what it came to."""
        for event in outcome.events:
            if event.type in {"connection_open_init", "connection_open_try"}:
                self.connection_id = event.get("connection_id") or self.connection_id
            is_new_channel = event.type in {"channel_open_init", "channel_open_try"}
            if is_new_channel and event.get("port_id") == self.port:
                self.channel_id = event.get("channel_id") or self.channel_id
        self.read(outcome.height)

    def describe(self) -> str:
        """Return names and states for messages."""
        parts = []
        if self.connection_id:
            state = self.connection.state.name if self.connection else "missing"
            parts.append(f"{self.connection_id} {state}")
        if self.channel_id:
            state = self.channel.state.name if self.channel else "missing"
            parts.append(f"{self.port}/{self.channel_id} {state}")
        return f"{self.chain.chain_id}: {', '.join(parts) or 'nothing'}"
