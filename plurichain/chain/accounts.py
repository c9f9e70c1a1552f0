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
            )
        content = inner
    raise BadReply(f"account {address}: no base account in a {type_url.lstrip('/')}")


def _get_uint(fields: tuple[Field, ...], number: int) -> int:
    return next((field.as_uint() for field in fields if field.number == number), 0)
