"""An opening as a file, for somebody else to relay.

One JSON object: ``version`` 1, ``chain_id``, ``auction_id``, ``bidder`` (bech32),
``bid_bytes`` and ``salt`` (hex). Before the reveal it is as secret as the bid.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from plurichain.errors import InputError, NewerFormatError
from plurichain.identifiers import Address

VERSION = 1
_KEYS = ("version", "chain_id", "auction_id", "bidder", "bid_bytes", "salt")


@dataclass(frozen=True, slots=True)
class RelayedOpening:
    """What a relayer needs to open somebody's commitment."""

    chain_id: str
    auction_id: int
    bidder: Address
    bid_bytes: bytes = field(repr=False)
    salt: bytes = field(repr=False)


def format_opening_file(opening: RelayedOpening) -> str:
    """Return the text of an opening file."""
    fields = {
        "version": VERSION,
        "chain_id": opening.chain_id,
        "auction_id": opening.auction_id,
        "bidder": str(opening.bidder),
        "bid_bytes": opening.bid_bytes.hex(),
        "salt": opening.salt.hex(),
    }
    return json.dumps(fields) + "\n"


def parse_opening_file(text: str, *, source: str) -> RelayedOpening:
    """Read an opening file; ``source`` names it in errors.

    Raises InputError, and NewerFormatError for a later version. No error shows a value
    that may be secret.
    """
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError(f"{source}: not an opening file (not JSON)") from None
    if not isinstance(fields, dict):
        raise InputError(f"{source}: not an opening file (not a JSON object)")
    version = fields.get("version")
    if type(version) is int and version > VERSION:
        raise NewerFormatError(
            f"{source}: an opening file of version {version}; this program knows version {VERSION}",
            remedy="update plurichain",
        )
    if version != VERSION or set(fields) != set(_KEYS):
        raise InputError(f"{source}: an opening file has exactly the keys {', '.join(_KEYS)}")
    return RelayedOpening(
        chain_id=_expect_text(fields, "chain_id", source),
        auction_id=_expect_auction_id(fields, source),
        bidder=Address.parse(_expect_text(fields, "bidder", source), field=f"{source}: bidder"),
        bid_bytes=_expect_hex(fields, "bid_bytes", source),
        salt=_expect_salt(fields, source),
    )


def _expect_text(fields: dict[str, Any], key: str, source: str) -> str:
    value = fields[key]
    if not isinstance(value, str):
        raise InputError(f"{source}: {key} must be text")
    return value


def _expect_auction_id(fields: dict[str, Any], source: str) -> int:
    value = fields["auction_id"]
    if type(value) is not int or not 1 <= value < 1 << 64:
        raise InputError(f"{source}: auction_id must be an integer from 1 to 2^64-1")
    return value


def _expect_hex(fields: dict[str, Any], key: str, source: str) -> bytes:
    try:
        return bytes.fromhex(_expect_text(fields, key, source))
    except ValueError:
        raise InputError(f"{source}: {key} must be hex") from None


def _expect_salt(fields: dict[str, Any], source: str) -> bytes:
    salt = _expect_hex(fields, "salt", source)
    if len(salt) != 32:
        raise InputError(f"{source}: salt must be 32 bytes, not {len(salt)}")
    return salt
