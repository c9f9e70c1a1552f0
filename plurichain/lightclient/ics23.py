"""ICS-23 proofs verified: that a key has a value in a store, or that it is not there.

A node answers ``abci_query`` with two operations, each a CommitmentProof: the key in the
IAVL tree of its store, and the store's root in the simple tree under the app hash.
Relaying passes them on as they are (:func:`encode_merkle_proof`); whoever reads a chain
without trusting its node verifies them. The state after block h is under the app hash in
the header of h + 1. Sources: ics23 go/{proof,ops,ics23}.go; ibc-go
modules/core/23-commitment/types/merkle.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from plurichain.encoding.proof_spec import IAVL_SPEC, SHA256, TENDERMINT_SPEC, ProofSpec
from plurichain.encoding.protobuf import MessageWriter
from plurichain.errors import EncodingError, ProofError
from plurichain.lightclient.commitment_proof import (
    ExistenceProof,
    InnerOp,
    NonExistenceProof,
    decode_commitment_proof,
)
from plurichain.lightclient.neighbours import is_left_most, is_left_neighbour, is_right_most

_MAX_DEPTH: Final = 128


def encode_merkle_proof(proof_ops: Sequence[bytes]) -> bytes:
    """Return the MerkleProof that messages carry.

    ``proof_ops`` are the data of the answer's operations in their order, as decoded from
    base64; they are not looked into.
    """
    writer = MessageWriter()
    for operation in proof_ops:
        writer.write_message(1, operation)
    return writer.finish()


def verify_membership(
    proof_ops: Sequence[bytes], *, root: bytes, store: str, key: bytes, value: bytes
) -> None:
    """Raise ProofError unless the operations prove that ``store`` has ``value`` at ``key``.

    ``root`` is the app hash of a trusted header.
    """
    proof, above = _decode(proof_ops)
    if not isinstance(proof, ExistenceProof):
        raise ProofError(f"proof: {_show(key)} is said not to be there")
    subroot = _verify_existence(IAVL_SPEC, proof, key, value)
    _verify_store(above, root=root, store=store, subroot=subroot)


def verify_non_membership(
    proof_ops: Sequence[bytes], *, root: bytes, store: str, key: bytes
) -> None:
    """Raise ProofError unless the operations prove that ``store`` has nothing at ``key``.

    ``root`` is the app hash of a trusted header.
    """
    proof, above = _decode(proof_ops)
    if not isinstance(proof, NonExistenceProof):
        raise ProofError(f"proof: {_show(key)} is said to be there")
    subroot = _verify_absence(IAVL_SPEC, proof, key)
    _verify_store(above, root=root, store=store, subroot=subroot)


def _show(key: bytes) -> str:
    return repr(key[:80])


def _decode(
    proof_ops: Sequence[bytes],
) -> tuple[ExistenceProof | NonExistenceProof, ExistenceProof]:
    if len(proof_ops) != 2:
        raise ProofError(f"proof: {len(proof_ops)} operations are not 2")
    try:
        below, above = (decode_commitment_proof(data) for data in proof_ops)
    except EncodingError as error:
        raise ProofError(f"proof: {error.cause}") from error
    if not isinstance(above, ExistenceProof):
        raise ProofError("proof: the store is said not to be there")
    return below, above


def _verify_store(proof: ExistenceProof, *, root: bytes, store: str, subroot: bytes) -> None:
    if _verify_existence(TENDERMINT_SPEC, proof, store.encode(), subroot) != root:
        raise ProofError(
            f"proof: it leads to another root than {root.hex()[:16]}…",
            remedy="the header must be the one after the height of the answer",
        )


def _verify_existence(spec: ProofSpec, proof: ExistenceProof, key: bytes, value: bytes) -> bytes:
    """Return the root that a proof leads to; raises ProofError if it is for something else."""
    if proof.key != key:
        raise ProofError(f"proof: it is for {_show(proof.key)}, not {_show(key)}")
    if proof.value != value:
        raise ProofError(f"proof: it is for another value of {_show(key)}")
    _validate_shape(spec, proof)
    return proof.compute_root()


def _verify_absence(spec: ProofSpec, proof: NonExistenceProof, key: bytes) -> bytes:
    """Return the root of a tree that does not have ``key``; raises ProofError."""
    left, right = proof.left, proof.right
    roots = set()
    for neighbour in (left, right):
        if neighbour is not None:
            _validate_shape(spec, neighbour)
            roots.add(neighbour.compute_root())
    if len(roots) != 1:
        raise ProofError("proof: its neighbours are not of one tree")
    if (left is not None and left.key >= key) or (right is not None and right.key <= key):
        raise ProofError(f"proof: {_show(key)} is not between its neighbours")
    if left is None:
        gapless = right is not None and is_left_most(spec.inner, right.path)
    elif right is None:
        gapless = is_right_most(spec.inner, left.path)
    else:
        gapless = is_left_neighbour(spec.inner, left.path, right.path)
    if not gapless:
        raise ProofError("proof: something may stand between its neighbours")
    return roots.pop()


def _validate_shape(spec: ProofSpec, proof: ExistenceProof) -> None:
    """Raise ProofError unless every operation is one of the tree: leaves cannot pass for nodes."""
    leaf = proof.leaf
    expected = (spec.leaf.hash, spec.leaf.prehash_key, spec.leaf.prehash_value, spec.leaf.length)
    if (leaf.hash, leaf.prehash_key, leaf.prehash_value, leaf.length) != expected:
        raise ProofError("proof: a leaf that is hashed in another way")
    if not leaf.prefix.startswith(spec.leaf.prefix):
        raise ProofError("proof: a leaf without the prefix of leaves")
    if len(proof.path) > _MAX_DEPTH:
        raise ProofError(f"proof: {len(proof.path)} steps are too many")
    is_iavl = spec == IAVL_SPEC
    if is_iavl:
        _validate_iavl_prefix(leaf.prefix, layer=0)
    for layer, step in enumerate(proof.path, start=1):
        _validate_step(spec, step)
        if is_iavl:
            _validate_iavl_prefix(step.prefix, layer=layer)


def _validate_step(spec: ProofSpec, step: InnerOp) -> None:
    inner = spec.inner
    longest = inner.max_prefix_length + (len(inner.child_order) - 1) * inner.child_size
    if step.hash != SHA256:
        raise ProofError("proof: a step that is hashed in another way")
    if step.prefix.startswith(spec.leaf.prefix):
        raise ProofError("proof: a step with the prefix of leaves")
    if not inner.min_prefix_length <= len(step.prefix) <= longest:
        raise ProofError(f"proof: a step with a prefix of {len(step.prefix)} bytes")
    if len(step.suffix) % inner.child_size:
        raise ProofError(f"proof: a step with a suffix of {len(step.suffix)} bytes")


def _validate_iavl_prefix(prefix: bytes, *, layer: int) -> None:
    """Raise ProofError unless a prefix is height, size and version, as IAVL writes a node.

    Each a zigzag varint; behind them, in an inner node, the length byte of a child, or a
    whole left child between two length bytes.
    """
    offset = 0
    numbers = []
    for _ in range(3):
        number, offset = _read_zigzag(prefix, offset)
        numbers.append(number)
    rest = len(prefix) - offset
    if min(numbers) < 0 or numbers[0] < layer or rest not in ((1, 34) if layer else (0,)):
        raise ProofError("proof: a prefix that IAVL does not write")


def _read_zigzag(data: bytes, offset: int) -> tuple[int, int]:
    value = shift = 0
    while offset < len(data) and shift < 64:
        byte = data[offset]
        offset += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return (value >> 1) ^ -(value & 1), offset
        shift += 7
    raise ProofError("proof: a prefix that is cut off")
