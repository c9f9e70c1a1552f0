"""From a piece of work to the proof and the message that do it.

What the source's state says is compared with what is to be proven, so that a packet that
cannot be proven costs nobody a fee: it is moot (no longer there) or it is refused (its data
are not those that were sent).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from plurichain.chain.ibc import messages as ibc_messages
from plurichain.chain.ibc import packet_messages as ibc_packet_messages
from plurichain.errors import BadReply, EncodingError
from plurichain.ibc import paths
from plurichain.ibc.channel import ChannelEnd
from plurichain.ibc.commitments import (
    compute_acknowledgement_commitment,
    compute_packet_commitment,
)
from plurichain.ibc.handshake import EndState
from plurichain.relayer.work import Work, WorkKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plurichain.chain.ibc.proofs import Proof, ProvenReads
    from plurichain.chain.transactions.messages import Message
    from plurichain.ibc.packet import Packet
    from plurichain.identifiers import Address

_U64_BYTES = 8


class Standing(Enum):
    """Whether a work can be proven."""

    PROVEN = "proven"
    MOOT = "moot"
    REFUSED = "refused"
    EARLY = "early"
    """The state does not show it yet."""


@dataclass(frozen=True, slots=True)
class Proven:
    """A work with its proofs, all of one height; of other standings there are none."""

    work: Work
    standing: Standing
    proofs: tuple[Proof, ...] = ()
    next_sequence_recv: int = 1
    reason: str = ""

    @property
    def proof_height(self) -> int:
        """The source's height that the client must know."""
        return self.proofs[0].proof_height.height

    def make_message(self, signer: Address) -> Message:
        """Return the message for the host."""
        work, proof = self.work, self.proofs[0]
        if work.packet is None:
            end = work.route.host
            return ibc_messages.channel_close_confirm(signer, end.port, end.channel, proof)
        if work.kind is WorkKind.RECEIVE:
            return ibc_packet_messages.receive_packet(signer, work.packet, proof)
        if work.kind is WorkKind.ACKNOWLEDGE:
            return ibc_packet_messages.acknowledge_packet(
                signer, work.packet, work.acknowledgement, proof
            )
        if work.kind is WorkKind.TIMEOUT:
            return ibc_packet_messages.timeout_packet(
                signer, work.packet, self.next_sequence_recv, proof
            )
        return ibc_packet_messages.timeout_packet_on_close(
            signer, work.packet, self.next_sequence_recv, proof, self.proofs[1]
        )


def list_keys(work: Work) -> list[bytes]:
    """Return which keys of the source's store prove a work, in the order of ``assess``."""
    packet, end = work.packet, work.route.source
    if packet is None:
        return [paths.channel_end_key(end.port, end.channel)]
    port, channel = packet.destination_port, packet.destination_channel
    if work.kind is WorkKind.RECEIVE:
        source = packet.source_port, packet.source_channel
        return [paths.packet_commitment_key(*source, packet.sequence)]
    if work.kind is WorkKind.ACKNOWLEDGE:
        return [paths.packet_acknowledgement_key(port, channel, packet.sequence)]
    unreceived = (
        paths.next_sequence_recv_key(port, channel)
        if work.is_ordered
        else paths.packet_receipt_key(port, channel, packet.sequence)
    )
    if work.kind is WorkKind.TIMEOUT:
        return [unreceived]
    return [unreceived, paths.channel_end_key(end.port, end.channel)]


def assess(work: Work, proofs: Sequence[Proof]) -> Proven:
    """Return what the ``proofs`` of ``list_keys`` come to. Raises BadReply."""
    packet = work.packet
    if packet is None:
        return _assess_closed(work, proofs[0])
    if work.kind is WorkKind.RECEIVE:
        return _compare(work, proofs[0], compute_packet_commitment(packet), "the packet")
    if work.kind is WorkKind.ACKNOWLEDGE:
        wanted = compute_acknowledgement_commitment(work.acknowledgement)
        found = _compare(work, proofs[0], wanted, "the acknowledgement")
        # An acknowledgement is never deleted, so one that is missing is to come.
        return Proven(work, Standing.EARLY) if found.standing is Standing.MOOT else found
    unreceived = _assess_unreceived(work, packet, proofs[0])
    if work.kind is WorkKind.TIMEOUT or unreceived.standing is not Standing.PROVEN:
        return unreceived
    closed = _assess_closed(work, proofs[1])
    if closed.standing is not Standing.PROVEN:
        return closed
    return Proven(work, Standing.PROVEN, tuple(proofs), unreceived.next_sequence_recv)


def prove(reads: ProvenReads, works: Sequence[Work], height: int) -> list[Proven]:
    """Return ``works`` proven by the source's state after the block ``height``.

    Raises NodeError.
    """
    keys = [list_keys(work) for work in works]
    proofs = iter(reads.query_proofs([key for each in keys for key in each], height))
    return [
        assess(work, [next(proofs) for _ in each]) for work, each in zip(works, keys, strict=True)
    ]


def _compare(work: Work, proof: Proof, wanted: bytes, what: str) -> Proven:
    if not proof.value:
        return Proven(work, Standing.MOOT)
    if proof.value != wanted:
        reason = f"{what} is not the one that its chain has committed to"
        return Proven(work, Standing.REFUSED, reason=reason)
    return Proven(work, Standing.PROVEN, (proof,))


def _assess_unreceived(work: Work, packet: Packet, proof: Proof) -> Proven:
    if not work.is_ordered:
        return Proven(work, Standing.MOOT) if proof.value else _wrap(work, proof)
    if len(proof.value) != _U64_BYTES:
        end = f"{packet.destination_port}/{packet.destination_channel}"
        raise BadReply(f"the next sequence of {end} has {len(proof.value)} bytes")
    following = int.from_bytes(proof.value, "big")
    if following > packet.sequence:
        return Proven(work, Standing.MOOT)
    return _wrap(work, proof, following)


def _wrap(work: Work, proof: Proof, next_sequence_recv: int = 1) -> Proven:
    return Proven(work, Standing.PROVEN, (proof,), next_sequence_recv)


def _assess_closed(work: Work, proof: Proof) -> Proven:
    try:
        state = ChannelEnd.decode(proof.value).state
    except EncodingError as error:
        raise BadReply(f"channel {work.route.source}: {error.cause}") from error
    return _wrap(work, proof) if state is EndState.CLOSED else Proven(work, Standing.EARLY)
