"""What the chains store of packets and acknowledgements: hashes.

Sources: ibc-go modules/core/04-channel/types/packet.go and 04-channel/v2/types/commitment.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from plurichain.encoding.canonical import u64
from plurichain.ibc.packet import Packet, PacketV2, Payload

RECEIPT: Final = b"\x01"
"""Value of the receipt of a classic packet."""

UNIVERSAL_ERROR_ACKNOWLEDGEMENT: Final = sha256(b"UNIVERSAL_ERROR_ACKNOWLEDGEMENT").digest()
"""What an IBC v2 destination acknowledges when any payload failed."""


def _hash(data: bytes) -> bytes:
    return sha256(data).digest()


def compute_packet_commitment(packet: Packet) -> bytes:
    """Return the 32 bytes that the source chain stores; raises EncodingError above 64 bits."""
    timeout = packet.timeout_height
    return _hash(
        u64(packet.timeout_timestamp_ns)
        + u64(timeout.revision)
        + u64(timeout.height)
        + _hash(packet.data)
    )


def compute_acknowledgement_commitment(acknowledgement: bytes) -> bytes:
    """Return the 32 bytes that the destination chain stores."""
    return _hash(acknowledgement)


def _hash_payload(payload: Payload) -> bytes:
    texts = (payload.source_port, payload.destination_port, payload.version, payload.encoding)
    return _hash(b"".join(_hash(text.encode()) for text in texts) + _hash(payload.value))


def compute_packet_commitment_v2(packet: PacketV2) -> bytes:
    """Return the 32 bytes that an IBC v2 source stores; raises EncodingError above 64 bits."""
    payloads = b"".join(_hash_payload(payload) for payload in packet.payloads)
    return _hash(
        b"\x02"
        + _hash(packet.destination_client.encode())
        + _hash(u64(packet.timeout_timestamp_s))
        + _hash(payloads)
    )


def compute_acknowledgement_commitment_v2(app_acknowledgements: Sequence[bytes]) -> bytes:
    """Return the 32 bytes that an IBC v2 destination stores for one answer a payload."""
    return _hash(b"\x02" + b"".join(_hash(answer) for answer in app_acknowledgements))
