"""IBC v2 on real chains: its packets, where its clients lead, and who carried them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import plurichain.chain.ibc.protos  # noqa: F401 - the door to generated types

# isort: split
from ibc.core.channel.v2 import packet_pb2 as packets
from ibc.core.channel.v2 import tx_pb2 as channel_tx
from ibc.core.client.v1 import client_pb2 as client
from ibc.core.client.v2 import tx_pb2 as client_tx

from plurichain.chain.transactions.grants import authz_exec
from plurichain.chain.transactions.messages import Message, wrap_message
from plurichain.harness import LocalChains
from plurichain.ibc.events import PacketEventKind, PacketEventV2, decode_ibc_events
from plurichain.ibc.packet import ProtocolVersion
from plurichain.ibc.packet_story import StoryClass
from plurichain.ibc.packet_v2 import encode_packet_v2
from plurichain.ibc.paths import packet_acknowledgement_key_v2, packet_commitment_key_v2
from plurichain.ibc.transfer import TransferData
from plurichain.relayer.chain_end import RelayChain
from plurichain.relayer.clients import ClientRules, create_client
from tests.localnet.tracker.by_hand import Hand
from tests.localnet.tracker.tracking import tracking

SECOND_NS = 10**9


def register(chain: RelayChain, own: str, other: str) -> Message:
    """Join two clients for IBC v2; keys of the other chain's store stand behind "ibc"."""
    return wrap_message(
        client_tx.MsgRegisterCounterparty(
            client_id=own, counterparty_merkle_prefix=[b"ibc", b""],
            counterparty_client_id=other, signer=str(chain.address),
        ),
        chain.address,
    )  # fmt: skip


def send_transfer(chain: RelayChain, own: str, receiver: str, amount: int) -> Message:
    value = TransferData("upluri", amount, str(chain.address), receiver).encode()
    expires_s = chain.client.get_latest_header().time_ns // SECOND_NS + 3_600
    payload = packets.Payload(
        source_port="transfer", destination_port="transfer", version="ics20-1",
        encoding="application/json", value=value,
    )  # fmt: skip
    return wrap_message(
        channel_tx.MsgSendPacket(source_client=own, timeout_timestamp=expires_s,
                                 payloads=[payload], signer=str(chain.address)),
        chain.address,
    )  # fmt: skip


def find_event(chain: RelayChain, height: int, kind: PacketEventKind) -> PacketEventV2:
    results = chain.client.get_block_results(height).tx_results
    events = [(event.type, event.attributes) for result in results for event in result.events]
    [found] = [
        event for event in decode_ibc_events(events).events
        if isinstance(event, PacketEventV2) and event.kind is kind
    ]  # fmt: skip
    return found


def carry(hand: Hand, event: PacketEventV2, height: int) -> Message:
    """Return the message that brings a packet, or the answer to one."""
    packet = event.packet
    content = packets.Packet.FromString(encode_packet_v2(packet))
    is_answer = event.acknowledgements is not None
    key = (
        packet_acknowledgement_key_v2(packet.destination_client, packet.sequence)
        if is_answer
        else packet_commitment_key_v2(packet.source_client, packet.sequence)
    )
    proof = hand.source.proofs.query_proof(key, height)
    at: dict[str, Any] = {
        "packet": content,
        "proof_height": client.Height(
            revision_number=proof.proof_height.revision,
            revision_height=proof.proof_height.height,
        ),
        "signer": str(hand.host.address),
    }
    if is_answer:
        answer = packets.Acknowledgement(app_acknowledgements=event.acknowledgements)
        message: Any = channel_tx.MsgAcknowledgement(
            acknowledgement=answer, proof_acked=proof.merkle_proof, **at
        )
    else:
        message = channel_tx.MsgRecvPacket(proof_commitment=proof.merkle_proof, **at)
    return wrap_message(message, hand.host.address)


def test_a_transfer_of_ibc_v2_is_told_whole(linked_chains: LocalChains, tmp_path: Path) -> None:
    with (
        linked_chains.open_relay_chain("a") as a,
        linked_chains.open_relay_chain("b") as b,
        tracking(list(linked_chains.values()), tmp_path / "packets.db", is_late=True) as tracked,
    ):
        begun = {each.chain_id: each.client.get_latest_header().height for each in (a, b)}
        own, other = create_client(a, b, ClientRules()), create_client(b, a, ClientRules())
        a.send([register(a, own, other)], purpose="test")
        b.send([register(b, other, own)], purpose="test")
        to_b, to_a = Hand(b, a, other), Hand(a, b, own)

        sent = a.send([send_transfer(a, own, str(b.address), 21)], purpose="test").height or 0
        message = carry(to_b, find_event(a, sent, PacketEventKind.SEND), sent)
        # Brought twice, and a third time within a message of authz.
        got = to_b.send(*to_b.update(sent), message, message, authz_exec(b.address, [message]))
        answer = find_event(b, got, PacketEventKind.WRITE_ACK)
        to_a.send(*to_a.update(got), carry(to_a, answer, got))

        name = (a.chain_id, own, answer.packet.sequence)
        [row] = tracked.wait_for([name], StoryClass.ACKED)
        assert (row.end.protocol, row.end.port) == (ProtocolVersion.V2, "")
        assert (row.destination_chain_id, row.destination.channel) == (b.chain_id, other)
        assert (row.received_by, row.repeats) == (str(b.address), 2)
        since = "SELECT * FROM oddity WHERE chain_id = ? AND height > ?"
        for chain in (a, b):
            assert tracked.store.query(since, (chain.chain_id, begun[chain.chain_id])) == []
