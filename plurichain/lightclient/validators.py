"""Validators and sets of them: their bytes and hash.

Sources: cometbft proto/tendermint/types/validator.proto, types/validator_set.go.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from hashlib import sha256

from plurichain.encoding.merkle import compute_merkle_root
from plurichain.encoding.protobuf import MessageWriter


class KeyType(Enum):
    """Kind of a validator's key: its name in RPC's JSON; ``field`` is that in PublicKey."""

    ED25519 = "tendermint/PubKeyEd25519"
    SECP256K1 = "tendermint/PubKeySecp256k1"

    @property
    def field(self) -> int:
        """Number of the field of the protobuf PublicKey."""
        return 1 if self is KeyType.ED25519 else 2

    @property
    def length(self) -> int:
        """Bytes of such a key."""
        return 32 if self is KeyType.ED25519 else 33


@dataclass(frozen=True, slots=True)
class Validator:
    """A validator at one height: 20 bytes of address, its key and its power."""

    address: bytes
    key_type: KeyType
    public_key: bytes
    voting_power: int
    proposer_priority: int = 0

    def _encode_key(self) -> bytes:
        return MessageWriter().write_message(self.key_type.field, self.public_key).finish()

    def encode(self) -> bytes:
        """Return the protobuf Validator."""
        writer = MessageWriter().write_bytes(1, self.address).write_message(2, self._encode_key())
        writer.write_int(3, self.voting_power)
        return writer.write_int(4, self.proposer_priority).finish()

    def encode_simple(self) -> bytes:
        """Return the protobuf SimpleValidator: what the hash of a set binds."""
        writer = MessageWriter().write_message(1, self._encode_key())
        return writer.write_int(2, self.voting_power).finish()


@dataclass(frozen=True)
class ValidatorSet:
    """All validators at one height, in the chain's order: power descending, then address."""

    validators: tuple[Validator, ...]

    @cached_property
    def total_power(self) -> int:
        """Sum of the voting powers."""
        return sum(validator.voting_power for validator in self.validators)

    @cached_property
    def hash(self) -> bytes:
        """The 32 bytes that headers name the set by."""
        return compute_merkle_root([validator.encode_simple() for validator in self.validators])

    @cached_property
    def by_address(self) -> dict[bytes, Validator]:
        """The validators by their address."""
        return {validator.address: validator for validator in self.validators}

    def encode(self, proposer_address: bytes = b"") -> bytes:
        """Return the protobuf ValidatorSet.

        The chain wants a proposer in it and uses it for nothing; the first validator
        stands in where ``proposer_address`` is not of the set.
        """
        writer = MessageWriter()
        for validator in self.validators:
            writer.write_message(1, validator.encode())
        if self.validators:
            proposer = self.by_address.get(proposer_address, self.validators[0])
            writer.write_message(2, proposer.encode())
        return writer.write_int(3, self.total_power).finish()


def compute_address(public_key: bytes) -> bytes:
    """Return the 20-byte address of a validator's ed25519 key."""
    return sha256(public_key).digest()[:20]
