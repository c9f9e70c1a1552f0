"""The packets that the messages of a signed transaction bring.

A message that came to nothing leaves no event: only the transaction itself tells which
packet it was about. What stands here was proven by nobody. Sources: cosmos-sdk
proto/cosmos/tx/v1beta1/tx.proto (TxRaw, TxBody), proto/cosmos/authz/v1beta1/tx.proto
(MsgExec); ibc-go proto/ibc/core/channel/{v1,v2}/tx.proto, v1/channel.proto (Packet).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from plurichain.encoding.height import Height
from plurichain.encoding.message import Message
from plurichain.errors import EncodingError
from plurichain.ibc.event_types import MessagePath, PacketEventKind
from plurichain.ibc.packet import Packet, PacketV2
from plurichain.ibc.packet_v2 import decode_packet_v2

EXEC: Final = "/cosmos.authz.v1beta1.MsgExec"
_CLASSIC, _V2 = "/ibc.core.channel.v1", "/ibc.core.channel.v2"
_KINDS: Final = {
    "MsgRecvPacket": PacketEventKind.RECV,
    "MsgAcknowledgement": PacketEventKind.ACKNOWLEDGE,
    "MsgTimeout": PacketEventKind.TIMEOUT,
    "MsgTimeoutOnClose": PacketEventKind.TIMEOUT,
}
_CORE: Final = "/ibc.core."
_SIGNER_FIELDS: Final = {
    f"{_CLASSIC}.MsgRecvPacket": 4,
    f"{_CLASSIC}.MsgAcknowledgement": 5,
    f"{_CLASSIC}.MsgTimeout": 5,
    f"{_CLASSIC}.MsgTimeoutOnClose": 6,
    f"{_V2}.MsgRecvPacket": 4,
    f"{_V2}.MsgAcknowledgement": 5,
    f"{_V2}.MsgTimeout": 5,
    "/ibc.core.client.v1.MsgUpdateClient": 3,
    EXEC: 1,
}
"""Which field of a message says who signs it."""
_DEEPEST: Final = 8


@dataclass(frozen=True, slots=True)
class RelayMessage:
    """A message that brings a packet, or the end of one."""

    path: MessagePath
    kind: PacketEventKind
    packet: Packet | PacketV2


def list_relay_messages(tx: bytes) -> list[RelayMessage]:
    """Return the messages about packets in a signed transaction, nested ones too, in order.

    Raises nothing: what cannot be read is left out.
    """
    try:
        body = Message.read(Message.read(tx).get_bytes(1))
        return list(_walk((), body.list_bytes(1)))
    except EncodingError:
        return []


def is_relaying(tx: bytes) -> bool:
    """Tell whether a signed transaction carries messages of IBC's core, nested ones too.

    Raises nothing: one that cannot be read carries none.
    """
    return any(type_url.startswith(_CORE) for type_url, _ in _list_messages(tx, 0))


def find_relay_signer(tx: bytes) -> str:
    """Return who signed the first message that says it, empty if none does. Raises nothing."""
    for type_url, value in _list_messages(tx, _DEEPEST):
        if type_url in _SIGNER_FIELDS:
            try:
                return Message.read(value).get_text(_SIGNER_FIELDS[type_url])
            except EncodingError:
                continue
    return ""


def _list_messages(tx: bytes, depth: int) -> list[tuple[str, bytes]]:
    """Return type and content of all messages, those from ``depth`` on not taken apart."""
    try:
        packed = Message.read(Message.read(tx).get_bytes(1)).list_bytes(1)
    except EncodingError:
        return []
    return list(_unpack(packed, depth))


def _unpack(messages: tuple[bytes, ...], depth: int) -> Iterator[tuple[str, bytes]]:
    for packed in messages:
        try:
            content = Message.read(packed)
            type_url, value = content.get_text(1), content.get_bytes(2)
            inner = Message.read(value).list_bytes(2) if type_url == EXEC else ()
        except EncodingError:
            continue
        yield type_url, value
        if depth < _DEEPEST:
            yield from _unpack(inner, depth + 1)


def _walk(path: MessagePath, messages: tuple[bytes, ...]) -> Iterator[RelayMessage]:
    for number, packed in enumerate(messages):
        try:
            content = Message.read(packed)
            type_url, value = content.get_text(1), Message.read(content.get_bytes(2))
            if type_url == EXEC and len(path) < _DEEPEST:
                yield from _walk((*path, number), value.list_bytes(2))
            found = _read(type_url, value)
        except EncodingError:
            continue
        if found is not None:
            yield RelayMessage((*path, number), *found)


def _read(type_url: str, value: Message) -> tuple[PacketEventKind, Packet | PacketV2] | None:
    package, _, name = type_url.rpartition(".")
    if name not in _KINDS or package not in {_CLASSIC, _V2}:
        return None
    packet = value.get_bytes(1)
    return _KINDS[name], decode_packet_v2(packet) if package == _V2 else decode_packet(packet)


def decode_packet(data: bytes) -> Packet:
    """Return the classic packet of protobuf bytes; raises EncodingError."""
    message = Message.read(data)
    return Packet(
        sequence=message.get_uint(1),
        source_port=message.get_text(2),
        source_channel=message.get_text(3),
        destination_port=message.get_text(4),
        destination_channel=message.get_text(5),
        data=message.get_bytes(6),
        timeout_height=Height.decode(message.get_bytes(7)),
        timeout_timestamp_ns=message.get_uint(8),
    )
