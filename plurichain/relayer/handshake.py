"""The messages that bring a connection and a channel one step further, on one side.

A connection that opens with its last message carries the first or next message of its
channel in the same transaction: both are proven by the same block of the other side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plurichain.chain.ibc import messages as ibc_messages
from plurichain.errors import HandshakeError
from plurichain.ibc.channel import ChannelEnd, next_channel_step
from plurichain.ibc.connection import next_connection_step
from plurichain.ibc.handshake import End, EndState, HandshakeMove, HandshakeStep
from plurichain.ibc.packet import Order

if TYPE_CHECKING:
    from plurichain.chain.ibc.proofs import Proof
    from plurichain.chain.transactions.messages import Message
    from plurichain.relayer.ends import LinkSide


@dataclass(frozen=True, slots=True)
class ChannelPlan:
    """The channel that is wanted. ``version`` and ``order`` are what its opening names."""

    port_a: str = "transfer"
    port_b: str = "transfer"
    order: Order = Order.UNORDERED
    version: str = "ics20-1"


@dataclass(frozen=True, slots=True)
class Move:
    """What is sent next: messages to the side ``end``. ``names`` are the steps, for reports."""

    end: End
    messages: tuple[Message, ...]
    names: tuple[str, ...]
    needs_proof: bool


def find_move(a: LinkSide, b: LinkSide, plan: ChannelPlan | None) -> Move | None:
    """Return what comes next, None when all that is wanted is open (or closed on both sides).

    Without a ``plan`` only the ends that are named already are moved. Raises HandshakeError
    for states that no message leads out of.
    """
    step = next_connection_step(a.connection, b.connection)
    if step is None:
        if not _is_open(a) or not _is_open(b):
            raise make_stuck(a, b)
        return _find_channel_move(a, b, plan)
    host, source = (a, b) if step.end is End.A else (b, a)
    messages = [_build_connection_message(host, source, step)]
    names = [f"connection {step.move.value}"]
    if step.move in {HandshakeMove.OPEN_ACK, HandshakeMove.OPEN_CONFIRM}:
        # Here the connection is open once this message is through: the channel's may follow.
        follower = next_channel_step(a.channel, b.channel)
        if plan is not None and follower is not None and follower.end is step.end:
            messages.append(_build_channel_message(host, source, follower, plan, step.end))
            names.append(f"channel {follower.move.value}")
    needs_proof = step.move is not HandshakeMove.OPEN_INIT
    return Move(step.end, tuple(messages), tuple(names), needs_proof)


def _find_channel_move(a: LinkSide, b: LinkSide, plan: ChannelPlan | None) -> Move | None:
    if plan is None and not (a.channel_id or b.channel_id):
        return None
    step = next_channel_step(a.channel, b.channel)
    if step is None:
        states = {_get_state(a.channel), _get_state(b.channel)}
        if len(states) == 1 and states <= {EndState.OPEN, EndState.CLOSED}:
            return None
        raise make_stuck(a, b)
    host, source = (a, b) if step.end is End.A else (b, a)
    message = _build_channel_message(host, source, step, plan, step.end)
    needs_proof = step.move is not HandshakeMove.OPEN_INIT
    return Move(step.end, (message,), (f"channel {step.move.value}",), needs_proof)


def make_stuck(a: LinkSide, b: LinkSide) -> HandshakeError:
    """Return the error for two ends that cannot become one."""
    return HandshakeError(
        f"the two ends do not belong together ({a.describe()}; {b.describe()})",
        remedy="begin a new one: `plurichain ibc link --new`",
    )


def _is_open(side: LinkSide) -> bool:
    return side.connection is not None and side.connection.is_open


def _get_state(end: ChannelEnd | None) -> EndState:
    return EndState.MISSING if end is None else end.state


def _proven(proof: Proof | None) -> Proof:
    assert proof is not None, "an end that exists was read with its proof"
    return proof


def _build_connection_message(host: LinkSide, source: LinkSide, step: HandshakeStep) -> Message:
    signer = host.chain.address
    if step.move is HandshakeMove.OPEN_INIT:
        return ibc_messages.connection_open_init(signer, host.client_id, source.client_id)
    proof, end = _proven(source.connection_proof), source.connection
    assert end is not None
    if step.move is HandshakeMove.OPEN_TRY:
        return ibc_messages.connection_open_try(
            signer,
            host.client_id,
            source.client_id,
            source.connection_id,
            end.versions,
            proof,
            delay_period_ns=end.delay_period_ns,
        )
    if step.move is HandshakeMove.OPEN_ACK:
        return ibc_messages.connection_open_ack(
            signer, host.connection_id, source.connection_id, end.versions[0], proof
        )
    return ibc_messages.connection_open_confirm(signer, host.connection_id, proof)


def _build_channel_message(
    host: LinkSide, source: LinkSide, step: HandshakeStep, plan: ChannelPlan | None, end: End
) -> Message:
    signer = host.chain.address
    if step.move is HandshakeMove.OPEN_INIT:
        assert plan is not None, "a channel begins by a plan"
        ports = (plan.port_a, plan.port_b) if end is End.A else (plan.port_b, plan.port_a)
        return ibc_messages.channel_open_init(
            signer,
            ports[0],
            host.connection_id,
            ports[1],
            order=plan.order,
            version=plan.version,
        )
    proof, other = _proven(source.channel_proof), source.channel
    assert other is not None
    if step.move is HandshakeMove.OPEN_TRY:
        return ibc_messages.channel_open_try(
            signer,
            host.port,
            host.connection_id,
            (source.port, source.channel_id),
            proof,
            order=other.order,
            version=other.version,
        )
    if step.move is HandshakeMove.OPEN_ACK:
        return ibc_messages.channel_open_ack(
            signer, host.port, host.channel_id, source.channel_id, other.version, proof
        )
    if step.move is HandshakeMove.OPEN_CONFIRM:
        return ibc_messages.channel_open_confirm(signer, host.port, host.channel_id, proof)
    return ibc_messages.channel_close_confirm(signer, host.port, host.channel_id, proof)
