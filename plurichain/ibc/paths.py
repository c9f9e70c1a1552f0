"""Keys of the store ``ibc``: where a chain keeps what a proof is asked for.

Sources: ibc-go modules/core/24-host, 24-host/v2. A key is the store's own, without the
prefix "ibc" of the Merkle path.
"""

from __future__ import annotations

from typing import Final

from plurichain.encoding.canonical import u64
from plurichain.encoding.height import Height

STORE: Final = "ibc"
"""Name of the store, and the prefix that a chain gives its counterparties."""


def _channel(port: str, channel: str) -> str:
    return f"ports/{port}/channels/{channel}"


def packet_commitment_key(port: str, channel: str, sequence: int) -> bytes:
    """Return the key of a commitment, on the source chain."""
    return f"commitments/{_channel(port, channel)}/sequences/{sequence}".encode()


def packet_receipt_key(port: str, channel: str, sequence: int) -> bytes:
    """Return the key of a receipt, on the destination of an unordered channel."""
    return f"receipts/{_channel(port, channel)}/sequences/{sequence}".encode()


def packet_acknowledgement_key(port: str, channel: str, sequence: int) -> bytes:
    """Return the key of an acknowledgement's hash, on the destination chain."""
    return f"acks/{_channel(port, channel)}/sequences/{sequence}".encode()


def next_sequence_recv_key(port: str, channel: str) -> bytes:
    """Return the key of the sequence that an ordered destination receives next."""
    return f"nextSequenceRecv/{_channel(port, channel)}".encode()


def next_sequence_ack_key(port: str, channel: str) -> bytes:
    """Return the key of the sequence that an ordered source has acknowledged next."""
    return f"nextSequenceAck/{_channel(port, channel)}".encode()


def channel_end_key(port: str, channel: str) -> bytes:
    """Return the key of a channel end."""
    return f"channelEnds/{_channel(port, channel)}".encode()


def connection_key(connection_id: str) -> bytes:
    """Return the key of a connection end."""
    return f"connections/{connection_id}".encode()


def client_state_key(client_id: str) -> bytes:
    """Return the key of a client's state."""
    return f"clients/{client_id}/clientState".encode()


def consensus_state_key(client_id: str, height: Height) -> bytes:
    """Return the key of what a client knows of one height."""
    return f"clients/{client_id}/consensusStates/{height}".encode()


def packet_commitment_key_v2(source_client: str, sequence: int) -> bytes:
    """Return the key of an IBC v2 commitment; raises EncodingError above 64 bits."""
    return source_client.encode() + b"\x01" + u64(sequence)


def packet_receipt_key_v2(destination_client: str, sequence: int) -> bytes:
    """Return the key of an IBC v2 receipt; raises EncodingError above 64 bits."""
    return destination_client.encode() + b"\x02" + u64(sequence)


def packet_acknowledgement_key_v2(destination_client: str, sequence: int) -> bytes:
    """Return the key of an IBC v2 acknowledgement; raises EncodingError above 64 bits."""
    return destination_client.encode() + b"\x03" + u64(sequence)
