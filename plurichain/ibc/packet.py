"""Packets, and what names one of them on any number of chains.

Classic packets travel between channels, those of IBC v2 between clients; both have a
sequence and leave the same three marks, so a :class:`PacketKey` names either.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from plurichain.encoding.height import Height
from plurichain.units import U64_MAX

_BILLION = 1_000_000_000


class ProtocolVersion(StrEnum):
    """Which IBC a packet belongs to; told by attributes of events, never by their type."""

    CLASSIC = "classic"
    V2 = "v2"


class Order(IntEnum):
    """Order of a channel, with its number on the wire."""

    NONE = 0
    UNORDERED = 1
    ORDERED = 2

    @property
    def text(self) -> str:
        """How the chain writes it."""
        return f"ORDER_{'NONE_UNSPECIFIED' if self is Order.NONE else self.name}"


@dataclass(frozen=True, slots=True, order=True)
class PacketKey:
    """Names a packet among all chains: where it was sent, and its sequence there.

    ``port`` is empty and ``channel`` the source client's id for IBC v2. Channel ids
    are equal on many chains, so the chain id belongs to the name.
    """

    chain_id: str
    protocol: ProtocolVersion
    port: str
    channel: str
    sequence: int


@dataclass(frozen=True, slots=True)
class Packet:
    """A classic packet. ``timeout_timestamp_ns`` is Unix nanoseconds, 0 for none."""

    sequence: int
    source_port: str
    source_channel: str
    destination_port: str
    destination_channel: str
    data: bytes
    timeout_height: Height
    timeout_timestamp_ns: int

    def is_timed_out(self, destination_height: Height, destination_time_ns: int) -> bool:
        """Tell whether a destination at this height and block time refuses the packet.

        Both are those of one block of the destination; a local clock has no say.
        """
        height_reached = not self.timeout_height.is_zero and (
            destination_height >= self.timeout_height
        )
        return height_reached or 0 < self.timeout_timestamp_ns <= destination_time_ns

    def make_key(self, source_chain_id: str) -> PacketKey:
        """Return the packet's name, given the chain that it was sent from."""
        return PacketKey(
            source_chain_id,
            ProtocolVersion.CLASSIC,
            self.source_port,
            self.source_channel,
            self.sequence,
        )


@dataclass(frozen=True, slots=True)
class Payload:
    """One application's part of an IBC v2 packet."""

    source_port: str
    destination_port: str
    version: str
    encoding: str
    value: bytes


@dataclass(frozen=True, slots=True)
class PacketV2:
    """A packet of IBC v2. ``timeout_timestamp_s`` is Unix **seconds**."""

    sequence: int
    source_client: str
    destination_client: str
    timeout_timestamp_s: int
    payloads: tuple[Payload, ...]

    @property
    def timeout_timestamp_ns(self) -> int:
        """The time-out as Unix nanoseconds, at most what 64 bits hold."""
        return min(self.timeout_timestamp_s * _BILLION, U64_MAX)

    def is_timed_out(self, destination_time_ns: int) -> bool:
        """Tell whether a destination at this block time refuses the packet."""
        return destination_time_ns // _BILLION >= self.timeout_timestamp_s

    def make_key(self, source_chain_id: str) -> PacketKey:
        """Return the packet's name, given the chain that it was sent from."""
        return PacketKey(source_chain_id, ProtocolVersion.V2, "", self.source_client, self.sequence)
