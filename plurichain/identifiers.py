"""Names that a user types: addresses, denoms, chain ids, networks, keys.

Each is checked whole, and a wrong one is refused with the field, the value and the
rule. Addresses are BIP-173 bech32 over 20 or 32 raw bytes, as the Cosmos SDK has them.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Final, Self

import bech32

from plurichain.errors import InputError

_DENOM: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9/:._-]{2,127}")
# CometBFT's limit is 50 bytes; the characters are those that paths and TOML keys take as they are.
_CHAIN_ID: Final = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,49}")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_KEY_NAME: Final = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}")
_PREFIX: Final = re.compile(r"[a-z][a-z0-9]{0,31}")
_ADDRESS_LENGTHS: Final = (20, 32)
_SHOWN: Final = 100


def _quote(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """An account: ``raw`` is 20 or 32 bytes, ``prefix`` the bech32 prefix it is shown with."""

    raw: bytes
    prefix: str

    def __post_init__(self) -> None:
        if len(self.raw) not in _ADDRESS_LENGTHS:
            raise InputError(f"address: {len(self.raw)} bytes are neither 20 nor 32")
        if _PREFIX.fullmatch(self.prefix) is None:
            raise InputError(f"address prefix: {_quote(self.prefix)} is not lower-case letters")

    @classmethod
    def parse(cls, text: str, *, prefix: str | None = None, field: str = "address") -> Self:
        """Return the address that ``text`` writes in bech32.

        Raises InputError if the checksum, the length, the case or (where ``prefix`` is
        given) the prefix is wrong; it names the field, the value and the rule.
        """
        found, words = _decode(text)
        if found is None or words is None:
            mixed = text.lower() != text and text.upper() != text
            reason = (
                "mixes upper and lower case" if mixed else "is not bech32 or has a typing error"
            )
            raise InputError(
                f"{field}: {_quote(text)} {reason}", remedy="copy the address again, whole"
            )
        if prefix is not None and found != prefix:
            raise InputError(
                f"{field}: {_quote(text)} has the prefix {found!r}, not {prefix!r}",
                remedy="use an address of this chain",
            )
        raw = bech32.convertbits(words, 5, 8, False)
        if raw is None or len(raw) not in _ADDRESS_LENGTHS or _PREFIX.fullmatch(found) is None:
            raise InputError(f"{field}: {_quote(text)} is not an address of 20 or 32 bytes")
        return cls(bytes(raw), found)

    def __str__(self) -> str:
        return _encode(self.raw, self.prefix)

    @property
    def hex(self) -> str:
        """The raw bytes in lower-case hex: the bidder's name in files made from a chain."""
        return self.raw.hex()


@functools.lru_cache(maxsize=8192)
def _decode(text: str) -> tuple[str | None, tuple[int, ...] | None]:
    found, words = bech32.bech32_decode(text)
    return found, None if words is None else tuple(words)


@functools.lru_cache(maxsize=8192)
def _encode(raw: bytes, prefix: str) -> str:
    # The checksum takes longer than a signature, and few addresses are written often.
    return str(bech32.bech32_encode(prefix, bech32.convertbits(raw, 8, 5)))


def _validate(text: str, pattern: re.Pattern[str], field: str, rule: str) -> None:
    if pattern.fullmatch(text) is None:
        raise InputError(f"{field}: {_quote(text)} is not {rule}")


def validate_denom(text: str, *, field: str = "denom") -> None:
    """Raise InputError unless ``text`` is a denom by the rule of the SDK's bank module."""
    rule = "a denom: a letter, then 2 to 127 of letters, digits, / : . _ -"
    _validate(text, _DENOM, field, rule)


def validate_chain_id(text: str, *, field: str = "chain_id") -> None:
    """Raise InputError unless ``text`` is 1 to 50 letters, digits, dots, dashes, underscores."""
    rule = "a chain id: a letter or digit, then up to 49 of letters, digits, . _ -"
    _validate(text, _CHAIN_ID, field, rule)


def validate_network_name(text: str, *, field: str = "network") -> None:
    """Raise InputError unless ``text`` names a network: lower-case, 1 to 64 characters."""
    rule = "a network name: a lower-case letter or digit, then up to 63 of them, _ or -"
    _validate(text, _NAME, field, rule)


def validate_key_name(text: str, *, field: str = "key") -> None:
    """Raise InputError unless ``text`` names a key: 1 to 64 characters, safe as a file name."""
    rule = "a key name: a letter or digit, then up to 63 of letters, digits, . _ -"
    _validate(text, _KEY_NAME, field, rule)
