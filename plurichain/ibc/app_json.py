"""JSON that an application wrote on another chain: read without trust, and without raising."""

from __future__ import annotations

import json
import re
from enum import Enum
from typing import Any, Final, NoReturn

MAX_DATA_BYTES: Final = 262_144
"""The longest packet data that a chain takes."""
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class DataFault(Enum):
    """Why bytes are not a transfer, or not one to carry."""

    TOO_LONG = "the data are longer than a chain takes"
    NOT_UTF8 = "the data are not UTF-8"
    NOT_JSON = "the data are not JSON"
    REPEATED_KEY = "a key stands twice"
    NOT_AN_OBJECT = "the data are not a JSON object"
    MISSING_FIELD = "denom, amount, sender or receiver is missing"
    NOT_TEXT = "a field is not text"
    BAD_AMOUNT = "the amount is not a whole number from 1 to 2^256-1"
    BLANK_FIELD = "denom, sender or receiver is blank"
    MEMO_TOO_LONG = "the memo is longer than allowed"
    RECEIVER_TOO_LONG = "the receiver is longer than allowed"


class _RepeatedKeyError(Exception):
    pass


def _make_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        raise _RepeatedKeyError
    return content


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError


def read_json_object(data: bytes) -> dict[str, Any] | DataFault:
    """Return the object that ``data`` writes in JSON, or why there is none. Raises nothing.

    Numbers come back as their text's length would allow no other use: as None. What
    applications write here is text.
    """
    if len(data) > MAX_DATA_BYTES:
        return DataFault.TOO_LONG
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return DataFault.NOT_UTF8
    try:
        content = json.loads(
            text,
            object_pairs_hook=_make_object,
            parse_int=lambda _: None,
            parse_float=lambda _: None,
            parse_constant=_refuse_constant,
        )
    except _RepeatedKeyError:
        return DataFault.REPEATED_KEY
    except (ValueError, RecursionError):
        return DataFault.NOT_JSON
    if not isinstance(content, dict):
        return DataFault.NOT_AN_OBJECT
    if any(isinstance(value, str) and _SURROGATE.search(value) for value in content.values()):
        return DataFault.NOT_UTF8
    return content
