"""Every packet's commitment, recomputed from its event, beside the one that its chain holds.

The state is that after the block in which it was sent. Each answer comes with a proof that is
checked against the app hash of the next header, if a line of trusted headers reaches it
(``header_line``); a verdict without one is what the node says, and where the proof is false
there is none: the node is asked again later. A round is bounded, and takes the newest and the
oldest packets alike, so that neither waits for the other.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from plurichain.encoding.message import Message
from plurichain.errors import (
    BadReply,
    EncodingError,
    HeightPruned,
    ModuleMissing,
    ProofError,
)
from plurichain.ibc.packet import ProtocolVersion
from plurichain.ibc.paths import STORE, packet_commitment_key, packet_commitment_key_v2
from plurichain.lightclient.ics23 import verify_membership, verify_non_membership
from plurichain.tracker.observations import StateCheck
from plurichain.tracker.observing.header_line import HeaderLine
from plurichain.tracker.reading import End

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plurichain.chain.ibc.proofs import Proof
    from plurichain.tracker.observing.watched import WatchedChain
    from plurichain.tracker.store import Cursor

logger = logging.getLogger(__name__)

PACKETS_AT_ONCE: Final = 64
"""So many packets are compared in one round; a proven read costs a node 2 ms."""
HEADERS_AT_ONCE: Final = 200
MOST_HEIGHTS: Final = 4_000
REFUTED_REST_S: Final = 60.0
"""For how long a packet is left alone whose proof was false."""
LEAST_HEIGHT: Final = 2
"""Nothing can be proven of the first block."""

SAME, DIFFERENT, ABSENT, PRUNED = "same", "different", "absent", "pruned"

_Name = tuple[End, int]

_UNCHECKED: Final = """
FROM sent s LEFT JOIN state_check c ON c.chain_id = s.chain_id AND c.protocol = s.protocol
    AND c.port = s.port AND c.channel = s.channel AND c.sequence = s.sequence AND c.what = 'sent'
WHERE s.chain_id = ? AND s.sent_height > ? AND s.sent_height < ?
    AND (c.chain_id IS NULL OR (c.is_proven = 0 AND c.verdict <> 'pruned'))
"""


@dataclass(frozen=True, slots=True)
class _Sent:
    """A packet with the commitment that follows from its event; ``verdict`` of an earlier round."""

    end: End
    sequence: int
    height: int
    ended_height: int | None
    commitment: bytes
    verdict: str | None

    @property
    def name(self) -> _Name:
        """The packet on its chain."""
        return self.end, self.sequence

    @property
    def key(self) -> bytes:
        """Where its chain keeps the commitment."""
        if self.end.protocol is ProtocolVersion.V2:
            return packet_commitment_key_v2(self.end.channel, self.sequence)
        return packet_commitment_key(self.end.port, self.end.channel, self.sequence)


class CommitmentWatch:
    """The packets that one chain sent."""

    def __init__(self, chain: WatchedChain) -> None:
        self._chain = chain
        self._line = HeaderLine(chain)
        self._done = 0
        """Nothing is left to do up to this height."""
        self._refuted: dict[_Name, tuple[float, ProofError]] = {}
        """Packets whose proof was false: when they are asked for again, and what was wrong."""

    def observe(self) -> bool:
        """Do one round; tells whether something is left that can be done at once.

        Raises ProofError for a header that proves nothing, and as long as the last answer to
        some packet was refuted by its own proof; NodeError, StorageError.
        """
        cursor = self._chain.store.get_cursor(self._chain.chain_id)
        if cursor is None:
            return False
        heights = self._list_heights(cursor.height)
        if not heights:
            self._done = max(self._done, cursor.height - 1)
            return False
        self._advance(cursor, heights)
        new = self._choose(cursor.height)
        odd: BadReply | None = None
        for height in sorted({each.height for each in new}):
            try:
                self._check([each for each in new if each.height == height], height)
            except BadReply as error:  # of this height; others may be told all the same
                odd = odd or error
        for _, refutation in self._refuted.values():
            raise refutation
        if odd is not None:
            raise odd
        return len(new) >= PACKETS_AT_ONCE

    def _list_heights(self, below: int) -> list[int]:
        """Return where packets were sent that are to be compared or proven, newest first."""
        rows = self._chain.store.query(
            f"SELECT DISTINCT s.sent_height {_UNCHECKED} ORDER BY 1 DESC LIMIT ?",
            (self._chain.chain_id, self._done, below, MOST_HEIGHTS),
        )
        return [int(height) for (height,) in rows]

    def _advance(self, cursor: Cursor, heights: Sequence[int]) -> None:
        wanted = {height + 1 for height in heights}
        try:
            self._line.advance(cursor, wanted, down_to=min(wanted), most=HEADERS_AT_ONCE)
        except ModuleMissing:
            # A chain without staking does not tell for how long its validators can be trusted.
            logger.info("%s: no header can be trusted", self._chain.chain_id)

    def _choose(self, below: int) -> list[_Sent]:
        """Return packets of this round: to be compared, and to be proven after all."""
        now_s = time.monotonic()
        resting = {name for name, (due_s, _) in self._refuted.items() if due_s > now_s}
        if len(resting) >= PACKETS_AT_ONCE:
            return []  # the node proves nothing: more of its answers are not worth their time
        lowest = self._line.lowest
        found: dict[_Name, _Sent] = {}
        for order in ("DESC", "ASC"):
            for each in self._list_packets("c.chain_id IS NULL", order, 0, below, len(resting)):
                found[each.name] = each
        if lowest is not None:
            for each in self._list_packets("c.chain_id IS NOT NULL", "DESC", lowest - 2, below):
                if self._line.get_root(each.height + 1) is not None:
                    found.setdefault(each.name, each)
        return [each for name, each in found.items() if name not in resting]

    def _list_packets(
        self, which: str, order: str, above: int, below: int, more: int = 0
    ) -> list[_Sent]:
        rows = self._chain.store.query(
            "SELECT s.protocol, s.port, s.channel, s.sequence, s.sent_height, s.ended_height,"
            f" s.commitment, c.verdict {_UNCHECKED} AND {which}"
            f" ORDER BY s.sent_height {order}, s.sequence {order} LIMIT ?",
            (self._chain.chain_id, max(above, self._done), below, PACKETS_AT_ONCE // 2 + more),
        )
        return [_make_sent(row) for row in rows]

    def _check(self, packets: list[_Sent], height: int) -> None:
        """Compare packets of one block. Raises NodeError, StorageError."""
        try:
            if height < LEAST_HEIGHT:
                raise HeightPruned(f"block {height} cannot be proven")
            proofs = self._chain.proofs.query_proofs([each.key for each in packets], height)
        except HeightPruned:
            judged = [(each, self._make_row(each, PRUNED, is_proven=False)) for each in packets]
        else:
            judged = self._judge_all(packets, proofs)
        self._chain.observations.save(*(row for _, row in judged))
        for packet, row in judged:
            self._refuted.pop(packet.name, None)
            self._tell(packet, row)

    def _judge_all(
        self, packets: list[_Sent], proofs: list[Proof]
    ) -> list[tuple[_Sent, StateCheck]]:
        """Return the verdicts; those that a proof refutes are taken back and kept for later."""
        judged = []
        for packet, proof in zip(packets, proofs, strict=True):
            root = self._line.get_root(packet.height + 1)
            try:
                if root is not None:
                    verify(proof, packet.key, root)
            except ProofError as error:
                self._refuted[packet.name] = (time.monotonic() + REFUTED_REST_S, error)
                # What the node said before it had to prove it is worth no more.
                self._chain.observations.remove(self._make_row(packet, SAME, is_proven=False))
            else:
                verdict = self._judge(packet, proof)
                judged.append((packet, self._make_row(packet, verdict, is_proven=root is not None)))
        return judged

    @staticmethod
    def _judge(packet: _Sent, proof: Proof) -> str:
        if proof.value:
            return SAME if proof.value == packet.commitment else DIFFERENT
        if packet.ended_height == packet.height:
            return PRUNED  # sent and ended in one block: no state ever held it
        return ABSENT

    def _make_row(self, packet: _Sent, verdict: str, *, is_proven: bool) -> StateCheck:
        end = packet.end
        return StateCheck(
            self._chain.chain_id,
            end.protocol.value,
            end.port,
            end.channel,
            packet.sequence,
            packet.height,
            verdict,
            is_proven=is_proven,
            asked_ns=self._chain.clock_ns(),
        )

    def _tell(self, packet: _Sent, row: StateCheck) -> None:
        """Report what a person should look at, once."""
        if row.verdict in {SAME, PRUNED} or row.verdict == packet.verdict:
            return
        what = "none" if row.verdict == ABSENT else "another one"
        proven = "proven" if row.is_proven else "as its node says"
        name = f"{packet.end.port}/{packet.end.channel}".lstrip("/")
        self._chain.report(
            f"{self._chain.chain_id}: packet {packet.sequence} of {name}: its commitment follows "
            f"from its event, and the state after block {packet.height} has {what} ({proven})"
        )


def verify(proof: Proof, key: bytes, root: bytes) -> None:
    """Raise ProofError unless a proof shows its value, or that there is none, under a root."""
    try:
        operations = Message.read(proof.merkle_proof).list_bytes(1)
    except EncodingError as error:
        raise ProofError(f"proof: {error.cause}") from error
    if proof.value:
        verify_membership(operations, root=root, store=STORE, key=key, value=proof.value)
    else:
        verify_non_membership(operations, root=root, store=STORE, key=key)


def _make_sent(row: tuple[Any, ...]) -> _Sent:
    protocol, port, channel, sequence, height, ended_height, commitment, verdict = row
    end = End(ProtocolVersion(protocol), port, channel)
    return _Sent(end, int(sequence), height, ended_height, bytes.fromhex(commitment), verdict)
