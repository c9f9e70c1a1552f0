"""Shapes of Merkle trees that ICS-23 proofs are checked against.

Clients carry them, proofs are judged by them. Source: ics23 proto/cosmos/ics23/v1/proofs.proto
and go/proof.go (IavlSpec, TendermintSpec).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from plurichain.encoding.message import Message
from plurichain.encoding.protobuf import MessageWriter, decode_varint, encode_varint
from plurichain.errors import EncodingError

NO_HASH: Final = 0
SHA256: Final = 1
VAR_PROTO: Final = 1


@dataclass(frozen=True, slots=True)
class LeafSpec:
    """How a key and a value become a leaf: numbers of hash and length operations."""

    hash: int = SHA256
    prehash_key: int = NO_HASH
    prehash_value: int = SHA256
    length: int = VAR_PROTO
    prefix: bytes = b"\x00"

    @classmethod
    def decode(cls, message: Message) -> Self:
        """Return the spec, or the operation, of a LeafOp; raises EncodingError."""
        return cls(
            hash=message.get_uint(1),
            prehash_key=message.get_uint(2),
            prehash_value=message.get_uint(3),
            length=message.get_uint(4),
            prefix=message.get_bytes(5),
        )

    def encode(self) -> bytes:
        """Return the protobuf LeafOp."""
        writer = MessageWriter().write_uint(1, self.hash).write_uint(2, self.prehash_key)
        writer.write_uint(3, self.prehash_value).write_uint(4, self.length)
        return writer.write_bytes(5, self.prefix).finish()


@dataclass(frozen=True, slots=True)
class InnerSpec:
    """How children become a node: their order, size in bytes, and what stands before them."""

    child_order: tuple[int, ...]
    child_size: int
    min_prefix_length: int
    max_prefix_length: int
    empty_child: bytes = b""
    hash: int = SHA256

    @classmethod
    def decode(cls, message: Message) -> Self:
        """Return the spec of an InnerSpec; raises EncodingError."""
        packed, order, offset = message.get_bytes(1), [], 0
        while offset < len(packed):
            child, offset = decode_varint(packed, offset)
            order.append(child)
        return cls(
            child_order=tuple(order),
            child_size=message.get_uint(2),
            min_prefix_length=message.get_uint(3),
            max_prefix_length=message.get_uint(4),
            empty_child=message.get_bytes(5),
            hash=message.get_uint(6),
        )

    def encode(self) -> bytes:
        """Return the protobuf InnerSpec."""
        order = b"".join(encode_varint(child) for child in self.child_order)
        writer = MessageWriter().write_bytes(1, order).write_uint(2, self.child_size)
        writer.write_uint(3, self.min_prefix_length).write_uint(4, self.max_prefix_length)
        return writer.write_bytes(5, self.empty_child).write_uint(6, self.hash).finish()


@dataclass(frozen=True, slots=True)
class ProofSpec:
    """Shape of one tree. Depths of 0 stand for no limit, and for 128 at most."""

    leaf: LeafSpec
    inner: InnerSpec
    max_depth: int = 0
    min_depth: int = 0
    prehash_key_before_comparison: bool = False

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Return the spec of a ProofSpec; raises EncodingError if a part is missing."""
        message = Message.read(data)
        if not (message.has(1) and message.has(2)):
            raise EncodingError("proof spec: the shape of leaves or of inner nodes is missing")
        return cls(
            leaf=LeafSpec.decode(message.get_message(1)),
            inner=InnerSpec.decode(message.get_message(2)),
            max_depth=message.get_uint(3),
            min_depth=message.get_uint(4),
            prehash_key_before_comparison=bool(message.get_uint(5)),
        )

    def encode(self) -> bytes:
        """Return the protobuf ProofSpec."""
        writer = MessageWriter().write_message(1, self.leaf.encode())
        writer.write_message(2, self.inner.encode()).write_uint(3, self.max_depth)
        writer.write_uint(4, self.min_depth)
        return writer.write_uint(5, self.prehash_key_before_comparison).finish()


IAVL_SPEC: Final = ProofSpec(LeafSpec(), InnerSpec((0, 1), 33, 4, 12))
"""The tree of a Cosmos SDK store: key and value of a store against its root."""

TENDERMINT_SPEC: Final = ProofSpec(LeafSpec(), InnerSpec((0, 1), 32, 1, 1))
"""CometBFT's simple tree: roots of stores, by name, against the app hash."""
