"""Proofs of trees of any shape, headers with any byte changed: the true pass, no others do."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from plurichain.errors import ProofError
from plurichain.lightclient.header import SignedHeader
from plurichain.lightclient.ics23 import verify_membership, verify_non_membership
from plurichain.lightclient.rpc_json import parse_proof_ops
from plurichain.lightclient.verify import find_header_fault, make_trusted_state
from tests.trees import Tree, encode_absence, exists, prove_store
from tests.unit.lightclient.recorded import BETWEEN, HOUR_NS, RULES, TARGET, TRUSTED, VALIDATORS

# --- trees of any shape ---------------------------------------------------------------------------


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    keys = draw(st.sets(st.binary(min_size=1, max_size=3), min_size=1, max_size=12))
    rows = [(key, draw(st.binary(min_size=1, max_size=3))) for key in sorted(keys)]
    return Tree(rows, draw(st.integers(0, 300)), lambda a, b: draw(st.integers(a, b)))


@given(trees(), st.lists(st.binary(max_size=4), max_size=6), st.data())
def test_every_key_is_proven_and_no_other_value(
    tree: Tree, stores: list[bytes], data: st.DataObject
) -> None:
    """Whatever the shape of the tree and the number of stores."""
    above, root = prove_store(tree.root, stores)
    index = data.draw(st.integers(0, len(tree.rows) - 1))
    key, value = tree.rows[index]
    operations = (exists(tree.prove(index)), above)
    claim: dict[str, Any] = {"root": root, "store": "ibc", "key": key, "value": value}

    verify_membership(operations, **claim)
    for other in ({"value": value + b"x"}, {"key": key + b"x"}, {"root": bytes(32)}):
        assert refuses(operations, claim | other)


def refuses(operations: tuple[bytes, ...], claim: dict[str, Any]) -> bool:
    try:
        verify_membership(operations, **claim)
    except ProofError:
        return True
    return False


@given(trees(), st.binary(min_size=1, max_size=4), st.data())
def test_absence_is_proven_by_true_neighbours_alone(
    tree: Tree, key: bytes, data: st.DataObject
) -> None:
    """Any two keys around another prove nothing unless nothing stands between them."""
    assume(key not in {row[0] for row in tree.rows})
    above, root = prove_store(tree.root, [])
    after = sum(row[0] < key for row in tree.rows)
    left = data.draw(st.none() | st.integers(0, len(tree.rows) - 1))
    right = data.draw(st.none() | st.integers(0, len(tree.rows) - 1))
    true_left = after - 1 if after else None
    true_right = after if after < len(tree.rows) else None

    for pair in ((true_left, true_right), (left, right)):
        proof = encode_absence(
            key, *(None if index is None else tree.prove(index) for index in pair)
        )
        try:
            verify_non_membership((proof, above), root=root, store="ibc", key=key)
        except ProofError:
            assert pair != (true_left, true_right)
        else:
            assert pair == (true_left, true_right)


# --- recorded answers with a byte changed ---------------------------------------------------------

PRESENT = bytes.fromhex(VALIDATORS.about["proofs"]["present"])
HEIGHT: int = VALIDATORS.about["proofs"]["height"]
RESPONSE = VALIDATORS.get_query("bank", PRESENT, HEIGHT)
OPERATIONS = parse_proof_ops(RESPONSE)
VALUE = base64.b64decode(RESPONSE["value"])
ROOT = VALIDATORS.fetch_header(HEIGHT + 1).header.app_hash


@given(st.integers(0, 1), st.integers(0, 400), st.integers(1, 255))
def test_a_proof_with_a_byte_changed_proves_nothing(which: int, at: int, flip: int) -> None:
    """Every byte of both operations is bound to the claim."""
    changed = bytearray(OPERATIONS[which])
    changed[at % len(changed)] ^= flip
    operations = list(OPERATIONS)
    operations[which] = bytes(changed)

    claim = {"root": ROOT, "store": "bank", "key": PRESENT, "value": VALUE}
    assert refuses(tuple(operations), claim)


HEADER = VALIDATORS.fetch_header(BETWEEN)
BYTES_OF_HEADER = [
    name
    for name, value in vars(HEADER.header).items()
    if isinstance(value, bytes) and name != "hash"
]


@given(
    st.sampled_from([*BYTES_OF_HEADER, "height", "time_ns", "chain_id", "version_app"]),
    st.integers(0, 31),
    st.integers(1, 255),
)
def test_a_header_with_anything_changed_is_not_trusted(name: str, at: int, flip: int) -> None:
    """The commit is for the hash of all fields."""
    value = getattr(HEADER.header, name)
    if isinstance(value, bytes):
        changed = bytearray(value)
        changed[at % len(changed)] ^= flip
        value = bytes(changed)
    else:
        value = value + (str(flip) if isinstance(value, str) else flip)
    header = SignedHeader(replace(HEADER.header, **{name: value}), HEADER.commit)

    assert not is_trusted(header)


@given(st.integers(0, 3), st.integers(0, 63), st.integers(1, 255))
def test_a_commit_with_a_signature_changed_is_not_trusted(which: int, at: int, flip: int) -> None:
    """Of those that are counted before there are enough."""
    slots = list(HEADER.commit.signatures)
    signature = bytearray(slots[which].signature)
    signature[at] ^= flip
    slots[which] = replace(slots[which], signature=bytes(signature))
    header = SignedHeader(HEADER.header, replace(HEADER.commit, signatures=tuple(slots)))

    # The power of the first alone is enough for its own set, two are for the trusted set.
    assert is_trusted(header) is (which > 1)


def is_trusted(header: SignedHeader) -> bool:
    trusted = make_trusted_state(VALIDATORS.fetch_header(TRUSTED))
    fault = find_header_fault(
        header,
        VALIDATORS.fetch_validators(BETWEEN),
        trusted=trusted,
        trusted_validators=VALIDATORS.fetch_validators(TRUSTED + 1),
        rules=RULES,
        now_ns=trusted.time_ns + HOUR_NS,
    )
    return fault is None


def test_the_recording_is_as_the_properties_assume() -> None:
    """The first two signed between, and the first of them has most of the power."""
    powers = [row.voting_power for row in VALIDATORS.fetch_validators(BETWEEN).validators]
    flags = [slot.flag.name for slot in HEADER.commit.signatures[:2]]

    assert is_trusted(HEADER)
    assert flags == ["COMMIT"] * 2
    assert powers[0] > 2 * sum(powers[1:])
    assert TARGET > BETWEEN
