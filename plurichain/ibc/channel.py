"""Channel ends, their bytes, and what their handshake needs next.

Sources: ibc-go proto/ibc/core/channel/v1/channel.proto,
modules/core/04-channel/keeper/handshake.go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from plurichain.encoding.message import Message
from plurichain.encoding.protobuf import MessageWriter
from plurichain.errors import EncodingError
from plurichain.ibc.handshake import CHANNEL_STEPS, EndState, HandshakeStep, find_step
from plurichain.ibc.packet import Order

TRANSFER_PORT: Final = "transfer"


@dataclass(frozen=True, slots=True)
class ChannelEnd:
    """One end of a channel. ``counterparty_channel`` is empty until the other end is known."""

    state: EndState
    order: Order
    counterparty_port: str
    counterparty_channel: str
    connection_hops: tuple[str, ...]
    version: str

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Return the channel end of stored bytes; raises EncodingError."""
        message = Message.read(data)
        counterparty = message.get_message(3)
        try:
            state, order = EndState(message.get_uint(1)), Order(message.get_uint(2))
        except ValueError as error:
            raise EncodingError(f"channel end: {error}") from None
        return cls(
            state=state,
            order=order,
            counterparty_port=counterparty.get_text(1),
            counterparty_channel=counterparty.get_text(2),
            connection_hops=message.list_texts(4),
            version=message.get_text(5),
        )

    def encode(self) -> bytes:
        """Return the bytes that the chain stores and that a proof of this end is for."""
        counterparty = MessageWriter().write_text(1, self.counterparty_port)
        counterparty.write_text(2, self.counterparty_channel)
        writer = MessageWriter().write_uint(1, self.state).write_uint(2, self.order)
        writer.write_message(3, counterparty.finish())
        for hop in self.connection_hops:
            writer.write_message(4, hop.encode())
        return writer.write_text(5, self.version).finish()

    @property
    def is_open(self) -> bool:
        """Whether packets can be sent and received here."""
        return self.state is EndState.OPEN


def _state(end: ChannelEnd | EndState | None) -> EndState:
    if end is None:
        return EndState.MISSING
    return end.state if isinstance(end, ChannelEnd) else end


def next_channel_step(
    a: ChannelEnd | EndState | None, b: ChannelEnd | EndState | None
) -> HandshakeStep | None:
    """Return what opens, or closes, a channel further; None where nothing is to be sent.

    ``a`` and ``b`` are ends that name each other, or None for one that does not exist.
    """
    return find_step(CHANNEL_STEPS, _state(a), _state(b))
