"""Messages that carry packets, and those that send them. Pure constructors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plurichain.chain import protos as sdk
from plurichain.chain.convert import make_coin_messages
from plurichain.chain.ibc import protos
from plurichain.chain.ibc.messages import make_height
from plurichain.chain.transactions.messages import Message, wrap_message
from plurichain.encoding.height import NO_HEIGHT, Height
from plurichain.ibc.packet import Order, Packet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plurichain.chain.ibc.proofs import Proof
    from plurichain.identifiers import Address
    from plurichain.units import Coin

TRANSFER_PORT = "transfer"


def _make_packet(packet: Packet) -> Any:
    return protos.channel.Packet(
        sequence=packet.sequence,
        source_port=packet.source_port,
        source_channel=packet.source_channel,
        destination_port=packet.destination_port,
        destination_channel=packet.destination_channel,
        data=packet.data,
        timeout_height=make_height(packet.timeout_height),
        timeout_timestamp=packet.timeout_timestamp_ns,
    )


def receive_packet(signer: Address, packet: Packet, proof: Proof) -> Message:
    """Hand a packet to its destination, with its commitment proven."""
    return wrap_message(
        protos.channel_tx.MsgRecvPacket(
            packet=_make_packet(packet),
            proof_commitment=proof.merkle_proof,
            proof_height=make_height(proof.proof_height),
            signer=str(signer),
        ),
        signer,
    )


def acknowledge_packet(
    signer: Address, packet: Packet, acknowledgement: bytes, proof: Proof
) -> Message:
    """Hand the destination's acknowledgement to a packet's source, proven."""
    return wrap_message(
        protos.channel_tx.MsgAcknowledgement(
            packet=_make_packet(packet),
            acknowledgement=acknowledgement,
            proof_acked=proof.merkle_proof,
            proof_height=make_height(proof.proof_height),
            signer=str(signer),
        ),
        signer,
    )


def timeout_packet(
    signer: Address, packet: Packet, next_sequence_recv: int, proof: Proof
) -> Message:
    """Give a packet back to its source: it is proven not to have been received in time.

    The proof is of the missing receipt, or in an ordered channel of ``next_sequence_recv``
    (at least 1 in either case).
    """
    return wrap_message(
        protos.channel_tx.MsgTimeout(
            packet=_make_packet(packet),
            proof_unreceived=proof.merkle_proof,
            proof_height=make_height(proof.proof_height),
            next_sequence_recv=next_sequence_recv,
            signer=str(signer),
        ),
        signer,
    )


def timeout_packet_on_close(
    signer: Address,
    packet: Packet,
    next_sequence_recv: int,
    proof_unreceived: Proof,
    proof_close: Proof,
) -> Message:
    """Give a packet back to its source: the destination's channel is proven to be closed.

    Both proofs are of the same height.
    """
    return wrap_message(
        protos.channel_tx.MsgTimeoutOnClose(
            packet=_make_packet(packet),
            proof_unreceived=proof_unreceived.merkle_proof,
            proof_close=proof_close.merkle_proof,
            proof_height=make_height(proof_unreceived.proof_height),
            next_sequence_recv=next_sequence_recv,
            signer=str(signer),
        ),
        signer,
    )


def transfer(
    sender: Address,
    receiver: str,
    coin: Coin,
    *,
    channel: str,
    port: str = TRANSFER_PORT,
    timeout_height: Height = NO_HEIGHT,
    timeout_timestamp_ns: int = 0,
    memo: str = "",
) -> Message:
    """Send a coin to ``receiver`` on the other chain (whose prefix only that chain knows).

    At least one time-out must be given, in heights or block times of the other chain.
    """
    return wrap_message(
        protos.transfer_tx.MsgTransfer(
            source_port=port,
            source_channel=channel,
            token=make_coin_messages([coin])[0],
            sender=str(sender),
            receiver=receiver,
            timeout_height=make_height(timeout_height),
            timeout_timestamp=timeout_timestamp_ns,
            memo=memo,
        ),
        sender,
        (coin,),
    )


def register_interchain_account(
    owner: Address, connection_id: str, *, order: Order = Order.ORDERED, version: str = ""
) -> Message:
    """Begin the channel of an account on the other chain that ``owner`` will control.

    Without a ``version`` the chain writes the usual one.
    """
    return wrap_message(
        protos.controller_tx.MsgRegisterInterchainAccount(
            owner=str(owner),
            connection_id=connection_id,
            version=version,
            ordering=int(order),
        ),
        owner,
    )


def send_interchain_messages(
    owner: Address,
    connection_id: str,
    messages: Sequence[Message],
    *,
    timeout_ns: int,
    memo: str = "",
) -> Message:
    """Have the interchain account of ``owner`` carry out messages on the other chain.

    ``timeout_ns`` counts from the block time of the sending chain.
    """
    content = protos.accounts_packet.CosmosTx(
        messages=[
            sdk.any_message.Any(type_url=message.type_url, value=message.value)
            for message in messages
        ]
    )
    return wrap_message(
        protos.controller_tx.MsgSendTx(
            owner=str(owner),
            connection_id=connection_id,
            packet_data=protos.accounts_packet.InterchainAccountPacketData(
                type=protos.accounts_packet.TYPE_EXECUTE_TX,
                data=content.SerializeToString(),
                memo=memo,
            ),
            relative_timeout=timeout_ns,
        ),
        owner,
    )
