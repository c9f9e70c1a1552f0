"""A protobuf message taken apart once, its fields then asked for by number.

Fields that nobody asks for are left alone, so that a chain may add some. A field that
should stand once and stands twice is refused: two readers could take two values.
"""

from __future__ import annotations

from typing import Self

from plurichain.encoding.canonical import decode_text
from plurichain.encoding.protobuf import Field, read_message
from plurichain.errors import EncodingError


class Message:
    """The fields of one message. All methods raise EncodingError on another wire type."""

    __slots__ = ("_fields",)

    def __init__(self, fields: tuple[Field, ...]) -> None:
        grouped: dict[int, list[Field]] = {}
        for field in fields:
            grouped.setdefault(field.number, []).append(field)
        self._fields = grouped

    @classmethod
    def read(cls, data: bytes) -> Self:
        """Return the message of ``data``; raises EncodingError as read_message does."""
        return cls(read_message(data))

    def _find(self, number: int) -> Field | None:
        fields = self._fields.get(number)
        if fields is None:
            return None
        if len(fields) > 1:
            raise EncodingError(f"field {number} stands {len(fields)} times")
        return fields[0]

    def has(self, number: int) -> bool:
        """Tell whether the field stands in the message."""
        return number in self._fields

    def get_uint(self, number: int) -> int:
        """Return an unsigned integer, bool or enum; 0 if it is left out."""
        field = self._find(number)
        return 0 if field is None else field.as_uint()

    def get_int(self, number: int) -> int:
        """Return a signed integer; 0 if it is left out."""
        field = self._find(number)
        return 0 if field is None else field.as_int()

    def get_bytes(self, number: int) -> bytes:
        """Return bytes; empty if they are left out."""
        field = self._find(number)
        return b"" if field is None else field.as_bytes()

    def get_text(self, number: int) -> str:
        """Return text; empty if it is left out. Raises EncodingError if it is not UTF-8."""
        return decode_text(self.get_bytes(number))

    def get_message(self, number: int) -> Message:
        """Return an embedded message; an empty one if it is left out."""
        return Message.read(self.get_bytes(number))

    def list_bytes(self, number: int) -> tuple[bytes, ...]:
        """Return the elements of a repeated field of bytes or messages, in order."""
        return tuple(field.as_bytes() for field in self._fields.get(number, ()))

    def list_messages(self, number: int) -> tuple[Message, ...]:
        """Return the elements of a repeated field of messages, in order."""
        return tuple(Message.read(data) for data in self.list_bytes(number))

    def list_texts(self, number: int) -> tuple[str, ...]:
        """Return the elements of a repeated field of texts, in order."""
        return tuple(decode_text(data) for data in self.list_bytes(number))
