"""Canonical integers, text and length prefixes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from plurichain.encoding.canonical import (
    Reader,
    decode_text,
    encode_text,
    lp,
    u8,
    u16,
    u32,
    u64,
    u128,
)
from plurichain.errors import EncodingError

INTEGERS = [
    (u8, Reader.read_u8, 1),
    (u16, Reader.read_u16, 2),
    (u32, Reader.read_u32, 4),
    (u64, Reader.read_u64, 8),
    (u128, Reader.read_u128, 16),
]


@pytest.mark.parametrize(("write", "read", "width"), INTEGERS)
def test_integers_are_big_endian_and_of_fixed_width(
    write: Callable[[int], bytes], read: Callable[[Reader], int], width: int
) -> None:
    """Least, greatest and one between are written and read again; others do not fit."""
    greatest = 256**width - 1
    assert write(1) == bytes(width - 1) + b"\x01"
    assert write(greatest) == b"\xff" * width
    for value in (0, 1, greatest):
        reader = Reader(write(value))
        assert read(reader) == value
        reader.expect_end()
    for value in (-1, greatest + 1):
        with pytest.raises(EncodingError, match="does not fit U"):
            write(value)
    with pytest.raises(EncodingError, match="missing at offset 0"):
        read(Reader(bytes(width - 1)))


def test_length_prefix() -> None:
    """LP is the length in four bytes and then the bytes, of a text its UTF-8."""
    assert lp(b"") == bytes(4)
    assert lp("ä") == b"\x00\x00\x00\x02\xc3\xa4"
    reader = Reader(lp(b"ab") + lp(b""))
    assert reader.read_lp() == b"ab"
    assert reader.remaining == 4
    assert reader.read_lp() == b""
    reader.expect_end()


def test_a_length_beyond_the_end_is_refused_at_its_place() -> None:
    """A length of 2^32 - 1 in four bytes takes no memory."""
    with pytest.raises(EncodingError, match="4294967295 bytes are missing at offset 4"):
        Reader(b"\xff\xff\xff\xff").read_lp()


def test_bytes_left_over_are_refused() -> None:
    """Nothing may follow."""
    reader = Reader(b"\x01\x02")
    reader.read_u8()

    with pytest.raises(EncodingError, match="1 bytes are left over"):
        reader.expect_end()


def test_text_is_utf8_and_nothing_else() -> None:
    """Lone surrogates have no UTF-8, and overlong forms are not UTF-8."""
    assert decode_text(encode_text("Wärme ⚡")) == "Wärme ⚡"
    with pytest.raises(EncodingError, match="surrogate"):
        encode_text("\ud800")
    for data in (b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xc3"):
        with pytest.raises(EncodingError, match="not UTF-8"):
            decode_text(data)
