"""Trees as Cosmos chains have them, with true proofs of their keys: IAVL, and that of stores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256

from plurichain.encoding.merkle import compute_merkle_root
from plurichain.encoding.protobuf import MessageWriter, encode_varint

Step = tuple[bytes, bytes]
Split = Callable[[int, int], int]
"""Chooses where to split a range of leaves: between first and last, both included."""


def zigzag(value: int) -> bytes:
    return encode_varint(value << 1)


def lp(data: bytes) -> bytes:
    return encode_varint(len(data)) + data


class Tree:
    """An IAVL tree over sorted keys, split anywhere: hashes and ways as the real one has them."""

    def __init__(self, rows: list[tuple[bytes, bytes]], version: int, draw_split: Split) -> None:
        self.rows = rows
        self.version = version
        self.paths: list[list[Step]] = [[] for _ in rows]
        self.root, _ = self._build(0, len(rows), draw_split)

    @property
    def leaf_prefix(self) -> bytes:
        return zigzag(0) + zigzag(1) + zigzag(self.version)

    def _build(self, first: int, last: int, draw_split: Split) -> tuple[bytes, int]:
        if last - first == 1:
            key, value = self.rows[first]
            data = self.leaf_prefix + lp(key) + lp(sha256(value).digest())
            return sha256(data).digest(), 0
        middle = draw_split(first + 1, last - 1)
        (left, left_height), (right, right_height) = (
            self._build(first, middle, draw_split),
            self._build(middle, last, draw_split),
        )
        height = 1 + max(left_height, right_height)
        head = zigzag(height) + zigzag(last - first) + zigzag(self.version) + b"\x20"
        for index in range(first, middle):
            self.paths[index].append((head, b"\x20" + right))
        for index in range(middle, last):
            self.paths[index].append((head + left + b"\x20", b""))
        return sha256(head + left + b"\x20" + right).digest(), height

    def prove(self, index: int) -> bytes:
        key, value = self.rows[index]
        return encode_existence(key, value, self.leaf_prefix, self.paths[index])


def encode_existence(key: bytes, value: bytes, prefix: bytes, path: list[Step]) -> bytes:
    leaf = MessageWriter().write_uint(1, 1).write_uint(3, 1).write_uint(4, 1)
    writer = MessageWriter().write_bytes(1, key).write_bytes(2, value)
    writer.write_message(3, leaf.write_bytes(5, prefix).finish())
    for before, after in path:
        step = MessageWriter().write_uint(1, 1).write_bytes(2, before).write_bytes(3, after)
        writer.write_message(4, step.finish())
    return writer.finish()


def exists(proof: bytes) -> bytes:
    return MessageWriter().write_message(1, proof).finish()


def prove_store(root: bytes, others: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Return the proof of a store's root as the first of several stores, and the app hash."""
    leaves = [lp(b"ibc") + lp(sha256(root).digest()), *others]
    level = [sha256(b"\x00" + leaf).digest() for leaf in leaves]
    path: list[Step] = []
    while len(level) > 1:
        path.append((b"\x01", level[1]))
        pairs = [level[at : at + 2] for at in range(0, len(level), 2)]
        level = [sha256(b"\x01" + b"".join(p)).digest() if len(p) == 2 else p[0] for p in pairs]
    proof = exists(encode_existence(b"ibc", root, b"\x00", path))
    return proof, compute_merkle_root(leaves)


def encode_absence(key: bytes, left: bytes | None, right: bytes | None) -> bytes:
    """Return a CommitmentProof that ``key`` is between two that exist."""
    writer = MessageWriter().write_bytes(1, key)
    for number, neighbour in ((2, left), (3, right)):
        if neighbour is not None:
            writer.write_message(number, neighbour)
    return MessageWriter().write_message(2, writer.finish()).finish()
