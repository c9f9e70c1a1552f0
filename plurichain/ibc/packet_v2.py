"""Bytes of IBC v2 packets and acknowledgements, as events carry them.

Source: ibc-go proto/ibc/core/channel/v2/packet.proto.
"""

from __future__ import annotations

from plurichain.encoding.message import Message
from plurichain.encoding.protobuf import MessageWriter
from plurichain.ibc.packet import PacketV2, Payload


def decode_packet_v2(data: bytes) -> PacketV2:
    """Return the packet of protobuf bytes; raises EncodingError."""
    message = Message.read(data)
    return PacketV2(
        sequence=message.get_uint(1),
        source_client=message.get_text(2),
        destination_client=message.get_text(3),
        timeout_timestamp_s=message.get_uint(4),
        payloads=tuple(
            Payload(
                source_port=payload.get_text(1),
                destination_port=payload.get_text(2),
                version=payload.get_text(3),
                encoding=payload.get_text(4),
                value=payload.get_bytes(5),
            )
            for payload in message.list_messages(5)
        ),
    )


def encode_packet_v2(packet: PacketV2) -> bytes:
    """Return the protobuf bytes of a packet; raises EncodingError above 64 bits."""
    writer = MessageWriter().write_uint(1, packet.sequence).write_text(2, packet.source_client)
    writer.write_text(3, packet.destination_client).write_uint(4, packet.timeout_timestamp_s)
    for payload in packet.payloads:
        part = MessageWriter().write_text(1, payload.source_port)
        part.write_text(2, payload.destination_port).write_text(3, payload.version)
        part.write_text(4, payload.encoding).write_bytes(5, payload.value)
        writer.write_message(5, part.finish())
    return writer.finish()


def decode_acknowledgements_v2(data: bytes) -> tuple[bytes, ...]:
    """Return the answers in an Acknowledgement, one for each payload; raises EncodingError."""
    return Message.read(data).list_bytes(1)
