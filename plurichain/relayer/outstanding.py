"""Packets that a chain sent and that are not answered: watched until they are due. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import TYPE_CHECKING

from plurichain.relayer.work import EndName

if TYPE_CHECKING:
    from plurichain.encoding.height import Height
    from plurichain.ibc.packet import Packet

MOST_OUTSTANDING = 50_000
"""So many packets are watched; of more, the next look at the state finds what is due."""


class Outstanding:
    """Packets by the end that sent them and their sequence."""

    def __init__(self) -> None:
        self._packets: dict[tuple[EndName, int], Packet] = {}
        self._by_time: list[tuple[int, EndName, int]] = []
        self._by_height: set[tuple[EndName, int]] = set()

    def __len__(self) -> int:
        return len(self._packets)

    def add(self, packet: Packet) -> bool:
        """Watch a packet; False if it is watched already, or if there are too many."""
        name = (EndName(packet.source_port, packet.source_channel), packet.sequence)
        if name in self._packets or len(self._packets) >= MOST_OUTSTANDING:
            return False
        self._packets[name] = packet
        if packet.timeout_timestamp_ns:
            heapq.heappush(self._by_time, (packet.timeout_timestamp_ns, *name))
        if not packet.timeout_height.is_zero:
            self._by_height.add(name)
        return True

    def forget(self, end: EndName, sequence: int) -> None:
        """A packet was received, or answered."""
        self._packets.pop((end, sequence), None)
        self._by_height.discard((end, sequence))

    def list_of(self, end: EndName) -> list[Packet]:
        """Return the packets that ``end`` sent."""
        return [packet for (sender, _), packet in self._packets.items() if sender == end]

    def take_due(self, height: Height, time_ns: int) -> Iterator[Packet]:
        """Yield, once each, packets that a block of the destination refuses."""
        due: list[tuple[EndName, int]] = []
        while self._by_time and self._by_time[0][0] <= time_ns:
            due.append(heapq.heappop(self._by_time)[1:])
        due += [
            name for name in self._by_height if self._packets[name].is_timed_out(height, time_ns)
        ]
        for name in due:
            self._by_height.discard(name)
            if name in self._packets:
                yield self._packets[name]
