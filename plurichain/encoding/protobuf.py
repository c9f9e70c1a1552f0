"""A small canonical protobuf (proto3) writer and reader for the pure layers.

Written as the Cosmos SDK's ADR-027 wants it: fields in ascending order, values at
their default left out, varints as short as they can be. The reader refuses anything
else, so decoding and encoding again gives the same bytes.
Source: protobuf.dev/programming-guides/encoding, ADR-027.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from plurichain.encoding.canonical import encode_text
from plurichain.errors import EncodingError

VARINT: Final = 0
FIXED64: Final = 1
BYTES: Final = 2
FIXED32: Final = 5
_U64: Final = 1 << 64
_FIELD_MAX: Final = (1 << 29) - 1


def encode_varint(value: int) -> bytes:
    """Return an unsigned varint of at most 64 bits; raises EncodingError if it does not fit."""
    if not 0 <= value < _U64:
        raise EncodingError(f"{value} does not fit a 64-bit varint")
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def decode_varint(data: bytes, offset: int) -> tuple[int, int]:
    """Return (value, offset after it); raises EncodingError if cut, overlong or above 64 bits."""
    value = shift = 0
    while True:
        if offset >= len(data):
            raise EncodingError("a varint is cut off")
        byte = data[offset]
        offset += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
        shift += 7
        if shift > 63:
            raise EncodingError("a varint is longer than 64 bits")
    if value >= _U64:
        raise EncodingError("a varint is longer than 64 bits")
    if byte == 0 and shift:
        raise EncodingError("a varint is longer than it need be")
    return value, offset


class MessageWriter:
    """Writes one message, its fields in ascending order."""

    __slots__ = ("_last", "_out")

    def __init__(self) -> None:
        self._out = bytearray()
        self._last = 0

    def _tag(self, field: int, wire: int) -> None:
        if not max(1, self._last) <= field <= _FIELD_MAX:
            raise EncodingError(f"field {field} is not in ascending order")
        self._last = field
        self._out += encode_varint(field << 3 | wire)

    def write_uint(self, field: int, value: int) -> MessageWriter:
        """Append an unsigned integer, bool or enum; nothing if it is 0."""
        if value:
            self._tag(field, VARINT)
            self._out += encode_varint(value)
        return self

    def write_int(self, field: int, value: int) -> MessageWriter:
        """Append a signed int32 or int64 (two's complement); nothing if it is 0."""
        if not -(_U64 >> 1) <= value < _U64 >> 1:
            raise EncodingError(f"{value} does not fit int64")
        return self.write_uint(field, value % _U64)

    def write_sfixed64(self, field: int, value: int) -> MessageWriter:
        """Append a signed integer in 8 little-endian bytes; nothing if it is 0."""
        if not -(_U64 >> 1) <= value < _U64 >> 1:
            raise EncodingError(f"{value} does not fit sfixed64")
        if value:
            self._tag(field, FIXED64)
            self._out += (value % _U64).to_bytes(8, "little")
        return self

    def write_bytes(self, field: int, value: bytes) -> MessageWriter:
        """Append bytes; nothing if there are none."""
        return self.write_message(field, value) if value else self

    def write_text(self, field: int, value: str) -> MessageWriter:
        """Append text; nothing if it is empty."""
        return self.write_bytes(field, encode_text(value))

    def write_message(self, field: int, value: bytes) -> MessageWriter:
        """Append an embedded message or one element of a repeated field, even an empty one."""
        self._tag(field, BYTES)
        self._out += encode_varint(len(value)) + value
        return self

    def finish(self) -> bytes:
        """Return the message."""
        return bytes(self._out)


@dataclass(frozen=True, slots=True)
class Field:
    """One field as it stands in a message: ``value`` is an int for varints, else bytes."""

    number: int
    wire: int
    value: int | bytes

    def as_uint(self) -> int:
        """Return an unsigned integer; raises EncodingError on another wire type."""
        if not isinstance(self.value, int):
            raise EncodingError(f"field {self.number} is not a varint")
        return self.value

    def as_int(self) -> int:
        """Return a signed 64-bit integer; raises EncodingError on another wire type."""
        value = self.as_uint()
        return value - _U64 if value >= _U64 >> 1 else value

    def as_bytes(self) -> bytes:
        """Return length-delimited bytes; raises EncodingError on another wire type."""
        if not isinstance(self.value, bytes) or self.wire != BYTES:
            raise EncodingError(f"field {self.number} is not length-delimited")
        return self.value


def read_message(data: bytes) -> tuple[Field, ...]:
    """Return the fields of a message in order.

    Raises EncodingError if bytes are cut off, a varint is overlong, a field number is 0
    or descends, or a wire type is unknown (groups are).
    """
    fields: list[Field] = []
    offset = last = 0
    while offset < len(data):
        tag, offset = decode_varint(data, offset)
        number, wire = tag >> 3, tag & 7
        if not max(1, last) <= number <= _FIELD_MAX:
            raise EncodingError(f"field {number} is not in ascending order")
        last = number
        value: int | bytes
        if wire == VARINT:
            value, offset = decode_varint(data, offset)
        elif wire in (FIXED64, FIXED32, BYTES):
            length = 8 if wire == FIXED64 else 4
            if wire == BYTES:
                length, offset = decode_varint(data, offset)
            if length > len(data) - offset:
                raise EncodingError(f"field {number} is cut off")
            value = data[offset : offset + length]
            offset += length
        else:
            raise EncodingError(f"field {number} has the unknown wire type {wire}")
        fields.append(Field(number, wire, value))
    return tuple(fields)
