"""ICS-23 proofs as values: that a key is in a tree, or between which neighbours it is not.

Source: ics23 proto/cosmos/ics23/v1/proofs.proto. Batches and compressed proofs, which no
node answers with, are refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Self

from plurichain.encoding.message import Message
from plurichain.encoding.proof_spec import LeafSpec
from plurichain.encoding.protobuf import encode_varint
from plurichain.errors import ProofError


@dataclass(frozen=True, slots=True)
class InnerOp:
    """One step towards the root: what stands before and after the child."""

    hash: int
    prefix: bytes
    suffix: bytes


@dataclass(frozen=True, slots=True)
class ExistenceProof:
    """A key with its value, and the way from its leaf to the root."""

    key: bytes
    value: bytes
    leaf: LeafSpec
    path: tuple[InnerOp, ...]

    @classmethod
    def decode(cls, message: Message) -> Self:
        """Return the proof of a protobuf ExistenceProof; raises EncodingError."""
        return cls(
            key=message.get_bytes(1),
            value=message.get_bytes(2),
            leaf=LeafSpec.decode(message.get_message(3)),
            path=tuple(
                InnerOp(step.get_uint(1), step.get_bytes(2), step.get_bytes(3))
                for step in message.list_messages(4)
            ),
        )

    def compute_root(self) -> bytes:
        """Return the root that the steps lead to.

        Only for a proof that was checked against a spec whose hashes are SHA-256, keys as
        they are and values hashed, both behind their length. Raises ProofError without
        key or value.
        """
        if not self.key or not self.value:
            raise ProofError("proof: an empty key or value proves nothing")
        value = sha256(self.value).digest()
        node = sha256(
            self.leaf.prefix
            + encode_varint(len(self.key))
            + self.key
            + encode_varint(len(value))
            + value
        ).digest()
        for step in self.path:
            node = sha256(step.prefix + node + step.suffix).digest()
        return node


@dataclass(frozen=True, slots=True)
class NonExistenceProof:
    """The neighbours that a key would stand between; one is None at an end of the tree."""

    key: bytes
    left: ExistenceProof | None
    right: ExistenceProof | None

    @classmethod
    def decode(cls, message: Message) -> Self:
        """Return the proof of a protobuf NonExistenceProof; raises EncodingError."""
        left, right = (
            ExistenceProof.decode(message.get_message(number)) if message.has(number) else None
            for number in (2, 3)
        )
        return cls(message.get_bytes(1), left, right)


def decode_commitment_proof(data: bytes) -> ExistenceProof | NonExistenceProof:
    """Return the proof in a CommitmentProof.

    Raises EncodingError, and ProofError for a proof of another kind.
    """
    message = Message.read(data)
    if message.has(1) == message.has(2):
        raise ProofError("proof: neither of existence nor of absence")
    if message.has(1):
        return ExistenceProof.decode(message.get_message(1))
    return NonExistenceProof.decode(message.get_message(2))
