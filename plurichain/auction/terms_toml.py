"""Terms as a TOML file that people write and read.

Keys are the field names of tests/vectors/README.md; windows are durations ("15s"),
delivery times are TOML dates with an offset, deposits are coins ("5ueur", or a list), a
class of credits is a table of its own.
Whole numbers may also stand as text, since a TOML number need only hold 64 bits.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from plurichain.auction.credit_class import CreditClass
from plurichain.auction.names import BidKind, PaymentRule, Settlement, Side
from plurichain.auction.terms import Terms, validate_terms
from plurichain.encoding.display import is_visible
from plurichain.errors import InputError, TermsError
from plurichain.units import (
    U16_MAX,
    U32_MAX,
    U64_MAX,
    U128_MAX,
    Coin,
    format_duration,
    parse_coins,
    parse_duration_ns,
    parse_integer,
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TOML_INTEGER_MAX: Final = 2**63 - 1


def _read_text(value: Any, field: str) -> str:
    if not isinstance(value, str):
        raise TermsError(f"{field}: {value!r} is not text in quotes")
    return value


def _read_integer(maximum: int) -> Callable[[Any, str], int]:
    def read(value: Any, field: str) -> int:
        # bool is an int to Python, not to TOML.
        if isinstance(value, int) and not isinstance(value, bool):
            if not 0 <= value <= maximum:
                raise TermsError(f"{field}: {value} is not from 0 to {maximum}")
            return value
        if isinstance(value, str):
            return parse_integer(value, field=field, maximum=maximum)
        raise TermsError(f"{field}: {value!r} is not a whole number")

    return read


def _read_duration(value: Any, field: str) -> int:
    if not isinstance(value, str):
        raise TermsError(f'{field}: {value!r} is not a duration in quotes, such as "15s"')
    return parse_duration_ns(value, field=field)


def _read_instant(value: Any, field: str) -> int:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise TermsError(f"{field}: {value!s} is not a date with an offset: 2026-06-01T10:00:00Z")
    seconds, rest = divmod(value - _EPOCH, timedelta(seconds=1))
    if rest:
        raise TermsError(f"{field}: {value!s} is not a whole second")
    # 0 means "not given".
    if seconds < 1:
        raise TermsError(f"{field}: {value!s} is not after the beginning of 1970")
    return seconds


def _read_kinds(value: Any, field: str) -> tuple[BidKind, ...]:
    if not isinstance(value, list):
        raise TermsError(f'{field}: {value!r} is not a list, such as ["schedule"]')
    kinds = [BidKind.parse(_read_text(word, field), field=field) for word in value]
    if len(set(kinds)) != len(kinds):
        raise TermsError(f"{field}: {value!r} names a kind twice")
    return tuple(sorted(kinds))


def _read_words(value: Any, field: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TermsError(f"{field}: {value!r} is not a list of texts")
    words = [_read_text(word, field) for word in value]
    if len(set(words)) != len(words):
        raise TermsError(f"{field}: {value!r} names a word twice")
    return tuple(sorted(words, key=str.encode))


def _read_class(value: Any, field: str) -> CreditClass:
    if not isinstance(value, dict):
        raise TermsError(f"{field}: {value!r} is not a table")
    values: dict[str, Any] = {}
    for key, item in value.items():
        if key not in _CLASS_KEYS:
            raise TermsError(
                f"{field}: unknown key {key!r}", remedy="known keys: " + ", ".join(_CLASS_KEYS)
            )
        values[key] = _CLASS_KEYS[key](item, f"{field}.{key}")
    return CreditClass(**values)


_CLASS_KEYS: Final[dict[str, Callable[[Any, str], Any]]] = {
    "interval_from": _read_instant,
    "interval_until": _read_instant,
    "technologies": _read_words,
    "zones": _read_words,
    "origins": _read_words,
}


def _read_deposit(value: Any, field: str) -> tuple[Coin, ...]:
    items = value if isinstance(value, list) else [value]
    return parse_coins(",".join(_read_text(item, field) for item in items), field=field)


def _write_text(value: str) -> str:
    return f'"{"".join(map(_write_char, value))}"'


def _write_char(char: str) -> str:
    """A title is shown where it is written: nothing in it may move the reader's cursor."""
    if is_visible(char) and char not in '"\\':
        return char
    return f"\\u{ord(char):04X}" if ord(char) < 0x10000 else f"\\U{ord(char):08X}"


def _write_integer(value: int) -> str:
    return str(value) if value <= _TOML_INTEGER_MAX else f'"{value}"'


def _write_instant(value: int) -> str:
    return (_EPOCH + timedelta(seconds=value)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _write_list(words: list[str]) -> str:
    return "[" + ", ".join(_write_text(word) for word in words) + "]"


def _write_class(value: CreditClass) -> str:
    """Return the body of the table; a file ends with it, since whatever follows belongs to it."""
    lines = []
    for key in _CLASS_KEYS:
        item = getattr(value, key)
        if item:
            text = _write_list(list(item)) if isinstance(item, tuple) else _write_instant(item)
            lines.append(f"{key} = {text}\n")
    return "".join(lines)


def _write_deposit(coins: tuple[Coin, ...]) -> str:
    words = [str(coin) for coin in coins]
    return _write_text(words[0]) if len(words) == 1 else _write_list(words)


_Read = Callable[[Any, str], Any]
_Write = Callable[[Any], str]
_U16: Final[tuple[_Read, _Write]] = (_read_integer(U16_MAX), _write_integer)
_U32: Final[tuple[_Read, _Write]] = (_read_integer(U32_MAX), _write_integer)
_U64: Final[tuple[_Read, _Write]] = (_read_integer(U64_MAX), _write_integer)
_U128: Final[tuple[_Read, _Write]] = (_read_integer(U128_MAX), _write_integer)
_TEXT: Final[tuple[_Read, _Write]] = (_read_text, _write_text)
_DURATION: Final[tuple[_Read, _Write]] = (
    _read_duration,
    lambda value: _write_text(format_duration(value)),
)
_INSTANT: Final[tuple[_Read, _Write]] = (_read_instant, _write_instant)


def _word(kind: type[Side | PaymentRule | Settlement]) -> tuple[_Read, _Write]:
    def read(value: Any, field: str) -> Side | PaymentRule | Settlement:
        return kind.parse(_read_text(value, field), field=field)

    return read, lambda value: _write_text(value.text)


# In the order in which a file is written; the attribute of Terms, and how it is read and written.
_KEYS: Final[dict[str, tuple[str, tuple[_Read, _Write]]]] = {
    "title": ("title", _TEXT),
    "side": ("side", _word(Side)),
    "payment_rule": ("payment_rule", _word(PaymentRule)),
    "kinds": (
        "kinds",
        (_read_kinds, lambda kinds: _write_list([kind.text for kind in kinds])),
    ),
    "quantity": ("quantity", _U64),
    "lot_denom": ("lot_denom", _TEXT),
    "payment_denom": ("payment_denom", _TEXT),
    "reserve_price": ("reserve_price", _U128),
    "price_limit": ("price_limit", _U128),
    "max_quantity": ("max_quantity", _U64),
    "max_steps": ("max_steps", _U16),
    "max_bidders": ("max_bidders", _U32),
    "deposit": ("deposit", (_read_deposit, _write_deposit)),
    "commit_window": ("commit_window_ns", _DURATION),
    "reveal_window": ("reveal_window_ns", _DURATION),
    "settlement": ("settlement", _word(Settlement)),
    "delivery_window": ("delivery_window_ns", _DURATION),
    "delivery_start": ("delivery_start", _INSTANT),
    "delivery_end": ("delivery_end", _INSTANT),
    "credit_class": ("credit_class", (_read_class, _write_class)),
}
_DEFAULTS: Final = {field.name: field.default for field in fields(Terms)}
_REQUIRED: Final = ("side", "payment_rule", "commit_window", "reveal_window")


def _find_line(text: str, key: str) -> int | None:
    """Return the line on which a key stands. Terms are flat, so it opens its line."""
    pattern = re.compile(
        rf"""\s*(["']?){re.escape(key)}\1\s*[=.]|\s*\[+\s*(["']?){re.escape(key)}\2"""
    )
    lines = enumerate(text.splitlines(), start=1)
    return next((number for number, line in lines if pattern.match(line)), None)


def _locate(source: str, text: str, key: str) -> str:
    line = _find_line(text, key)
    return f"{source}, line {line}" if line else source


def parse_terms_toml(text: str, *, source: str) -> Terms:
    """Return the terms that a TOML text writes.

    Raises TermsError that names ``source``, the line and the key.
    """
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # tomllib names line and column itself; too deep or too long a value has no place.
        cause = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "a value is too large"
        raise TermsError(f"{source}: not valid TOML: {cause}") from None
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in _KEYS:
            raise TermsError(
                f"{_locate(source, text, key)}: unknown key {key!r}",
                remedy="known keys: " + ", ".join(_KEYS),
            )
        name, (read, _) = _KEYS[key]
        try:
            values[name] = read(value, key)
        except InputError as error:
            where = _locate(source, text, key)
            raise TermsError(f"{where}: {error.cause}", remedy=error.remedy) from None
    for key in _REQUIRED:
        if key not in table:
            raise TermsError(f"{source}: the key {key} is missing", remedy=f"add {key} = …")
    terms = Terms(**values)
    try:
        validate_terms(terms)
    except TermsError as error:
        where = _locate(source, text, error.cause.partition(":")[0])
        raise TermsError(f"{where}: {error.cause}", remedy=error.remedy) from None
    return terms


def format_terms_toml(terms: Terms) -> str:
    """Return terms as TOML that parse_terms_toml reads; fields at their default are left out."""
    lines = []
    for key, (name, (_, write)) in _KEYS.items():
        value = getattr(terms, name)
        if value != _DEFAULTS[name]:
            table = isinstance(value, CreditClass)
            lines.append(f"\n[{key}]\n{write(value)}" if table else f"{key} = {write(value)}\n")
    return "".join(lines)
