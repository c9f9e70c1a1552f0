"""What the rules of IBC and the light client share: messages, times, heights, trees."""

from __future__ import annotations

from hashlib import sha256

import cosmpy.protos  # noqa: F401  puts cosmos.* and ibc.* on the import path
import pytest
from cosmos.ics23.v1.proofs_pb2 import InnerSpec as TheirInnerSpec
from cosmos.ics23.v1.proofs_pb2 import LeafOp as TheirLeafOp
from cosmos.ics23.v1.proofs_pb2 import ProofSpec as TheirProofSpec
from google.protobuf.any_pb2 import Any as TheirAny
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st
from ibc.core.client.v1.client_pb2 import Height as TheirHeight

from plurichain.encoding.height import NO_HEIGHT, Height, revision_of
from plurichain.encoding.merkle import compute_merkle_root
from plurichain.encoding.message import Message
from plurichain.encoding.proof_spec import IAVL_SPEC, TENDERMINT_SPEC, ProofSpec
from plurichain.encoding.protobuf import FIXED64, Field, MessageWriter, read_message
from plurichain.encoding.well_known import (
    GO_ZERO_TIME_NS,
    decode_any,
    decode_duration,
    decode_timestamp,
    encode_any,
    encode_duration,
    encode_timestamp,
)
from plurichain.errors import EncodingError, InputError

U64 = st.integers(0, 2**64 - 1)
TIMES_NS = st.integers(GO_ZERO_TIME_NS, 253_402_300_799 * 10**9)


# --- messages -------------------------------------------------------------------------------------


def test_fields_are_asked_for_by_number() -> None:
    """Those left out are at their default, those that nobody asks for do no harm."""
    inner = MessageWriter().write_uint(1, 5).finish()
    data = (
        MessageWriter()
        .write_uint(1, 7)
        .write_int(2, -7)
        .write_text(3, "ä")
        .write_message(4, inner)
        .write_message(4, b"")
        .write_uint(99, 1)
        .finish()
    )
    message = Message.read(data)

    assert (message.get_uint(1), message.get_int(2), message.get_text(3)) == (7, -7, "ä")
    assert [part.get_uint(1) for part in message.list_messages(4)] == [5, 0]
    assert message.list_bytes(4) == (inner, b"")
    assert message.list_texts(3) == ("ä",)
    assert message.has(4)
    assert not message.has(5)
    assert (message.get_uint(5), message.get_int(5), message.get_bytes(5)) == (0, 0, b"")
    assert message.get_message(5).get_text(1) == ""
    assert message.list_texts(5) == ()


def test_a_field_that_should_stand_once_and_stands_twice_is_refused() -> None:
    """Two readers could take two values."""
    message = Message.read(b"\x08\x01\x08\x02")

    with pytest.raises(EncodingError, match="field 1 stands 2 times"):
        message.get_uint(1)


def test_a_field_of_another_wire_type_is_refused() -> None:
    """Whatever is asked for."""
    message = Message.read(MessageWriter().write_uint(1, 1).write_bytes(2, b"\xff").finish())

    for read in (message.get_bytes, message.get_text, message.get_message, message.list_bytes):
        with pytest.raises(EncodingError, match="not length-delimited"):
            read(1)
    with pytest.raises(EncodingError, match="not a varint"):
        message.get_int(2)
    with pytest.raises(EncodingError, match="UTF-8"):
        message.get_text(2)


@given(st.integers(-(2**63), 2**63 - 1))
def test_sfixed64_is_little_endian(value: int) -> None:
    """Eight bytes in two's complement, nothing for 0."""
    data = MessageWriter().write_sfixed64(2, value).finish()

    expected = (Field(2, FIXED64, value.to_bytes(8, "little", signed=True)),) if value else ()
    assert read_message(data) == expected


@pytest.mark.parametrize("value", [-(2**63) - 1, 2**63])
def test_sfixed64_has_limits(value: int) -> None:
    """Refused instead of wrapped around."""
    with pytest.raises(EncodingError, match="sfixed64"):
        MessageWriter().write_sfixed64(1, value)


# --- times, durations, any ------------------------------------------------------------------------


@given(TIMES_NS)
def test_timestamps_are_byte_equal(time_ns: int) -> None:
    """Before 1970 too, and they read again."""
    seconds, nanos = divmod(time_ns, 10**9)

    data = encode_timestamp(time_ns)

    assert data == Timestamp(seconds=seconds, nanos=nanos).SerializeToString()
    assert decode_timestamp(data) == time_ns


@given(st.integers(0, 2**63 - 1))
def test_durations_are_byte_equal(duration_ns: int) -> None:
    """From zero up, and they read again."""
    seconds, nanos = divmod(duration_ns, 10**9)

    data = encode_duration(duration_ns)

    assert data == Duration(seconds=seconds, nanos=nanos).SerializeToString()
    assert decode_duration(data) == duration_ns


def test_times_that_no_chain_writes_are_refused() -> None:
    """A negative duration, nanoseconds of a whole second or below zero."""
    with pytest.raises(EncodingError, match="below zero"):
        encode_duration(-1)
    with pytest.raises(EncodingError, match="below zero"):
        decode_duration(Duration(seconds=-1).SerializeToString())
    for nanos in (10**9, -1):
        with pytest.raises(EncodingError, match="nanoseconds"):
            decode_timestamp(Timestamp(nanos=nanos).SerializeToString())


@given(st.text(st.characters(exclude_categories=["Cs"])), st.binary())
def test_any_is_byte_equal(type_url: str, value: bytes) -> None:
    """Type and bytes; another type is refused by name."""
    data = encode_any(type_url, value)

    assert data == TheirAny(type_url=type_url, value=value).SerializeToString()
    assert decode_any(data, type_url=type_url) == value
    with pytest.raises(EncodingError, match="is not /other"):
        decode_any(data, type_url="/other")


# --- heights --------------------------------------------------------------------------------------


@given(U64, U64)
def test_heights_are_byte_equal_and_read_again(revision: int, height: int) -> None:
    """As bytes and as text."""
    ours = Height(revision, height)
    theirs = TheirHeight(revision_number=revision, revision_height=height)

    assert ours.encode() == theirs.SerializeToString()
    assert Height.decode(ours.encode()) == ours
    assert Height.parse(str(ours)) == ours
    assert ours.is_zero is (ours == NO_HEIGHT)


def test_heights_are_ordered_by_revision_first() -> None:
    """A height after an upgrade is above any before it."""
    assert Height(1, 100) < Height(2, 1) < Height(2, 3)


@pytest.mark.parametrize(
    "text", ["", "1", "1-", "-1", "1-2-3", "a-1", "01-1", "1-+2", f"{2**64}-1", "1-²"]
)
def test_other_texts_are_no_heights(text: str) -> None:
    """Plain digits, once each."""
    with pytest.raises(InputError, match="timeout: "):
        Height.parse(text, field="timeout")


@pytest.mark.parametrize(
    ("chain_id", "revision"),
    [
        ("grid-1", 1),
        ("grid-a-12", 12),
        ("grid", 0),
        ("grid-", 0),
        ("grid-01", 0),
        ("grid-0", 0),
        ("grid--1", 0),
        ("-1", 0),
        ("grid-1x", 0),
        ("grid-1\n", 0),
        ("gr\nid-1", 0),
    ],
)
def test_the_revision_stands_behind_the_last_dash(chain_id: str, revision: int) -> None:
    """By ibc-go's pattern ^.*[^\\n-]-{1}[1-9][0-9]*$."""
    assert revision_of(chain_id) == revision


# --- trees ----------------------------------------------------------------------------------------


def root_by_splitting(items: list[bytes]) -> bytes:
    """Compute as RFC 6962 words it: split at the greatest power of two below the length."""
    if not items:
        return sha256(b"").digest()
    if len(items) == 1:
        return sha256(b"\x00" + items[0]).digest()
    split = 1
    while split * 2 < len(items):
        split *= 2
    left, right = root_by_splitting(items[:split]), root_by_splitting(items[split:])
    return sha256(b"\x01" + left + right).digest()


@given(st.lists(st.binary(max_size=5), max_size=40))
def test_the_root_is_that_of_the_definition(items: list[bytes]) -> None:
    """Whatever the number of leaves."""
    assert compute_merkle_root(items) == root_by_splitting(items)


THEIR_LEAF = TheirLeafOp(hash=1, prehash_key=0, prehash_value=1, length=1, prefix=b"\x00")
THEIR_IAVL = TheirInnerSpec(
    child_order=[0, 1], child_size=33, min_prefix_length=4, max_prefix_length=12, hash=1
)
THEIR_TENDERMINT = TheirInnerSpec(
    child_order=[0, 1], child_size=32, min_prefix_length=1, max_prefix_length=1, hash=1
)


@pytest.mark.parametrize(
    ("ours", "inner"), [(IAVL_SPEC, THEIR_IAVL), (TENDERMINT_SPEC, THEIR_TENDERMINT)]
)
def test_proof_specs_are_byte_equal(ours: ProofSpec, inner: TheirInnerSpec) -> None:
    """Those of every Cosmos chain, as facts of ics23 give them."""
    theirs = TheirProofSpec(leaf_spec=THEIR_LEAF, inner_spec=inner)

    assert ours.encode() == theirs.SerializeToString(deterministic=True)
    assert ProofSpec.decode(ours.encode()) == ours


def test_all_of_a_proof_spec_is_read() -> None:
    """A chain with another tree has other specs; they come back as they were."""
    theirs = TheirProofSpec(
        leaf_spec=THEIR_LEAF,
        inner_spec=TheirInnerSpec(child_order=[1, 0], empty_child=b"\x01", hash=2),
        max_depth=256,
        min_depth=3,
        prehash_key_before_comparison=True,
    )
    data = theirs.SerializeToString(deterministic=True)

    assert ProofSpec.decode(data).encode() == data
    with pytest.raises(EncodingError, match="missing"):
        ProofSpec.decode(b"")
