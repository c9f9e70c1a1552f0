"""The Python rules of IBC against the shared vectors; ibc-go proves the same file in Go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from plurichain.ibc import commitments, paths
from plurichain.ibc.denom import (
    DenomPath,
    compute_received_denom,
    escrow_address,
    voucher_denom,
)
from plurichain.ibc.forwarding import Forward, encode_forward_memo
from plurichain.ibc.height import NO_HEIGHT, Height, revision_of
from plurichain.ibc.packet import Packet, PacketV2, Payload
from plurichain.ibc.transfer import TransferData, parse_transfer_data
from tests.vectors.test_vectors import load


def packet_commitment(given: Any) -> Any:
    packet = Packet(
        sequence=1,
        source_port="",
        source_channel="",
        destination_port="",
        destination_channel="",
        data=bytes.fromhex(given["data"]),
        timeout_height=Height.parse(given["timeout_height"]),
        timeout_timestamp_ns=int(given["timeout_timestamp_ns"]),
    )
    assert packet.timeout_height == NO_HEIGHT or not packet.timeout_height.is_zero
    return {"hash": commitments.compute_packet_commitment(packet).hex()}


def make_payload(source: str, destination: str, version: str, encoding: str, value: str) -> Payload:
    return Payload(source, destination, version, encoding, value.encode())


def packet_commitment_v2(given: Any) -> Any:
    packet = PacketV2(
        sequence=1,
        source_client="",
        destination_client=given["destination_client"],
        timeout_timestamp_s=int(given["timeout_timestamp_s"]),
        payloads=tuple(make_payload(*row) for row in given["payloads"]),
    )
    return {"hash": commitments.compute_packet_commitment_v2(packet).hex()}


def acknowledgement_commitment(given: Any) -> Any:
    data = bytes.fromhex(given["acknowledgement"])
    return {"hash": commitments.compute_acknowledgement_commitment(data).hex()}


def acknowledgement_commitment_v2(given: Any) -> Any:
    answers = [bytes.fromhex(answer) for answer in given["app_acknowledgements"]]
    return {"hash": commitments.compute_acknowledgement_commitment_v2(answers).hex()}


# Arguments that are not texts, by their place.
READ: dict[str, Callable[..., bytes]] = {
    "packet_commitment": lambda port, channel, n: paths.packet_commitment_key(
        port, channel, int(n)
    ),
    "packet_receipt": lambda port, channel, n: paths.packet_receipt_key(port, channel, int(n)),
    "packet_acknowledgement": lambda port, channel, n: paths.packet_acknowledgement_key(
        port, channel, int(n)
    ),
    "next_sequence_recv": paths.next_sequence_recv_key,
    "next_sequence_ack": paths.next_sequence_ack_key,
    "channel_end": paths.channel_end_key,
    "connection": paths.connection_key,
    "client_state": paths.client_state_key,
    "consensus_state": lambda client, height: paths.consensus_state_key(
        client, Height.parse(height)
    ),
    "packet_commitment_v2": lambda client, n: paths.packet_commitment_key_v2(client, int(n)),
    "packet_receipt_v2": lambda client, n: paths.packet_receipt_key_v2(client, int(n)),
    "packet_acknowledgement_v2": lambda client, n: paths.packet_acknowledgement_key_v2(
        client, int(n)
    ),
}


def store_key(given: Any) -> Any:
    return {"key": READ[given["kind"]](*given["arguments"]).hex()}


def denom(given: Any) -> Any:
    path = DenomPath.parse(given["path"])
    hops = [[hop.port, hop.channel] for hop in path.hops]
    return {"hops": hops, "base": path.base, "denom": voucher_denom(path)}


def received_denom(given: Any) -> Any:
    path = compute_received_denom(
        DenomPath.parse(given["path"]),
        source_port=given["source"][0],
        source_channel=given["source"][1],
        destination_port=given["destination"][0],
        destination_channel=given["destination"][1],
    )
    return {"path": str(path)}


def transfer_data(given: Any) -> Any:
    fields = {key: value for key, value in given.items() if key != "function"}
    transfer = TransferData(**{**fields, "amount": int(fields["amount"])})
    assert parse_transfer_data(transfer.encode()) == transfer
    return {"data": transfer.encode().hex()}


def forward_memo(given: Any) -> Any:
    forwards = [Forward(channel, receiver, port) for port, channel, receiver in given["hops"]]
    memo = encode_forward_memo(
        forwards,
        timeout_ns=int(given["timeout_ns"]),
        retries=int(given["retries"]),
        memo=given["memo"],
    )
    return {"memo": memo}


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "packet_commitment": packet_commitment,
    "packet_commitment_v2": packet_commitment_v2,
    "acknowledgement_commitment": acknowledgement_commitment,
    "acknowledgement_commitment_v2": acknowledgement_commitment_v2,
    "store_key": store_key,
    "denom": denom,
    "received_denom": received_denom,
    "escrow_address": lambda given: {
        "address": escrow_address(given["port"], given["channel"]).hex()
    },
    "revision": lambda given: {"revision": str(revision_of(given["chain_id"]))},
    "transfer_data": transfer_data,
    "forward_memo": forward_memo,
}


@pytest.mark.parametrize(("given", "expected"), load("ibc"))
def test_ibc(given: Any, expected: Any) -> None:
    """Hashes, keys and names are those of the chain."""
    assert FUNCTIONS[given["function"]](given) == expected


def test_the_universal_error() -> None:
    """It is the answer of its vector."""
    answers = [
        given["app_acknowledgements"]
        for given, _ in (vector.values for vector in load("ibc"))
        if given["function"] == "acknowledgement_commitment_v2"
    ]

    assert [commitments.UNIVERSAL_ERROR_ACKNOWLEDGEMENT.hex()] in answers
    assert commitments.RECEIPT == b"\x01"
