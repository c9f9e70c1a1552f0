"""Messages of IBC, read back by the generated types."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from plurichain.chain.ibc import messages as ibc_messages
from plurichain.chain.ibc import packet_messages as ibc_packet_messages
from plurichain.chain.ibc import protos
from plurichain.chain.ibc.proofs import Proof
from plurichain.chain.transactions.messages import Message, bank_send
from plurichain.encoding.height import NO_HEIGHT, Height
from plurichain.ibc.client import ClientState, ConsensusState
from plurichain.ibc.connection import DEFAULT_VERSION
from plurichain.ibc.packet import Order, Packet
from plurichain.identifiers import Address
from plurichain.units import Coin

SIGNER = Address(b"\x05" * 20, "pluri")
PROOF = Proof(b"value", b"proof", Height(1, 42))
OTHER_PROOF = Proof(b"", b"other", Height(1, 42))
PACKET = Packet(
    sequence=2**63 + 1,
    source_port="transfer",
    source_channel="channel-1",
    destination_port="transfer",
    destination_channel="channel-2",
    data=b"\x00\xff",
    timeout_height=Height(2, 9),
    timeout_timestamp_ns=2**64 - 1,
)
CLIENT_STATE = ClientState(
    chain_id="b-1",
    trust_level=Fraction(1, 3),
    trusting_period_ns=20,
    unbonding_period_ns=30,
    max_clock_drift_ns=5,
    frozen_height=NO_HEIGHT,
    latest_height=Height(1, 7),
)
CONSENSUS_STATE = ConsensusState(1_700_000_000_000_000_001, b"\x01" * 32, b"\x02" * 32)


def read(message: Message, kind: Any) -> Any:
    """Return a message by its generated type, which its URL must name."""
    assert message.type_url == f"/{kind.DESCRIPTOR.full_name}"
    assert message.signer == SIGNER
    return kind.FromString(message.value)


def assert_proven(found: Any, field: str, proof: bytes = b"proof") -> None:
    assert getattr(found, field) == proof
    height = found.proof_height
    assert (height.revision_number, height.revision_height) == (1, 42)


def test_clients() -> None:
    tx = protos.client_tx
    made = read(
        ibc_messages.create_client(SIGNER, CLIENT_STATE, CONSENSUS_STATE), tx.MsgCreateClient
    )
    assert made.client_state.SerializeToString() == CLIENT_STATE.encode_any()
    assert made.consensus_state.SerializeToString() == CONSENSUS_STATE.encode_any()
    assert made.signer == str(SIGNER)

    updated = read(ibc_messages.update_client(SIGNER, "c-0", b"header"), tx.MsgUpdateClient)
    assert updated.client_id == "c-0"
    assert updated.client_message.type_url == "/ibc.lightclients.tendermint.v1.Header"
    assert updated.client_message.value == b"header"


def test_the_handshake_of_a_connection() -> None:
    tx = protos.connection_tx
    init = read(ibc_messages.connection_open_init(SIGNER, "c-0", "c-9"), tx.MsgConnectionOpenInit)
    assert (init.client_id, init.counterparty.client_id) == ("c-0", "c-9")
    assert init.counterparty.prefix.key_prefix == b"ibc"
    # With one version fixed here, a channel may follow in the transaction that opens it.
    assert (init.version.identifier, list(init.version.features)) == (
        "1",
        ["ORDER_ORDERED", "ORDER_UNORDERED"],
    )

    tried = read(
        ibc_messages.connection_open_try(
            SIGNER, "c-9", "c-0", "connection-4", [DEFAULT_VERSION], PROOF, delay_period_ns=3
        ),
        tx.MsgConnectionOpenTry,
    )
    assert_proven(tried, "proof_init")
    assert (tried.counterparty.connection_id, tried.delay_period) == ("connection-4", 3)
    assert len(tried.counterparty_versions) == 1

    acked = read(
        ibc_messages.connection_open_ack(
            SIGNER, "connection-4", "connection-5", DEFAULT_VERSION, PROOF
        ),
        tx.MsgConnectionOpenAck,
    )
    assert_proven(acked, "proof_try")
    assert (acked.connection_id, acked.counterparty_connection_id) == (
        "connection-4",
        "connection-5",
    )

    confirmed = read(
        ibc_messages.connection_open_confirm(SIGNER, "connection-5", PROOF),
        tx.MsgConnectionOpenConfirm,
    )
    assert_proven(confirmed, "proof_ack")


def test_the_handshake_of_a_channel() -> None:
    tx = protos.channel_tx
    init = read(
        ibc_messages.channel_open_init(
            SIGNER, "p", "connection-0", "q", order=Order.ORDERED, version="v"
        ),
        tx.MsgChannelOpenInit,
    )
    channel = init.channel
    assert (init.port_id, channel.state, channel.ordering, channel.version) == ("p", 1, 2, "v")
    assert (channel.counterparty.port_id, list(channel.connection_hops)) == ("q", ["connection-0"])

    tried = read(
        ibc_messages.channel_open_try(
            SIGNER, "q", "connection-1", ("p", "channel-3"), PROOF, order=Order.ORDERED, version="v"
        ),
        tx.MsgChannelOpenTry,
    )
    assert_proven(tried, "proof_init")
    assert (tried.channel.state, tried.counterparty_version) == (2, "v")
    assert tried.channel.counterparty.channel_id == "channel-3"

    acked = read(
        ibc_messages.channel_open_ack(SIGNER, "p", "channel-3", "channel-8", "w", PROOF),
        tx.MsgChannelOpenAck,
    )
    assert_proven(acked, "proof_try")
    assert (acked.counterparty_channel_id, acked.counterparty_version) == ("channel-8", "w")
    confirmed = read(
        ibc_messages.channel_open_confirm(SIGNER, "q", "channel-8", PROOF),
        tx.MsgChannelOpenConfirm,
    )
    assert_proven(confirmed, "proof_ack")


def test_closing_a_channel() -> None:
    tx = protos.channel_tx
    begun = read(ibc_messages.channel_close_init(SIGNER, "p", "channel-3"), tx.MsgChannelCloseInit)
    assert (begun.port_id, begun.channel_id) == ("p", "channel-3")
    closed = read(
        ibc_messages.channel_close_confirm(SIGNER, "q", "channel-8", PROOF),
        tx.MsgChannelCloseConfirm,
    )
    assert_proven(closed, "proof_init")


@pytest.mark.parametrize(
    ("message", "kind", "field"),
    [
        (
            ibc_packet_messages.receive_packet(SIGNER, PACKET, PROOF),
            protos.channel_tx.MsgRecvPacket,
            "proof_commitment",
        ),
        (
            ibc_packet_messages.acknowledge_packet(SIGNER, PACKET, b"ack", PROOF),
            protos.channel_tx.MsgAcknowledgement,
            "proof_acked",
        ),
        (
            ibc_packet_messages.timeout_packet(SIGNER, PACKET, 4, PROOF),
            protos.channel_tx.MsgTimeout,
            "proof_unreceived",
        ),
        (
            ibc_packet_messages.timeout_packet_on_close(SIGNER, PACKET, 4, PROOF, OTHER_PROOF),
            protos.channel_tx.MsgTimeoutOnClose,
            "proof_unreceived",
        ),
    ],
)
def test_messages_that_carry_a_packet(message: Message, kind: Any, field: str) -> None:
    found = read(message, kind)
    assert_proven(found, field)
    packet = found.packet
    assert (packet.sequence, packet.data) == (PACKET.sequence, PACKET.data)
    assert (packet.source_port, packet.source_channel) == ("transfer", "channel-1")
    assert (packet.destination_port, packet.destination_channel) == ("transfer", "channel-2")
    height = packet.timeout_height
    assert (height.revision_number, height.revision_height) == (2, 9)
    assert packet.timeout_timestamp == 2**64 - 1
    if kind is protos.channel_tx.MsgAcknowledgement:
        assert found.acknowledgement == b"ack"
    if field == "proof_unreceived":
        assert found.next_sequence_recv == 4
    if kind is protos.channel_tx.MsgTimeoutOnClose:
        assert found.proof_close == b"other"


def test_a_transfer_says_what_it_spends() -> None:
    coin = Coin("watthour", 5)
    message = ibc_packet_messages.transfer(
        SIGNER, "farm1x", coin, channel="channel-0", timeout_timestamp_ns=9, memo="m"
    )
    found = read(message, protos.transfer_tx.MsgTransfer)
    assert (found.token.denom, found.token.amount) == ("watthour", "5")
    assert (found.receiver, found.memo, found.timeout_timestamp) == ("farm1x", "m", 9)
    assert found.source_port == "transfer"
    assert message.spends == (coin,)


def test_interchain_accounts() -> None:
    tx = protos.controller_tx
    begun = read(
        ibc_packet_messages.register_interchain_account(SIGNER, "connection-0"),
        tx.MsgRegisterInterchainAccount,
    )
    assert (begun.owner, begun.connection_id, begun.ordering) == (str(SIGNER), "connection-0", 2)
    inner = bank_send(SIGNER, SIGNER, [Coin("watthour", 1)])
    sent = read(
        ibc_packet_messages.send_interchain_messages(
            SIGNER, "connection-0", [inner], timeout_ns=7, memo="m"
        ),
        tx.MsgSendTx,
    )
    assert sent.relative_timeout == 7
    assert sent.packet_data.type == protos.accounts_packet.TYPE_EXECUTE_TX
    content = protos.accounts_packet.CosmosTx.FromString(sent.packet_data.data)
    assert (content.messages[0].type_url, content.messages[0].value) == (
        inner.type_url,
        inner.value,
    )
