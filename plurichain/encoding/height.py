"""Heights of IBC: a block height within a revision of a chain.

Shared by what sits above: the rules of IBC and the light client. Source: ibc-go
modules/core/02-client/types/height.go.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Self

from plurichain.encoding.message import Message
from plurichain.encoding.protobuf import MessageWriter
from plurichain.errors import InputError
from plurichain.units import U64_MAX, parse_integer, quote_value

_REVISION: Final = re.compile(r"[^\n]*[^\n-]-([1-9][0-9]*)")


def revision_of(chain_id: str) -> int:
    """Return the number after the last dash of a chain id like "grid-2", else 0."""
    match = _REVISION.fullmatch(chain_id)
    return int(match[1]) if match else 0


@dataclass(frozen=True, slots=True, order=True)
class Height:
    """A height, ordered by revision first. (0, 0) stands for none."""

    revision: int
    height: int

    @classmethod
    def parse(cls, text: str, *, field: str = "height") -> Self:
        """Return the height that ``text`` writes as "revision-height".

        Raises InputError that names the field, the value and the rule.
        """
        revision, dash, height = text.partition("-")
        if not dash:
            raise InputError(
                f"{field}: {quote_value(text)} is not a height",
                remedy='write revision and height with a dash, such as "1-42"',
            )
        return cls(
            parse_integer(revision, field=field, maximum=U64_MAX),
            parse_integer(height, field=field, maximum=U64_MAX),
        )

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Return the height of a protobuf Height; raises EncodingError."""
        message = Message.read(data)
        return cls(message.get_uint(1), message.get_uint(2))

    def encode(self) -> bytes:
        """Return the protobuf Height; raises EncodingError above 64 bits."""
        return MessageWriter().write_uint(1, self.revision).write_uint(2, self.height).finish()

    @property
    def is_zero(self) -> bool:
        """Whether this stands for no height."""
        return self.revision == 0 and self.height == 0

    def __str__(self) -> str:
        return f"{self.revision}-{self.height}"


NO_HEIGHT: Final = Height(0, 0)
"""No height: a packet without a height time-out, a client that is not frozen."""
