"""What recorded chains said and held: events, and state that is proven under their headers."""

from __future__ import annotations

import base64

from plurichain.ibc.events import IbcEvent, PacketEvent, PacketEventKind, decode_ibc_events
from plurichain.lightclient.ics23 import verify_membership, verify_non_membership
from plurichain.lightclient.rpc_json import parse_proof_ops
from tests.unit.lightclient.recorded import Recording


def list_events(chain: Recording, height: int) -> list[IbcEvent]:
    result = chain.get(f"/block_results?height={height}")
    decoded = decode_ibc_events(
        (event["type"], [(item["key"], item["value"]) for item in event["attributes"]])
        for tx in result["txs_results"]
        for event in tx["events"]
    )
    assert decoded.notes == ()
    return list(decoded.events)


def list_packet_events(chain: Recording) -> list[PacketEvent]:
    return [
        event
        for height in chain.about["blocks"]
        for event in list_events(chain, height)
        if isinstance(event, PacketEvent)
    ]


def find(chain: Recording, kind: PacketEventKind, sequence: int) -> PacketEvent:
    (found, *_) = (
        event
        for event in list_packet_events(chain)
        if (event.kind, event.packet.sequence) == (kind, sequence)
    )
    return found


def read(chain: Recording, store: str, key: bytes, height: int) -> bytes | None:
    """Return what a store held after a block, proven under the next block's header."""
    response = chain.get_query(store, key, height)
    operations = parse_proof_ops(response)
    root = chain.fetch_header(height + 1).header.app_hash
    if response["value"] is None:
        verify_non_membership(operations, root=root, store=store, key=key)
        return None
    value = base64.b64decode(response["value"])
    verify_membership(operations, root=root, store=store, key=key, value=value)
    return value
