"""Words that stand for numbers in canonical bytes and in the chain's messages."""

from __future__ import annotations

from enum import IntEnum
from typing import Self

from plurichain.errors import InputError


class NamedEnum(IntEnum):
    """An enumeration whose text is its lower-case name."""

    @property
    def text(self) -> str:
        """The word that files and screens show."""
        return self.name.lower()

    @classmethod
    def parse(cls, text: str, *, field: str) -> Self:
        """Return the member of that name.

        Raises InputError that names the field, the value and the words allowed.
        """
        for member in cls:
            if member.text == text:
                return member
        words = ", ".join(member.text for member in cls)
        raise InputError(f"{field}: {text!r} is not one of {words}")
