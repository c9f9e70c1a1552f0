"""Canonical bytes: fixed-width big-endian integers and length-prefixed strings (design 3.1).

Every value has one encoding, so equal bytes mean equal things and a hash of them binds.
"""

from __future__ import annotations

from typing import Final

from plurichain.errors import EncodingError

_WIDTHS: Final = {"U8": 1, "U16": 2, "U32": 4, "U64": 8, "U128": 16}


def _encode(name: str, value: int) -> bytes:
    width = _WIDTHS[name]
    if not 0 <= value < 1 << 8 * width:
        raise EncodingError(f"{value} does not fit {name}")
    return value.to_bytes(width, "big")


def u8(value: int) -> bytes:
    """Return ``value`` in 1 byte; raises EncodingError if it does not fit."""
    return _encode("U8", value)


def u16(value: int) -> bytes:
    """Return ``value`` in 2 bytes; raises EncodingError if it does not fit."""
    return _encode("U16", value)


def u32(value: int) -> bytes:
    """Return ``value`` in 4 bytes; raises EncodingError if it does not fit."""
    return _encode("U32", value)


def u64(value: int) -> bytes:
    """Return ``value`` in 8 bytes; raises EncodingError if it does not fit."""
    return _encode("U64", value)


def u128(value: int) -> bytes:
    """Return ``value`` in 16 bytes; raises EncodingError if it does not fit."""
    return _encode("U128", value)


def encode_text(text: str) -> bytes:
    """Return the UTF-8 of ``text``; raises EncodingError on a lone surrogate."""
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise EncodingError("text holds a lone surrogate and has no UTF-8") from None


def decode_text(data: bytes) -> str:
    """Return the text of UTF-8 ``data``; raises EncodingError if it is not UTF-8."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise EncodingError("text is not UTF-8") from None


def lp(value: bytes | str) -> bytes:
    """Return LP(value): its length as U32, then the bytes (UTF-8 of a text)."""
    data = encode_text(value) if isinstance(value, str) else value
    return u32(len(data)) + data


class Reader:
    """Reads canonical bytes from front to back; every method raises EncodingError when short."""

    __slots__ = ("_data", "_offset")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._offset = 0

    @property
    def remaining(self) -> int:
        """How many bytes have not been read."""
        return len(self._data) - self._offset

    def read_bytes(self, length: int) -> bytes:
        """Return the next ``length`` bytes."""
        if length > self.remaining:
            raise EncodingError(f"{length} bytes are missing at offset {self._offset}")
        start = self._offset
        self._offset += length
        return self._data[start : self._offset]

    def _read(self, name: str) -> int:
        return int.from_bytes(self.read_bytes(_WIDTHS[name]), "big")

    def read_u8(self) -> int:
        """Return the next U8."""
        return self._read("U8")

    def read_u16(self) -> int:
        """Return the next U16."""
        return self._read("U16")

    def read_u32(self) -> int:
        """Return the next U32."""
        return self._read("U32")

    def read_u64(self) -> int:
        """Return the next U64."""
        return self._read("U64")

    def read_u128(self) -> int:
        """Return the next U128."""
        return self._read("U128")

    def read_lp(self) -> bytes:
        """Return the value of the next LP."""
        return self.read_bytes(self.read_u32())

    def expect_end(self) -> None:
        """Raise EncodingError if bytes are left over."""
        if self.remaining:
            raise EncodingError(f"{self.remaining} bytes are left over")
