"""Messages of IBC's core: clients, connections and channels. Pure constructors.

What is proven comes with a ``Proof``, of the other chain's state at the block before
``proof.proof_height``. Fields that ibc-go 10 ignores (client and consensus proofs of the
handshake) are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from plurichain.chain import protos as sdk
from plurichain.chain.ibc import protos
from plurichain.chain.transactions.messages import Message, wrap_message
from plurichain.encoding.height import Height
from plurichain.ibc.channel import ChannelEnd
from plurichain.ibc.client import HEADER_TYPE, ClientState, ConsensusState
from plurichain.ibc.connection import DEFAULT_VERSION, ConnectionVersion
from plurichain.ibc.handshake import EndState
from plurichain.ibc.paths import STORE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from plurichain.chain.ibc.proofs import Proof
    from plurichain.ibc.packet import Order
    from plurichain.identifiers import Address


def make_height(height: Height) -> Any:
    """Return a height as protobuf has it."""
    return protos.client.Height(revision_number=height.revision, revision_height=height.height)


def _make_any(data: bytes) -> Any:
    return sdk.any_message.Any.FromString(data)


# --- clients -------------------------------------------------------------------------------------


def create_client(
    signer: Address, client_state: ClientState, consensus_state: ConsensusState
) -> Message:
    """Make a light client of another chain, that trusts the consensus state."""
    return wrap_message(
        protos.client_tx.MsgCreateClient(
            client_state=_make_any(client_state.encode_any()),
            consensus_state=_make_any(consensus_state.encode_any()),
            signer=str(signer),
        ),
        signer,
    )


def update_client(signer: Address, client_id: str, header: bytes) -> Message:
    """Show a client a newer header: ``header`` is the protobuf bytes of the client's Header."""
    return wrap_message(
        protos.client_tx.MsgUpdateClient(
            client_id=client_id,
            client_message=sdk.any_message.Any(type_url=HEADER_TYPE, value=header),
            signer=str(signer),
        ),
        signer,
    )


# --- connections ---------------------------------------------------------------------------------


def _make_version(version: ConnectionVersion) -> Any:
    return protos.connection.Version.FromString(version.encode())


def _make_counterparty(client_id: str, connection_id: str) -> Any:
    counterparty = protos.connection.Counterparty(client_id=client_id, connection_id=connection_id)
    counterparty.prefix.key_prefix = STORE.encode()
    return counterparty


def connection_open_init(
    signer: Address,
    client_id: str,
    counterparty_client: str,
    *,
    version: ConnectionVersion = DEFAULT_VERSION,
) -> Message:
    """Begin a connection over ``client_id``, whose other end is over ``counterparty_client``."""
    return wrap_message(
        protos.connection_tx.MsgConnectionOpenInit(
            client_id=client_id,
            counterparty=_make_counterparty(counterparty_client, ""),
            version=_make_version(version),
            signer=str(signer),
        ),
        signer,
    )


def connection_open_try(
    signer: Address,
    client_id: str,
    counterparty_client: str,
    counterparty_connection: str,
    versions: Iterable[ConnectionVersion],
    proof: Proof,
    *,
    delay_period_ns: int = 0,
) -> Message:
    """Answer a connection that the other chain began, with its end proven."""
    return wrap_message(
        protos.connection_tx.MsgConnectionOpenTry(
            client_id=client_id,
            counterparty=_make_counterparty(counterparty_client, counterparty_connection),
            delay_period=delay_period_ns,
            counterparty_versions=[_make_version(version) for version in versions],
            proof_height=make_height(proof.proof_height),
            proof_init=proof.merkle_proof,
            signer=str(signer),
        ),
        signer,
    )


def connection_open_ack(
    signer: Address,
    connection_id: str,
    counterparty_connection: str,
    version: ConnectionVersion,
    proof: Proof,
) -> Message:
    """Open the end that began, with the answer proven."""
    return wrap_message(
        protos.connection_tx.MsgConnectionOpenAck(
            connection_id=connection_id,
            counterparty_connection_id=counterparty_connection,
            version=_make_version(version),
            proof_height=make_height(proof.proof_height),
            proof_try=proof.merkle_proof,
            signer=str(signer),
        ),
        signer,
    )


def connection_open_confirm(signer: Address, connection_id: str, proof: Proof) -> Message:
    """Open the end that answered, with the other one's opening proven."""
    return wrap_message(
        protos.connection_tx.MsgConnectionOpenConfirm(
            connection_id=connection_id,
            proof_ack=proof.merkle_proof,
            proof_height=make_height(proof.proof_height),
            signer=str(signer),
        ),
        signer,
    )


# --- channels ------------------------------------------------------------------------------------


def _make_channel(end: ChannelEnd) -> Any:
    return protos.channel.Channel.FromString(end.encode())


def _make_end(
    state: EndState,
    order: Order,
    counterparty: tuple[str, str],
    connection_id: str,
    version: str,
) -> Any:
    return _make_channel(
        ChannelEnd(
            state=state,
            order=order,
            counterparty_port=counterparty[0],
            counterparty_channel=counterparty[1],
            connection_hops=(connection_id,),
            version=version,
        )
    )


def channel_open_init(
    signer: Address,
    port: str,
    connection_id: str,
    counterparty_port: str,
    *,
    order: Order,
    version: str,
) -> Message:
    """Begin a channel over a connection."""
    channel = _make_end(EndState.INIT, order, (counterparty_port, ""), connection_id, version)
    return wrap_message(
        protos.channel_tx.MsgChannelOpenInit(port_id=port, channel=channel, signer=str(signer)),
        signer,
    )


def channel_open_try(
    signer: Address,
    port: str,
    connection_id: str,
    counterparty: tuple[str, str],
    proof: Proof,
    *,
    order: Order,
    version: str,
) -> Message:
    """Answer a channel that ``counterparty`` (port, channel) began in ``version``."""
    channel = _make_end(EndState.TRYOPEN, order, counterparty, connection_id, version)
    return wrap_message(
        protos.channel_tx.MsgChannelOpenTry(
            port_id=port,
            channel=channel,
            counterparty_version=version,
            proof_init=proof.merkle_proof,
            proof_height=make_height(proof.proof_height),
            signer=str(signer),
        ),
        signer,
    )


def channel_open_ack(
    signer: Address,
    port: str,
    channel: str,
    counterparty_channel: str,
    counterparty_version: str,
    proof: Proof,
) -> Message:
    """Open the end that began, with the answer proven."""
    return wrap_message(
        protos.channel_tx.MsgChannelOpenAck(
            port_id=port,
            channel_id=channel,
            counterparty_channel_id=counterparty_channel,
            counterparty_version=counterparty_version,
            proof_try=proof.merkle_proof,
            proof_height=make_height(proof.proof_height),
            signer=str(signer),
        ),
        signer,
    )


def channel_open_confirm(signer: Address, port: str, channel: str, proof: Proof) -> Message:
    """Open the end that answered, with the other one's opening proven."""
    return wrap_message(
        protos.channel_tx.MsgChannelOpenConfirm(
            port_id=port,
            channel_id=channel,
            proof_ack=proof.merkle_proof,
            proof_height=make_height(proof.proof_height),
            signer=str(signer),
        ),
        signer,
    )


def channel_close_init(signer: Address, port: str, channel: str) -> Message:
    """Close an end, if the application on its port allows it."""
    return wrap_message(
        protos.channel_tx.MsgChannelCloseInit(port_id=port, channel_id=channel, signer=str(signer)),
        signer,
    )


def channel_close_confirm(signer: Address, port: str, channel: str, proof: Proof) -> Message:
    """Close an end whose other one is proven to be closed."""
    return wrap_message(
        protos.channel_tx.MsgChannelCloseConfirm(
            port_id=port,
            channel_id=channel,
            proof_init=proof.merkle_proof,
            proof_height=make_height(proof.proof_height),
            signer=str(signer),
        ),
        signer,
    )
