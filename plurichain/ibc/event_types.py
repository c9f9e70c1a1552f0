"""What a chain tells about IBC, as values: packets, channels, connections, clients."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar, Final

from plurichain.encoding.height import Height
from plurichain.ibc.packet import Order, Packet, PacketV2, ProtocolVersion

MessagePath = tuple[int, ...]
"""Which message: its number in the transaction, then its number in that message of authz, …"""


class PacketEventKind(Enum):
    """What happened to a packet; the values are the chain's types of events."""

    SEND = "send_packet"
    RECV = "recv_packet"
    WRITE_ACK = "write_acknowledgement"
    ACKNOWLEDGE = "acknowledge_packet"
    TIMEOUT = "timeout_packet"


@dataclass(frozen=True, slots=True)
class PacketEvent:
    """An event of a classic packet.

    RECV, ACKNOWLEDGE and TIMEOUT are also emitted for a packet that had it behind it.
    ``has_data`` is False where the event carries none (ACKNOWLEDGE, TIMEOUT); the
    packet's data are empty then. ``acknowledgement`` is that of WRITE_ACK.
    ``connection_id`` is empty where the event does not say (TIMEOUT of old chains).
    ``msg_index`` counts the messages of the transaction from 0, None outside of one;
    ``path`` names the message within messages of authz too.
    """

    protocol: ClassVar[ProtocolVersion] = ProtocolVersion.CLASSIC
    kind: PacketEventKind
    packet: Packet
    has_data: bool
    acknowledgement: bytes | None
    order: Order
    connection_id: str
    msg_index: int | None
    path: MessagePath | None = None


@dataclass(frozen=True, slots=True)
class PacketEventV2:
    """An event of an IBC v2 packet; ``acknowledgements`` is one for each payload."""

    protocol: ClassVar[ProtocolVersion] = ProtocolVersion.V2
    kind: PacketEventKind
    packet: PacketV2
    acknowledgements: tuple[bytes, ...] | None
    msg_index: int | None
    path: MessagePath | None = None


class ChannelEventKind(Enum):
    """What happened to a channel end; the values are the chain's types of events."""

    OPEN_INIT = "channel_open_init"
    OPEN_TRY = "channel_open_try"
    OPEN_ACK = "channel_open_ack"
    OPEN_CONFIRM = "channel_open_confirm"
    CLOSE_INIT = "channel_close_init"
    CLOSE_CONFIRM = "channel_close_confirm"
    CLOSED = "channel_close"


@dataclass(frozen=True, slots=True)
class ChannelEvent:
    """A step of a channel end. CLOSED is that of an ordered packet's time-out."""

    kind: ChannelEventKind
    port: str
    channel: str
    counterparty_port: str
    counterparty_channel: str
    connection_id: str
    msg_index: int | None

    @property
    def is_closing(self) -> bool:
        """Whether the end is closed after it."""
        return self.kind in _CLOSING


_CLOSING: Final = frozenset(
    {ChannelEventKind.CLOSE_INIT, ChannelEventKind.CLOSE_CONFIRM, ChannelEventKind.CLOSED}
)


class ConnectionEventKind(Enum):
    """What happened to a connection end; the values are the chain's types of events."""

    OPEN_INIT = "connection_open_init"
    OPEN_TRY = "connection_open_try"
    OPEN_ACK = "connection_open_ack"
    OPEN_CONFIRM = "connection_open_confirm"


@dataclass(frozen=True, slots=True)
class ConnectionEvent:
    """A step of a connection end."""

    kind: ConnectionEventKind
    connection_id: str
    client_id: str
    counterparty_client: str
    counterparty_connection: str
    msg_index: int | None


class ClientEventKind(Enum):
    """What happened to a client; the values are the chain's types of events."""

    CREATED = "create_client"
    UPDATED = "update_client"
    UPGRADED = "upgrade_client"
    MISBEHAVED = "client_misbehaviour"
    RECOVERED = "recover_client"


@dataclass(frozen=True, slots=True)
class ClientEvent:
    """Something about a client; ``heights`` are the consensus heights that the event names."""

    kind: ClientEventKind
    client_id: str
    client_type: str
    heights: tuple[Height, ...]
    msg_index: int | None


IbcEvent = PacketEvent | PacketEventV2 | ChannelEvent | ConnectionEvent | ClientEvent


@dataclass(frozen=True, slots=True)
class EventNote:
    """An event that was left out: its place in the list, its type, and why."""

    index: int
    type: str
    reason: str


@dataclass(frozen=True, slots=True)
class DecodedEvents:
    """The IBC events of a list, in its order, and notes on those that could not be read."""

    events: tuple[IbcEvent, ...]
    notes: tuple[EventNote, ...]
