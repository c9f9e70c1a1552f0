"""Connection ends, their bytes, and what their handshake needs next.

Sources: ibc-go proto/ibc/core/connection/v1/connection.proto,
modules/core/03-connection/keeper/handshake.go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from plurichain.encoding.message import Message
from plurichain.encoding.protobuf import MessageWriter
from plurichain.errors import EncodingError
from plurichain.ibc.handshake import CONNECTION_STEPS, EndState, HandshakeStep, find_step
from plurichain.ibc.paths import STORE


@dataclass(frozen=True, slots=True)
class ConnectionVersion:
    """A version of the connection protocol, and which orders of channels it carries."""

    identifier: str
    features: tuple[str, ...]

    def encode(self) -> bytes:
        """Return the protobuf Version."""
        writer = MessageWriter().write_text(1, self.identifier)
        for feature in self.features:
            writer.write_message(2, feature.encode())
        return writer.finish()


DEFAULT_VERSION: Final = ConnectionVersion("1", ("ORDER_ORDERED", "ORDER_UNORDERED"))
"""What every chain of today offers."""


@dataclass(frozen=True, slots=True)
class ConnectionEnd:
    """One end of a connection. ``counterparty_connection`` is empty until it is known."""

    client_id: str
    versions: tuple[ConnectionVersion, ...]
    state: EndState
    counterparty_client: str
    counterparty_connection: str
    counterparty_prefix: bytes = STORE.encode()
    delay_period_ns: int = 0

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Return the connection end of stored bytes; raises EncodingError."""
        message = Message.read(data)
        counterparty = message.get_message(4)
        try:
            state = EndState(message.get_uint(3))
        except ValueError as error:
            raise EncodingError(f"connection end: {error}") from None
        return cls(
            client_id=message.get_text(1),
            versions=tuple(
                ConnectionVersion(version.get_text(1), version.list_texts(2))
                for version in message.list_messages(2)
            ),
            state=state,
            counterparty_client=counterparty.get_text(1),
            counterparty_connection=counterparty.get_text(2),
            counterparty_prefix=counterparty.get_message(3).get_bytes(1),
            delay_period_ns=message.get_uint(5),
        )

    def encode(self) -> bytes:
        """Return the bytes that the chain stores and that a proof of this end is for."""
        prefix = MessageWriter().write_bytes(1, self.counterparty_prefix).finish()
        counterparty = MessageWriter().write_text(1, self.counterparty_client)
        counterparty.write_text(2, self.counterparty_connection).write_message(3, prefix)
        writer = MessageWriter().write_text(1, self.client_id)
        for version in self.versions:
            writer.write_message(2, version.encode())
        writer.write_uint(3, self.state).write_message(4, counterparty.finish())
        return writer.write_uint(5, self.delay_period_ns).finish()

    @property
    def is_open(self) -> bool:
        """Whether channels can be opened over this connection."""
        return self.state is EndState.OPEN


def _state(end: ConnectionEnd | EndState | None) -> EndState:
    if end is None:
        return EndState.MISSING
    return end.state if isinstance(end, ConnectionEnd) else end


def next_connection_step(
    a: ConnectionEnd | EndState | None, b: ConnectionEnd | EndState | None
) -> HandshakeStep | None:
    """Return what opens a connection further; None where nothing is to be sent.

    ``a`` and ``b`` are ends that name each other, or None for one that does not exist.
    """
    return find_step(CONNECTION_STEPS, _state(a), _state(b))
