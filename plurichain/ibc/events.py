"""What a chain said about IBC, from the events of its transactions and blocks.

Classic IBC and IBC v2 use the same types of events and are told apart by attributes. An
event that says it is about IBC and cannot be read is left out and noted: it must not stop
whoever reads. Sources: ibc-go modules/core/04-channel/keeper/events.go and v2/keeper,
03-connection/keeper/events.go, 02-client/keeper/events.go.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from plurichain.encoding.height import Height
from plurichain.errors import EncodingError, InputError
from plurichain.ibc.event_types import (
    ChannelEvent,
    ChannelEventKind,
    ClientEvent,
    ClientEventKind,
    ConnectionEvent,
    ConnectionEventKind,
    DecodedEvents,
    EventNote,
    IbcEvent,
    MessagePath,
    PacketEvent,
    PacketEventKind,
    PacketEventV2,
)
from plurichain.ibc.packet import Order, Packet
from plurichain.ibc.packet_v2 import decode_acknowledgements_v2, decode_packet_v2
from plurichain.units import U64_MAX, parse_integer

__all__ = [
    "ChannelEvent",
    "ChannelEventKind",
    "ClientEvent",
    "ClientEventKind",
    "ConnectionEvent",
    "ConnectionEventKind",
    "DecodedEvents",
    "EventNote",
    "IbcEvent",
    "PacketEvent",
    "PacketEventKind",
    "PacketEventV2",
    "RawEvent",
    "decode_ibc_events",
    "decode_packet_events",
    "find_path",
]

RawEvent = tuple[str, Sequence[tuple[str, str]]]
"""Type and attributes, in order; keys may repeat."""

_ORDERS: Final = {order.text: order for order in Order}
_NUMBER: Final = re.compile(r"[0-9]{1,9}")
_V2_KEY: Final = "encoded_packet_hex"


@functools.lru_cache(maxsize=1_024)
def _parse_height(text: str, field: str) -> Height:
    """Return a height; most packets have none, or one of a few."""
    return Height.parse(text, field=field)


class _Attributes:
    """The attributes of one event. Methods raise InputError.

    A key that is read and stands twice with two values is refused: two readers could take
    two packets. Others may repeat, as ``authz_msg_index`` does in nested messages.
    """

    __slots__ = ("_ambiguous", "_pairs", "_values")

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._pairs = pairs
        self._values = dict(pairs)
        self._ambiguous = (
            {key for key, value in pairs if self._values[key] != value}
            if len(self._values) < len(pairs)
            else frozenset[str]()
        )

    def has(self, key: str) -> bool:
        return key in self._values

    def get_text(self, key: str) -> str:
        if key not in self._values:
            raise InputError(f"{key} is missing")
        if key in self._ambiguous:
            raise InputError(f"{key} stands twice with two values")
        return self._values[key]

    def get_optional(self, key: str) -> str:
        return self.get_text(key) if key in self._values else ""

    def get_number(self, key: str) -> int:
        return parse_integer(self.get_text(key), field=key, maximum=U64_MAX)

    def get_height(self, key: str) -> Height:
        return _parse_height(self.get_text(key), key)

    def get_data(self, key: str) -> bytes:
        text = self.get_text(key)
        # bytes.fromhex alone would take blanks.
        if not text.isalnum() and text:
            raise InputError(f"{key} is not hex")
        try:
            return bytes.fromhex(text)
        except ValueError:
            raise InputError(f"{key} is not hex") from None

    @property
    def msg_index(self) -> int | None:
        # Who cannot tell which message it was still has the packet.
        if "msg_index" not in self._values or "msg_index" in self._ambiguous:
            return None
        return self.get_number("msg_index")

    @property
    def path(self) -> MessagePath | None:
        return find_path(self._pairs)


def find_path(attributes: Sequence[tuple[str, str]]) -> MessagePath | None:
    """Return which message an event belongs to, None if it does not say. Raises nothing.

    A message of authz appends to the events of those in it their number there, so that the
    innermost stands first; the transaction appends the number of the whole.
    """
    tops, inner = set[str](), list[str]()
    for key, value in attributes:
        if key == "msg_index":
            tops.add(value)
        elif key == "authz_msg_index":
            inner.append(value)
    numbers = [*tops, *reversed(inner)]
    if len(tops) != 1 or not all(_NUMBER.fullmatch(text) for text in numbers):
        return None
    return tuple(int(text) for text in numbers)


def decode_ibc_events(events: Iterable[RawEvent]) -> DecodedEvents:
    """Return the IBC events among ``events`` in order, with notes on unreadable ones.

    Raises nothing, whatever the events hold; events of other types are left out.
    """
    found: list[IbcEvent] = []
    notes: list[EventNote] = []
    for index, (kind, pairs) in enumerate(events):
        decode = _DECODERS.get(kind)
        if decode is None:
            continue
        try:
            found.append(decode(kind, _Attributes(pairs)))
        except InputError as error:
            notes.append(EventNote(index, kind, error.cause))
    return DecodedEvents(tuple(found), tuple(notes))


def decode_packet_events(events: Iterable[RawEvent]) -> tuple[PacketEvent, ...]:
    """Return the events of classic packets alone, in order. Raises nothing."""
    packet_events = (event for event in events if event[0] in _PACKET_KINDS)
    decoded = decode_ibc_events(packet_events).events
    return tuple(event for event in decoded if isinstance(event, PacketEvent))


def _decode_packet(kind: str, event: _Attributes) -> PacketEvent | PacketEventV2:
    event_kind = PacketEventKind(kind)
    if event.has(_V2_KEY):
        return _decode_packet_v2(event_kind, event)
    has_data = event.has("packet_data_hex")
    order = event.get_text("packet_channel_ordering")
    if order not in _ORDERS:
        raise InputError(f"packet_channel_ordering is {order[:40]!r}")
    if event_kind is PacketEventKind.SEND and not has_data:
        raise InputError("packet_data_hex is missing")
    writes = event_kind is PacketEventKind.WRITE_ACK
    return PacketEvent(
        kind=event_kind,
        packet=Packet(
            sequence=event.get_number("packet_sequence"),
            source_port=event.get_text("packet_src_port"),
            source_channel=event.get_text("packet_src_channel"),
            destination_port=event.get_text("packet_dst_port"),
            destination_channel=event.get_text("packet_dst_channel"),
            data=event.get_data("packet_data_hex") if has_data else b"",
            timeout_height=event.get_height("packet_timeout_height"),
            timeout_timestamp_ns=event.get_number("packet_timeout_timestamp"),
        ),
        has_data=has_data,
        acknowledgement=event.get_data("packet_ack_hex") if writes else None,
        order=_ORDERS[order],
        connection_id=event.get_optional("connection_id"),
        msg_index=event.msg_index,
        path=event.path,
    )


def _decode_packet_v2(kind: PacketEventKind, event: _Attributes) -> PacketEventV2:
    packet = decode_packet_v2(event.get_data(_V2_KEY))
    told = (
        event.get_text("packet_source_client"),
        event.get_text("packet_dest_client"),
        event.get_number("packet_sequence"),
        event.get_number("packet_timeout_timestamp"),
    )
    if told != (
        packet.source_client,
        packet.destination_client,
        packet.sequence,
        packet.timeout_timestamp_s,
    ):
        raise EncodingError("the packet and the attributes beside it are not the same")
    answers = None
    if kind is PacketEventKind.WRITE_ACK:
        answers = decode_acknowledgements_v2(event.get_data("encoded_acknowledgement_hex"))
    return PacketEventV2(kind, packet, answers, event.msg_index, event.path)


def _decode_channel(kind: str, event: _Attributes) -> ChannelEvent:
    return ChannelEvent(
        kind=ChannelEventKind(kind),
        port=event.get_text("port_id"),
        channel=event.get_text("channel_id"),
        counterparty_port=event.get_optional("counterparty_port_id"),
        counterparty_channel=event.get_optional("counterparty_channel_id"),
        connection_id=event.get_optional("connection_id"),
        msg_index=event.msg_index,
    )


def _decode_connection(kind: str, event: _Attributes) -> ConnectionEvent:
    return ConnectionEvent(
        kind=ConnectionEventKind(kind),
        connection_id=event.get_text("connection_id"),
        client_id=event.get_text("client_id"),
        counterparty_client=event.get_optional("counterparty_client_id"),
        counterparty_connection=event.get_optional("counterparty_connection_id"),
        msg_index=event.msg_index,
    )


def _decode_client(kind: str, event: _Attributes) -> ClientEvent:
    recovered = kind == ClientEventKind.RECOVERED.value
    heights = event.get_optional("consensus_heights") or event.get_optional("consensus_height")
    return ClientEvent(
        kind=ClientEventKind(kind),
        client_id=event.get_text("subject_client_id" if recovered else "client_id"),
        client_type=event.get_text("client_type"),
        heights=tuple(
            Height.parse(text, field="consensus_heights") for text in heights.split(",") if text
        ),
        msg_index=event.msg_index,
    )


_PACKET_KINDS: Final = frozenset(kind.value for kind in PacketEventKind)
_DECODERS: Final[dict[str, Callable[[str, _Attributes], IbcEvent]]] = {
    **dict.fromkeys(_PACKET_KINDS, _decode_packet),
    **{kind.value: _decode_channel for kind in ChannelEventKind},
    **{kind.value: _decode_connection for kind in ConnectionEventKind},
    **{kind.value: _decode_client for kind in ClientEventKind},
}
