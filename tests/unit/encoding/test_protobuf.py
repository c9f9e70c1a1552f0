"""The small protobuf of the pure layers against cosmpy's types and against bad bytes."""

from __future__ import annotations

import cosmpy.protos  # noqa: F401  puts cosmos.* on the import path
import pytest
from cosmos.bank.v1beta1.tx_pb2 import MsgSend
from cosmos.base.v1beta1.coin_pb2 import Coin as CosmosCoin
from cosmos.crypto.multisig.v1beta1.multisig_pb2 import CompactBitArray
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from plurichain.chain.pb.plurichain.auction.v1.tx_pb2 import MsgCommitBid
from plurichain.encoding.protobuf import (
    BYTES,
    VARINT,
    Field,
    MessageWriter,
    decode_varint,
    encode_varint,
    read_message,
)
from plurichain.errors import EncodingError

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
U64 = st.integers(0, 2**64 - 1)


def write_coin(denom: str, amount: str) -> bytes:
    return MessageWriter().write_text(1, denom).write_text(2, amount).finish()


@given(TEXTS, U64, st.binary(), st.integers(0, 2**32 - 1))
def test_a_commit_message_is_byte_equal(
    bidder: str, auction: int, data: bytes, attempt: int
) -> None:
    """Texts, bytes and unsigned integers are written as by the generated types."""
    theirs = MsgCommitBid(
        bidder=bidder, auction_id=auction, bid_commitment=data, attempt=attempt
    ).SerializeToString(deterministic=True)

    ours = MessageWriter().write_text(1, bidder).write_uint(2, auction)
    ours.write_bytes(3, data).write_uint(4, attempt)

    assert ours.finish() == theirs


@given(TEXTS, st.lists(st.tuples(TEXTS, TEXTS), max_size=4))
def test_repeated_messages_are_byte_equal(sender: str, rows: list[tuple[str, str]]) -> None:
    """Embedded messages are written even where they are empty."""
    coins = [CosmosCoin(denom=denom, amount=amount) for denom, amount in rows]
    theirs = MsgSend(from_address=sender, amount=coins).SerializeToString(deterministic=True)

    ours = MessageWriter().write_text(1, sender)
    for row in rows:
        ours.write_message(3, write_coin(*row))

    assert ours.finish() == theirs


@given(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**31), 2**31 - 1))
def test_signed_integers_are_byte_equal(seconds: int, nanos: int) -> None:
    """Negative numbers take ten bytes, of int64 and of int32 alike."""
    theirs = Timestamp(seconds=seconds, nanos=nanos).SerializeToString(deterministic=True)

    ours = MessageWriter().write_int(1, seconds).write_int(2, nanos).finish()

    assert ours == theirs
    read = {field.number: field.as_int() for field in read_message(ours)}
    assert (read.get(1, 0), read.get(2, 0)) == (seconds, nanos)


def test_fields_read_again() -> None:
    """Every wire type is told apart."""
    data = CompactBitArray(extra_bits_stored=3, elems=b"\xf0").SerializeToString()
    number, elements = read_message(data)

    assert (number.number, number.wire, number.as_uint(), number.as_int()) == (1, VARINT, 3, 3)
    assert (elements.number, elements.wire, elements.as_bytes()) == (2, BYTES, b"\xf0")
    fixed = read_message(b"\x09" + bytes(8) + b"\x15" + bytes(4))
    assert fixed == (Field(1, 1, bytes(8)), Field(2, 5, bytes(4)))
    with pytest.raises(EncodingError, match="field 2 is not a varint"):
        elements.as_uint()
    for field in (number, *fixed):
        with pytest.raises(EncodingError, match="is not length-delimited"):
            field.as_bytes()


@given(U64)
def test_varints_read_again(value: int) -> None:
    """Every 64-bit number has one varint."""
    data = encode_varint(value)

    assert decode_varint(b"\xff" + data + b"\x01", 1) == (value, 1 + len(data))


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"\x80", "cut off"),
        (b"", "cut off"),
        (b"\x80\x00", "longer than it need be"),
        (b"\xff" * 10 + b"\x01", "longer than 64 bits"),
        (b"\xff" * 9 + b"\x02", "longer than 64 bits"),
    ],
)
def test_other_varints_are_refused(data: bytes, word: str) -> None:
    """Cut, overlong, above 64 bits."""
    with pytest.raises(EncodingError, match=word):
        decode_varint(data, 0)


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"\x00\x01", "field 0"),
        (b"\x10\x01\x08\x01", "ascending"),
        (b"\x0b", "unknown wire type 3"),
        (b"\x0f", "unknown wire type 7"),
        (b"\x0a\x02a", "field 1 is cut off"),
        (b"\x0d\x00\x00\x00", "field 1 is cut off"),
        (b"\x08", "cut off"),
    ],
)
def test_other_messages_are_refused(data: bytes, word: str) -> None:
    """Only what the writer writes is read."""
    with pytest.raises(EncodingError, match=word):
        read_message(data)


def test_what_cannot_be_written_is_refused() -> None:
    """Numbers that do not fit, fields out of order."""
    for value in (-1, 2**64):
        with pytest.raises(EncodingError, match="varint"):
            MessageWriter().write_uint(1, value)
    for value in (-(2**63) - 1, 2**63):
        with pytest.raises(EncodingError, match="int64"):
            MessageWriter().write_int(1, value)
    for field in (0, 2**29):
        with pytest.raises(EncodingError, match="ascending"):
            MessageWriter().write_uint(field, 1)
    with pytest.raises(EncodingError, match="ascending"):
        MessageWriter().write_uint(2, 1).write_uint(1, 1)
