"""Accounts of any type that has a base account inside.

Module accounts, vesting accounts and those of other chains (Ethermint, …) wrap
``cosmos.auth.v1beta1.BaseAccount`` as field 1, at some depth; their types need not be
known to find it.
"""

from __future__ import annotations

from plurichain.chain.types import Account
from plurichain.encoding.protobuf import BYTES, Field, read_message
from plurichain.errors import BadReply, EncodingError
from plurichain.identifiers import Address

_MAX_DEPTH = 5


def decode_account(type_url: str, value: bytes, address: Address) -> Account:
    """Return the account of ``address`` in a protobuf Any.

    Raises BadReply, with the type, if no base account of that address is inside.
    """
    text = str(address).encode()
    content = value
    for _ in range(_MAX_DEPTH):
        try:
            fields = read_message(content)
        except EncodingError:
            break
        if not fields or fields[0].number != 1 or fields[0].wire != BYTES:
            break
        inner = fields[0].as_bytes()
        if inner == text:
            return Account(
                address=address,
                account_number=_get_uint(fields, 3),
                account_sequence=_get_uint(fields, 4),
                public_key=_get_public_key(fields),
            )
        content = inner
    raise BadReply(f"account {address}: no base account in a {type_url.lstrip('/')}")


def _get_uint(fields: tuple[Field, ...], number: int) -> int:
    return next((field.as_uint() for field in fields if field.number == number), 0)


def _get_public_key(fields: tuple[Field, ...]) -> tuple[str, bytes] | None:
    """Return (type URL, key bytes) of the Any in field 2; an unreadable key is ("", b"")."""
    content = next((f.as_bytes() for f in fields if f.number == 2 and f.wire == BYTES), None)
    if content is None:
        return None
    try:
        parts = {field.number: field.as_bytes() for field in read_message(content)}
        inner = {field.number: field for field in read_message(parts.get(2, b""))}
        key = inner[1].as_bytes() if 1 in inner and inner[1].wire == BYTES else b""
        return parts.get(1, b"").decode(), key
    except (EncodingError, UnicodeDecodeError):
        return "", b""
