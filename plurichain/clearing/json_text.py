"""JSON as problem files hold it: stricter than the json module, and the same in every language.

Numbers that are not plain digits, or too long for any field, are read as ``NOT_A_COUNT``,
so the field that they stand in refuses them by name.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final, NoReturn

from plurichain.errors import ProblemRefused
from plurichain.units import U128_MAX

MAX_DEPTH: Final = 64
NOT_VALID: Final = "not valid JSON"
NOT_A_COUNT: Final = object()
_LONGEST_NUMBER: Final = len(str(U128_MAX))
_STRING: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_NOT_BRACKET: Final = re.compile(r"[^\[\]{}]+")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def _compute_depth(text: str) -> int:
    deepest = depth = 0
    for bracket in _NOT_BRACKET.sub("", _STRING.sub("", text)):
        if bracket in "[{":
            depth += 1
            deepest = max(deepest, depth)
        else:
            depth -= 1
    return deepest


def _read_integer(text: str) -> object:
    # The length guard also keeps clear of Python's limit on converting long numbers.
    if len(text) > _LONGEST_NUMBER or text[0] == "-":
        return NOT_A_COUNT
    return int(text)


def _refuse_constant(_: str) -> NoReturn:
    raise ProblemRefused(NOT_VALID)


def show_key(key: str) -> str:
    """Return a key as a reason shows it: each lone surrogate, which has no UTF-8, as U+FFFD."""
    return _SURROGATE.sub("\ufffd", key)


class _ObjectReader:
    """Makes dicts of JSON objects and keeps the first key that is in one of them twice.

    Objects are read in the order in which they close.
    """

    def __init__(self) -> None:
        self.repeated_key: str | None = None

    def __call__(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        entry: dict[str, Any] = {}
        for key, value in pairs:
            if key in entry and self.repeated_key is None:
                self.repeated_key = key
            entry[key] = value
        return entry


def load_json(text: str | bytes) -> Any:
    """Return the value of a JSON text: dict, list, str, int, bool, None or NOT_A_COUNT.

    Raises ProblemRefused if it is not valid JSON in UTF-8, is nested deeper than 64, or
    repeats a key (of several, one of the object that closes first).
    """
    read_object = _ObjectReader()
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8")
        # Before the parser, whose own limit is the stack's.
        if _compute_depth(text) > MAX_DEPTH:
            raise ProblemRefused(NOT_VALID)
        value = json.loads(
            text,
            object_pairs_hook=read_object,
            parse_int=_read_integer,
            parse_float=lambda _: NOT_A_COUNT,
            parse_constant=_refuse_constant,
        )
    except (UnicodeDecodeError, json.JSONDecodeError):
        raise ProblemRefused(NOT_VALID) from None
    # Only now is it known that all of the text is JSON, which comes first.
    if read_object.repeated_key is not None:
        raise ProblemRefused(f"repeated key {show_key(read_object.repeated_key)}")
    return value
