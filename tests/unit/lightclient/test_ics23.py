"""Proofs of a real chain's stores: what they prove, and that nothing else passes for one."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import cosmpy.protos  # noqa: F401  puts cosmos.* and ibc.* on the import path
import pytest
from cosmos.ics23.v1.proofs_pb2 import CommitmentProof
from ibc.core.commitment.v1.commitment_pb2 import MerkleProof

from plurichain.encoding.proof_spec import IAVL_SPEC
from plurichain.errors import ProofError
from plurichain.lightclient.commitment_proof import InnerOp
from plurichain.lightclient.ics23 import (
    encode_merkle_proof,
    verify_membership,
    verify_non_membership,
)
from plurichain.lightclient.neighbours import is_left_neighbour
from plurichain.lightclient.rpc_json import parse_proof_ops
from tests.unit.lightclient.recorded import VALIDATORS

PROOFS = VALIDATORS.about["proofs"]
HEIGHT: int = PROOFS["height"]
STORE: str = PROOFS["store"]
PRESENT = bytes.fromhex(PROOFS["present"])
ABSENT = [bytes.fromhex(key) for key in PROOFS["absent"]]
BETWEEN, FIRST, LAST = ABSENT
# The state after a block is under the app hash of the next header.
ROOT = VALIDATORS.fetch_header(HEIGHT + 1).header.app_hash


def read(key: bytes) -> tuple[tuple[bytes, ...], bytes]:
    response = VALIDATORS.get_query(STORE, key, HEIGHT)
    return parse_proof_ops(response), base64.b64decode(response["value"] or "")


def change(key: bytes, change_proof: Any) -> tuple[bytes, ...]:
    """Return the operations for a key with the first one changed."""
    first, second = read(key)[0]
    proof = CommitmentProof.FromString(first)
    change_proof(proof)
    return proof.SerializeToString(deterministic=True), second


def test_what_is_in_a_store_is_proven() -> None:
    """Key, value, store and root together."""
    operations, value = read(PRESENT)

    verify_membership(operations, root=ROOT, store=STORE, key=PRESENT, value=value)


@pytest.mark.parametrize("key", ABSENT)
def test_what_is_not_in_a_store_is_proven(key: bytes) -> None:
    """Between two keys, before the first and behind the last."""
    operations, value = read(key)

    assert value == b""
    verify_non_membership(operations, root=ROOT, store=STORE, key=key)


def test_neighbours_are_where_they_should_be() -> None:
    """The three recordings are the three cases."""
    has = []
    for key in ABSENT:
        proof = CommitmentProof.FromString(read(key)[0][0]).nonexist
        has.append((proof.HasField("left"), proof.HasField("right")))

    assert has == [(True, True), (False, True), (True, False)]


def test_the_proof_of_a_message_is_byte_equal() -> None:
    """The operations are passed on as they came."""
    operations, _ = read(PRESENT)
    theirs = MerkleProof(proofs=[CommitmentProof.FromString(data) for data in operations])

    assert encode_merkle_proof(operations) == theirs.SerializeToString(deterministic=True)
    assert encode_merkle_proof(()) == b""


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"root": bytes(32)}, "another root"),
        ({"key": b"\x00upluri2"}, "not b'"),
        ({"value": b"1"}, "another value"),
        ({"store": "ibc"}, "not b'ibc'"),
    ],
)
def test_a_proof_is_for_nothing_else(changes: dict[str, Any], word: str) -> None:
    """Each part of the claim is bound."""
    operations, value = read(PRESENT)
    claim = {"root": ROOT, "store": STORE, "key": PRESENT, "value": value, **changes}

    with pytest.raises(ProofError, match=word):
        verify_membership(operations, **claim)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"root": bytes(32)}, "another root"),
        ({"key": PRESENT}, "not between"),
        ({"key": b"\xff\xff"}, "not between"),
        ({"key": b"\x00"}, "not between"),
        ({"store": "ibc"}, "not b'ibc'"),
    ],
)
def test_a_proof_of_absence_is_for_nothing_else(changes: dict[str, Any], word: str) -> None:
    """The neighbours are keys that are there, and what is outside of them may be too."""
    operations, _ = read(BETWEEN)
    claim = {"root": ROOT, "store": STORE, "key": BETWEEN, **changes}

    with pytest.raises(ProofError, match=word):
        verify_non_membership(operations, **claim)


def test_presence_and_absence_are_told_apart() -> None:
    """One is not taken for the other."""
    with pytest.raises(ProofError, match="said to be there"):
        verify_non_membership(read(PRESENT)[0], root=ROOT, store=STORE, key=PRESENT)
    with pytest.raises(ProofError, match="said not to be there"):
        verify_membership(read(BETWEEN)[0], root=ROOT, store=STORE, key=BETWEEN, value=b"1")


@pytest.mark.parametrize(
    ("operations", "word"),
    [
        ((), "0 operations"),
        (read(PRESENT)[0][:1], "1 operations"),
        ((read(PRESENT)[0][0], b"\xff"), "cut off"),
        ((b"", read(PRESENT)[0][1]), "neither"),
        ((read(PRESENT)[0][0], read(BETWEEN)[0][0]), "store is said not to be there"),
        ((CommitmentProof(batch={}).SerializeToString(), read(PRESENT)[0][1]), "neither"),
    ],
)
def test_bytes_that_are_no_proof_are_refused(operations: tuple[bytes, ...], word: str) -> None:
    """With one kind of error, whatever they are."""
    with pytest.raises(ProofError, match=word):
        verify_membership(operations, root=ROOT, store=STORE, key=PRESENT, value=b"1")


def set_leaf(**fields: Any) -> Any:
    def change_proof(proof: CommitmentProof) -> None:
        for name, value in fields.items():
            setattr(proof.exist.leaf, name, value)

    return change_proof


def set_step(at: int = 0, **fields: Any) -> Any:
    def change_proof(proof: CommitmentProof) -> None:
        for name, value in fields.items():
            setattr(proof.exist.path[at], name, value)

    return change_proof


def lengthen(proof: CommitmentProof) -> None:
    for _ in range(129):
        proof.exist.path.append(proof.exist.path[0])


def empty_value(proof: CommitmentProof) -> None:
    proof.exist.value = b""


@pytest.mark.parametrize(
    ("change_proof", "word"),
    [
        (set_leaf(hash=2), "leaf that is hashed in another way"),
        (set_leaf(prehash_key=1), "leaf that is hashed in another way"),
        (set_leaf(prehash_value=0), "leaf that is hashed in another way"),
        (set_leaf(length=0), "leaf that is hashed in another way"),
        (set_leaf(prefix=b"\x02\x02\x02"), "without the prefix of leaves"),
        (set_leaf(prefix=b"\x00\x02\x02\x00"), "prefix that IAVL does not write"),
        (set_leaf(prefix=b"\x00\x02"), "cut off"),
        (set_leaf(prefix=b"\x00\x01\x02"), "prefix that IAVL does not write"),
        (set_leaf(prefix=b"\x00" + b"\xff" * 12), "cut off"),
        (set_step(hash=2), "step that is hashed in another way"),
        (set_step(prefix=b"\x00\x02\x02\x20"), "step with the prefix of leaves"),
        (set_step(prefix=b"\x02\x02\x02"), "prefix of 3 bytes"),
        (set_step(prefix=b"\x02" * 46), "prefix of 46 bytes"),
        (set_step(prefix=b"\x02\x02\x02\x20\x20"), "prefix that IAVL does not write"),
        (set_step(at=1, prefix=b"\x02\x04\x02\x20"), "prefix that IAVL does not write"),
        (set_step(suffix=b"\x01"), "suffix of 1 bytes"),
        (lengthen, "steps are too many"),
    ],
)
def test_operations_of_another_tree_are_refused(change_proof: Any, word: str) -> None:
    """So that no leaf can be made to look like a node, nor a node like a leaf."""
    operations = change(PRESENT, change_proof)
    value = read(PRESENT)[1]

    with pytest.raises(ProofError, match=word):
        verify_membership(operations, root=ROOT, store=STORE, key=PRESENT, value=value)


def test_an_empty_value_proves_nothing() -> None:
    """A store has none."""
    operations = change(PRESENT, empty_value)

    with pytest.raises(ProofError, match="empty"):
        verify_membership(operations, root=ROOT, store=STORE, key=PRESENT, value=b"")


def forget_left(proof: CommitmentProof) -> None:
    proof.nonexist.ClearField("left")


def forget_right(proof: CommitmentProof) -> None:
    proof.nonexist.ClearField("right")


def forget_both(proof: CommitmentProof) -> None:
    forget_left(proof)
    forget_right(proof)


def widen(key: bytes) -> Any:
    """Put a real, but farther, neighbour in the place of the right one."""

    def change_proof(proof: CommitmentProof) -> None:
        other = CommitmentProof.FromString(read(key)[0][0])
        proof.nonexist.right.CopyFrom(other.nonexist.left)

    return change_proof


@pytest.mark.parametrize(
    ("change_proof", "word"),
    [
        (forget_left, "something may stand"),
        (forget_right, "something may stand"),
        (forget_both, "not of one tree"),
        (widen(LAST), "something may stand"),
    ],
)
def test_neighbours_with_a_gap_prove_nothing(change_proof: Any, word: str) -> None:
    """Keys that are really there, on both sides, with others between them."""
    operations = change(BETWEEN, change_proof)

    with pytest.raises(ProofError, match=word):
        verify_non_membership(operations, root=ROOT, store=STORE, key=BETWEEN)


LEFT = InnerOp(1, b"\x02\x04\x02\x20", b"\x20" + bytes(32))
RIGHT = InnerOp(1, b"\x02\x04\x02\x20" + bytes(32) + b"\x20", b"")
# No tree has these: a sibling on both sides, and none.
BOTH = InnerOp(1, RIGHT.prefix, LEFT.suffix)
NEITHER = InnerOp(1, LEFT.prefix, b"")
TOP = replace(LEFT, prefix=b"\x04\x08\x02\x20")


@pytest.mark.parametrize(
    ("left", "right", "neighbours"),
    [
        ([LEFT], [RIGHT], True),
        ([LEFT, TOP], [RIGHT, TOP], True),
        ([RIGHT, LEFT], [LEFT, RIGHT], True),
        ([LEFT, LEFT], [LEFT, RIGHT], False),
        ([RIGHT, LEFT], [RIGHT, RIGHT], False),
        ([RIGHT], [LEFT], False),
        ([TOP], [TOP], False),
        ([], [RIGHT], False),
        ([LEFT], [], False),
        ([LEFT, TOP], [TOP], False),
        ([BOTH], [RIGHT], False),
        ([LEFT], [BOTH], False),
        ([NEITHER], [RIGHT], False),
        ([LEFT], [NEITHER], False),
    ],
)
def test_neighbours_by_their_paths(
    left: list[InnerOp], right: list[InnerOp], neighbours: bool
) -> None:
    """From leaf to root: where the paths part one is left and one right, below both inside."""
    assert is_left_neighbour(IAVL_SPEC.inner, left, right) is neighbours
