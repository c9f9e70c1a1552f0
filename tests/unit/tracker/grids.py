"""Two chains made by hand, whose packets do what a test wants."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from plurichain.encoding.height import Height
from plurichain.ibc.packet import Packet, ProtocolVersion
from plurichain.tracker.blocks import RawEvent, TrackedBlock, TrackedTx
from plurichain.tracker.reading import End
from plurichain.tracker.store import PacketStore, Route
from plurichain.tracker.views import PacketRow, list_packets, opened_view

A, B = "grid-1", "grid-2"
SECOND_NS = 10**9
HERE = End(ProtocolVersion.CLASSIC, "transfer", "channel-0")
THERE = End(ProtocolVersion.CLASSIC, "transfer", "channel-7")
RELAYER = "pluri1gy3ws52ep9lssmjg5zl6rtjsv0adtr459qwcch"
DATA = b'{"denom":"upluri","amount":"5","sender":"a","receiver":"b"}'
OK, ERROR = b'{"result":"AQ=="}', b'{"error":"ABCI code: 5"}'


def packet(sequence: int = 1, *, data: bytes = DATA, expires_s: int = 0) -> Packet:
    return Packet(
        sequence, "transfer", "channel-0", "transfer", "channel-7", data,
        Height(0, 0), expires_s * SECOND_NS,
    )  # fmt: skip


def event(kind: str, of: Packet, *, ack: bytes | None = None, index: str = "0") -> RawEvent:
    pairs = [
        ("packet_timeout_height", str(of.timeout_height)),
        ("packet_timeout_timestamp", str(of.timeout_timestamp_ns)),
        ("packet_sequence", str(of.sequence)),
        ("packet_src_port", of.source_port),
        ("packet_src_channel", of.source_channel),
        ("packet_dst_port", of.destination_port),
        ("packet_dst_channel", of.destination_channel),
        ("packet_channel_ordering", "ORDER_UNORDERED"),
        ("connection_id", "connection-0"),
        ("msg_index", index),
    ]
    if kind not in {"acknowledge_packet", "timeout_packet"}:
        pairs.append(("packet_data_hex", of.data.hex()))
    if ack is not None:
        pairs.append(("packet_ack_hex", ack.hex()))
    return (kind, tuple(pairs))


def signed(*events: RawEvent, by: str = RELAYER, code: int = 0) -> TrackedTx:
    message = ("message", (("action", "/a.B"), ("sender", by), ("msg_index", "0")))
    return TrackedTx(code, "", (("tx", (("fee_payer", by),)), message, *events))


def block(chain_id: str, height: int, *txs: TrackedTx, events: Iterable[RawEvent] = ()) -> (
    TrackedBlock
):  # fmt: skip
    """A block; its time is its height in seconds."""
    return TrackedBlock(chain_id, height, height, height * SECOND_NS, "", "", txs, tuple(events))


def add_routes(store: PacketStore) -> None:
    store.add_route(Route(A, HERE, B, THERE))
    store.add_route(Route(B, THERE, A, HERE))


def run(store: PacketStore, chain_id: str, last: int, words: dict[int, TrackedTx]) -> None:
    """Take in blocks 1 to ``last`` of a chain, with a transaction in some."""
    for height in range(1, last + 1):
        txs = [words[height]] if height in words else []
        store.take_in(block(chain_id, height, *txs))


def rows(store: PacketStore) -> list[PacketRow]:
    with opened_view(store) as chains:
        return list(list_packets(store, chains))


def renamed(of: Packet, channel: str) -> Packet:
    return replace(of, source_channel=channel)
