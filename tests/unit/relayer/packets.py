"""Packets, routes and events for tests of the packet loop."""

from __future__ import annotations

from plurichain.encoding.height import NO_HEIGHT, Height
from plurichain.ibc.events import ChannelEvent, ChannelEventKind, PacketEvent, PacketEventKind
from plurichain.ibc.packet import Order, Packet
from plurichain.relayer.board import LaneBoard
from plurichain.relayer.counters import Counters
from plurichain.relayer.filters import PacketFilter
from plurichain.relayer.work import EndName, Route, Work, WorkKind

SOURCE = EndName("transfer", "channel-1")
HOST = EndName("transfer", "channel-7")
ROUTE = Route(SOURCE, HOST, Order.UNORDERED)
ORDERED = Route(SOURCE, HOST, Order.ORDERED)


def make_packet(
    sequence: int,
    *,
    is_inbound: bool = True,
    data: bytes = b"{}",
    timeout_ns: int = 10**18,
    timeout_height: Height = NO_HEIGHT,
) -> Packet:
    """Return a packet along the lane, or against it."""
    start, end = (SOURCE, HOST) if is_inbound else (HOST, SOURCE)
    return Packet(sequence, *start, *end, data, timeout_height, timeout_ns)


def make_work(
    sequence: int, kind: WorkKind = WorkKind.RECEIVE, *, height: int = 5, route: Route = ROUTE
) -> Work:
    packet = make_packet(sequence, is_inbound=kind is WorkKind.RECEIVE)
    return Work(kind, route, None if kind is WorkKind.CLOSE else packet, height)


def make_event(
    kind: PacketEventKind, packet: Packet, *, acknowledgement: bytes | None = None
) -> PacketEvent:
    return PacketEvent(kind, packet, True, acknowledgement, Order.UNORDERED, "connection-0", 0)


def make_closed(end: EndName) -> ChannelEvent:
    return ChannelEvent(
        ChannelEventKind.CLOSED, end.port, end.channel, "transfer", "channel-x", "connection-0", 0
    )


def make_board(
    *, packet_filter: PacketFilter | None = None, route: Route = ROUTE, **extra
) -> tuple[LaneBoard, Counters]:
    counters = Counters()
    board = LaneBoard(packet_filter or PacketFilter(), counters, **extra)
    board.add_route(route)
    return board, counters
