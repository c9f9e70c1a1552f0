"""Relaying by hand: any messages about packets, in any transaction, nested as one likes."""

from __future__ import annotations

from dataclasses import dataclass

from plurichain.chain.ibc.packet_messages import (
    acknowledge_packet,
    receive_packet,
    timeout_packet,
)
from plurichain.chain.transactions.grants import authz_exec
from plurichain.chain.transactions.messages import Message
from plurichain.ibc.events import PacketEvent, PacketEventKind, decode_packet_events
from plurichain.ibc.packet import Packet
from plurichain.ibc.paths import (
    packet_acknowledgement_key,
    packet_commitment_key,
    packet_receipt_key,
)
from plurichain.relayer.chain_end import RelayChain
from plurichain.relayer.client_updates import build_client_update
from tests.localnet.ibc.relaying import wait_until


def list_events(chain: RelayChain, height: int, kind: PacketEventKind) -> list[PacketEvent]:
    """Return what the transactions of a block say of packets."""
    results = chain.client.get_block_results(height).tx_results
    events = [(event.type, event.attributes) for result in results for event in result.events]
    return [event for event in decode_packet_events(events) if event.kind is kind]


def find_sent(chain: RelayChain, height: int) -> list[Packet]:
    """Return the packets that a block's transactions sent."""
    return [event.packet for event in list_events(chain, height, PacketEventKind.SEND)]


@dataclass(frozen=True)
class Hand:
    """Brings packets from ``source`` to ``host``, over the client there of ``source``."""

    host: RelayChain
    source: RelayChain
    client_id: str

    def update(self, height: int) -> list[Message]:
        """Return the messages after which proofs of ``height`` can be judged; it must be past."""
        self.source.client.wait_for_block(height + 1, timeout_s=60, since_s=0)
        return build_client_update(self.host, self.source, self.client_id, height + 1)

    def receive(self, packet: Packet, height: int) -> Message:
        key = packet_commitment_key(packet.source_port, packet.source_channel, packet.sequence)
        proof = self.source.proofs.query_proof(key, height)
        return receive_packet(self.host.address, packet, proof)

    def acknowledge(self, packet: Packet, answer: bytes, height: int) -> Message:
        key = packet_acknowledgement_key(
            packet.destination_port, packet.destination_channel, packet.sequence
        )
        proof = self.source.proofs.query_proof(key, height)
        return acknowledge_packet(self.host.address, packet, answer, proof)

    def time_out(self, packet: Packet, height: int) -> Message:
        key = packet_receipt_key(
            packet.destination_port, packet.destination_channel, packet.sequence
        )
        return timeout_packet(
            self.host.address, packet, 1, self.source.proofs.query_proof(key, height)
        )

    def nest(self, *messages: Message) -> Message:
        """Return a message of authz around others; nobody has to allow what is one's own."""
        return authz_exec(self.host.address, messages)

    def send(self, *messages: Message) -> int:
        """Send messages in one transaction; returns its height."""
        return self.host.send(messages, purpose="test").height or 0

    def wait_due(self, packet: Packet) -> int:
        """Wait until the source's blocks refuse a packet; returns the height of such a block."""
        due = packet.timeout_timestamp_ns
        wait_until(lambda: self.source.client.get_latest_header().time_ns > due, "it is due")
        return self.source.client.get_latest_header().height
