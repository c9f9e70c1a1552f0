"""Sending a token to another chain, and following its packet to the end."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from plurichain.chain.ibc.packet_messages import TRANSFER_PORT, transfer
from plurichain.chain.transactions.signing import compute_tx_hash
from plurichain.encoding.height import NO_HEIGHT, Height
from plurichain.errors import (
    BadReply,
    HandshakeError,
    InputError,
    NotFound,
    PacketReturned,
    PhaseError,
    TransactionUnknown,
)
from plurichain.ibc.events import PacketEventKind, decode_packet_events
from plurichain.ibc.handshake import EndState
from plurichain.ibc.transfer import MAX_MEMO_BYTES, MAX_RECEIVER_BYTES
from plurichain.identifiers import Address

if TYPE_CHECKING:
    from plurichain.chain.transactions.outcome import Outcome
    from plurichain.chain.types import Event
    from plurichain.ibc.packet import Packet
    from plurichain.relayer.chain_end import RelayChain
    from plurichain.units import Coin

DEFAULT_EXPIRES_NS = 600_000_000_000
_STALL_S = 15.0
_CHANNELS = "`plurichain ibc channels` shows open ones, `plurichain ibc link` opens one"


@dataclass(frozen=True, slots=True)
class TransferPlan:
    """A transfer out of ``channel``.

    ``receiver_prefix`` is the other chain's bech32 prefix, None if it is not known.
    ``expires_ns`` counts from this chain's block time, 0 for no time-out by time;
    ``timeout_height`` is one of the other chain's heights.
    """

    channel: str
    receiver: str
    coin: Coin
    port: str = TRANSFER_PORT
    receiver_prefix: str | None = None
    expires_ns: int = DEFAULT_EXPIRES_NS
    timeout_height: Height = NO_HEIGHT
    memo: str = ""


class PacketEnd(StrEnum):
    """How a packet's life ended on the chain that sent it."""

    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    TIMED_OUT = "timed_out"


@dataclass(frozen=True, slots=True)
class PacketOutcome:
    """The end of a packet; ``detail`` is the destination's reason for refusing it."""

    end: PacketEnd
    packet: Packet
    height: int
    tx_hash: str
    detail: str = ""

    def raise_for_end(self) -> None:
        """Raise PacketReturned unless it was acknowledged."""
        if self.end is PacketEnd.ACKNOWLEDGED:
            return
        packet = self.packet
        where = f"packet {packet.sequence} of {packet.source_port}/{packet.source_channel}"
        if self.end is PacketEnd.TIMED_OUT:
            raise PacketReturned(
                f"{where} timed out; the coins are back with the sender",
                remedy="send it again, with more time or while a relayer runs",
            )
        raise PacketReturned(
            f"the other chain refused {where} ({self.detail}); the coins are back with the sender",
            remedy="check receiver and amount",
        )


def validate_transfer(chain: RelayChain, plan: TransferPlan) -> None:
    """Refuse what could only come back, before anything is sent.

    Raises InputError (receiver, memo, time-outs), PhaseError (a channel that is not open),
    HandshakeError (a frozen or expired client is left to ``client_life``), NotFound.
    """
    receiver = plan.receiver
    if not receiver.strip():
        raise InputError("receiver: it is empty")
    if len(receiver.encode()) > MAX_RECEIVER_BYTES:
        raise InputError(
            f"receiver: {len(receiver.encode())} bytes are more than {MAX_RECEIVER_BYTES}"
        )
    if len(plan.memo.encode()) > MAX_MEMO_BYTES:
        raise InputError(f"memo: {len(plan.memo.encode())} bytes are more than {MAX_MEMO_BYTES}")
    if plan.receiver_prefix is not None:
        Address.parse(receiver, prefix=plan.receiver_prefix, field="receiver")
    if not plan.expires_ns and plan.timeout_height.is_zero:
        raise InputError("time-out: neither a time nor a height", remedy="name one of them")
    try:
        end = chain.queries.get_channel(plan.port, plan.channel)
    except NotFound as error:
        raise NotFound(
            f"{chain.chain_id} has no channel {plan.port}/{plan.channel}", remedy=_CHANNELS
        ) from error
    if end.state is not EndState.OPEN:
        raise PhaseError(
            f"channel {plan.port}/{plan.channel} on {chain.chain_id} is {end.state.name.lower()}",
            remedy=_CHANNELS,
        )
    if len(end.connection_hops) != 1:
        raise HandshakeError(f"channel {plan.port}/{plan.channel} lies on several connections")


def send_transfer(chain: RelayChain, plan: TransferPlan) -> tuple[Outcome, Packet]:
    """Send and wait for the block; returns the outcome and the packet that it sent.

    Raises as ``validate_transfer``, TransactionError, FundsShort, NodeError.
    """
    validate_transfer(chain, plan)
    timeout_ns = 0
    if plan.expires_ns:
        timeout_ns = chain.client.get_latest_header().time_ns + plan.expires_ns
    message = transfer(
        chain.address,
        plan.receiver,
        plan.coin,
        port=plan.port,
        channel=plan.channel,
        timeout_height=plan.timeout_height,
        timeout_timestamp_ns=timeout_ns,
        memo=plan.memo,
    )
    outcome = chain.send([message], purpose="ibc-transfer")
    for event in decode_packet_events((e.type, e.attributes) for e in outcome.events):
        if event.kind is PacketEventKind.SEND:
            return outcome, event.packet
    raise BadReply(f"{chain.chain_id}: the transaction sent no packet, or its node hides events")


def follow_packet(
    chain: RelayChain, packet: Packet, height: int, *, timeout_s: float
) -> PacketOutcome:
    """Return how the life of a packet sent in block ``height`` ends on its own chain.

    Reads every block from there on. Raises TransactionUnknown after ``timeout_s`` seconds,
    with the packet still on its way; NodeError.
    """
    deadline = time.monotonic() + timeout_s
    for block in chain.client.follow_blocks(height + 1, timeout_s=min(timeout_s, _STALL_S)):
        results = chain.client.get_block_results(block.header.height)
        for tx_bytes, result in zip(block.txs, results.tx_results, strict=True):
            found = None if result.code else _find_end(result.events, packet)
            if found is not None:
                end, detail = found
                tx_hash = compute_tx_hash(tx_bytes)
                return PacketOutcome(end, packet, block.header.height, tx_hash, detail)
        if time.monotonic() >= deadline:
            break
    raise TransactionUnknown(
        f"packet {packet.sequence} of {packet.source_port}/{packet.source_channel} is still on "
        "its way",
        remedy="a relayer has to run: `plurichain ibc clear` carries what waits",
    )


def _find_end(events: tuple[Event, ...], packet: Packet) -> tuple[PacketEnd, str] | None:
    for event in decode_packet_events((each.type, each.attributes) for each in events):
        found = event.packet
        if (found.source_port, found.source_channel, found.sequence) != (
            packet.source_port,
            packet.source_channel,
            packet.sequence,
        ):
            continue
        if event.kind is PacketEventKind.TIMEOUT:
            return PacketEnd.TIMED_OUT, ""
        if event.kind is PacketEventKind.ACKNOWLEDGE:
            error = _find_error(events, event.msg_index)
            return (PacketEnd.REFUSED, error) if error else (PacketEnd.ACKNOWLEDGED, "")
    return None


def _find_error(events: tuple[Event, ...], msg_index: int | None) -> str:
    """Return the error of the application's event of the same message, "" for a success."""
    for event in events:
        if event.type == "fungible_token_packet" and event.get("msg_index") == str(msg_index):
            error = event.get("error")
            if error:
                return error
    return ""
