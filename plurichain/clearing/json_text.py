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


class _Pairs(list[tuple[str, Any]]):
    """The pairs of one object in the order of the text, repeated keys and all."""


class _RepeatedKeyError(Exception):
    """Some object has a key twice; which is looked up afterwards."""


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


def _clean_key(key: str) -> str:
    # Only \u escapes can make lone surrogates; no reason could show them.
    return key if key.isascii() else _SURROGATE.sub("\ufffd", key)


def _read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entry = {_clean_key(key): value for key, value in pairs}
    if len(entry) != len(pairs):
        raise _RepeatedKeyError
    return entry


def _read_pairs(pairs: list[tuple[str, Any]]) -> _Pairs:
    return _Pairs((_clean_key(key), value) for key, value in pairs)


def _find_repeated_key(value: Any) -> str | None:
    """Return the first key, in the order of the text, that its object had before."""
    seen: set[str] = set()
    for item in value if isinstance(value, list) else ():
        if isinstance(value, _Pairs):
            key, item = item  # noqa: PLW2901
            if key in seen:
                return str(key)
            seen.add(key)
        if (found := _find_repeated_key(item)) is not None:
            return found
    return None


def _load(text: str, pairs_hook: Any) -> Any:
    try:
        return json.loads(
            text,
            object_pairs_hook=pairs_hook,
            parse_int=_read_integer,
            parse_float=lambda _: NOT_A_COUNT,
            parse_constant=_refuse_constant,
        )
    except json.JSONDecodeError:
        raise ProblemRefused(NOT_VALID) from None


def load_json(text: str | bytes) -> Any:
    """Return the value of a JSON text: dict, list, str, int, bool, None or NOT_A_COUNT.

    Raises ProblemRefused if it is not valid JSON in UTF-8, is nested deeper than 64, or
    repeats a key.
    """
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError:
            raise ProblemRefused(NOT_VALID) from None
    if _compute_depth(text) > MAX_DEPTH:
        raise ProblemRefused(NOT_VALID)
    try:
        return _load(text, _read_object)
    except _RepeatedKeyError:
        key = _find_repeated_key(_load(text, _read_pairs))
        raise ProblemRefused(f"repeated key {key}") from None
