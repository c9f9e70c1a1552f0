"""Headers with the commit that makes them final: their bytes and hashes.

Sources: cometbft proto/tendermint/types/types.proto, types/block.go;
ibc-go proto/ibc/lightclients/tendermint/v1/tendermint.proto.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

from plurichain.encoding.height import Height, revision_of
from plurichain.encoding.merkle import compute_merkle_root
from plurichain.encoding.protobuf import MessageWriter
from plurichain.encoding.well_known import encode_timestamp
from plurichain.lightclient.validators import ValidatorSet


class BlockIdFlag(IntEnum):
    """What a slot of a commit holds, with its number on the wire."""

    ABSENT = 1
    COMMIT = 2
    NIL = 3


@dataclass(frozen=True, slots=True)
class BlockId:
    """Hash of a block and of its parts; both empty before block 1."""

    hash: bytes
    part_set_total: int
    part_set_hash: bytes

    def encode(self) -> bytes:
        """Return the protobuf BlockID (and, byte for byte, the CanonicalBlockID)."""
        parts = MessageWriter().write_uint(1, self.part_set_total)
        parts.write_bytes(2, self.part_set_hash)
        return MessageWriter().write_bytes(1, self.hash).write_message(2, parts.finish()).finish()

    @property
    def is_zero(self) -> bool:
        """Whether it names no block."""
        return not (self.hash or self.part_set_total or self.part_set_hash)


@dataclass(frozen=True, slots=True)
class CommitSig:
    """One validator's slot in a commit.

    An absent one has no address, no signature and Go's zero time, and keeps its slot.
    """

    flag: BlockIdFlag
    validator_address: bytes
    timestamp_ns: int
    signature: bytes

    def encode(self) -> bytes:
        """Return the protobuf CommitSig."""
        writer = MessageWriter().write_uint(1, self.flag).write_bytes(2, self.validator_address)
        writer.write_message(3, encode_timestamp(self.timestamp_ns))
        return writer.write_bytes(4, self.signature).finish()


@dataclass(frozen=True, slots=True)
class Commit:
    """The precommits of one round for one block, a slot for each validator of its set."""

    height: int
    round: int
    block_id: BlockId
    signatures: tuple[CommitSig, ...]

    def encode(self) -> bytes:
        """Return the protobuf Commit."""
        writer = MessageWriter().write_int(1, self.height).write_int(2, self.round)
        writer.write_message(3, self.block_id.encode())
        for signature in self.signatures:
            writer.write_message(4, signature.encode())
        return writer.finish()


def _wrap(value: bytes) -> bytes:
    """Return a wrapped value of the hash of a header; nothing if it is empty."""
    return MessageWriter().write_bytes(1, value).finish()


@dataclass(frozen=True)
class Header:
    """A block header. ``app_hash`` is that of the state after the block before."""

    version_block: int
    version_app: int
    chain_id: str
    height: int
    time_ns: int
    last_block_id: BlockId
    last_commit_hash: bytes
    data_hash: bytes
    validators_hash: bytes
    next_validators_hash: bytes
    consensus_hash: bytes
    app_hash: bytes
    last_results_hash: bytes
    evidence_hash: bytes
    proposer_address: bytes

    @property
    def ibc_height(self) -> Height:
        """The height with the revision of the chain id."""
        return Height(revision_of(self.chain_id), self.height)

    def _encode_version(self) -> bytes:
        writer = MessageWriter().write_uint(1, self.version_block)
        return writer.write_uint(2, self.version_app).finish()

    def encode(self) -> bytes:
        """Return the protobuf Header."""
        writer = MessageWriter().write_message(1, self._encode_version())
        writer.write_text(2, self.chain_id).write_int(3, self.height)
        writer.write_message(4, encode_timestamp(self.time_ns))
        writer.write_message(5, self.last_block_id.encode())
        for number, value in enumerate(self._hashes(), start=6):
            writer.write_bytes(number, value)
        return writer.finish()

    def _hashes(self) -> tuple[bytes, ...]:
        return (
            self.last_commit_hash,
            self.data_hash,
            self.validators_hash,
            self.next_validators_hash,
            self.consensus_hash,
            self.app_hash,
            self.last_results_hash,
            self.evidence_hash,
            self.proposer_address,
        )

    @cached_property
    def hash(self) -> bytes:
        """The 32 bytes that a commit signs: the root of the tree of all fields."""
        return compute_merkle_root(
            [
                self._encode_version(),
                MessageWriter().write_text(1, self.chain_id).finish(),
                MessageWriter().write_int(1, self.height).finish(),
                encode_timestamp(self.time_ns),
                self.last_block_id.encode(),
                *(_wrap(value) for value in self._hashes()),
            ]
        )


@dataclass(frozen=True, slots=True)
class SignedHeader:
    """A header and the commit for it."""

    header: Header
    commit: Commit

    def encode(self) -> bytes:
        """Return the protobuf SignedHeader."""
        writer = MessageWriter().write_message(1, self.header.encode())
        return writer.write_message(2, self.commit.encode()).finish()


def encode_ibc_header(
    signed_header: SignedHeader,
    validator_set: ValidatorSet,
    trusted_height: Height,
    trusted_validators: ValidatorSet,
) -> bytes:
    """Return the ibc.lightclients.tendermint.v1.Header that updates a client.

    ``validator_set`` is that of the header's height. ``trusted_validators`` is that of
    ``trusted_height`` + 1, so it hashes to the next_validators_hash that the client
    holds for ``trusted_height``.
    """
    proposer = signed_header.header.proposer_address
    writer = MessageWriter().write_message(1, signed_header.encode())
    writer.write_message(2, validator_set.encode(proposer))
    writer.write_message(3, trusted_height.encode())
    return writer.write_message(4, trusted_validators.encode(proposer)).finish()
