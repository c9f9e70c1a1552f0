"""Bids as files: one JSON entry as in a problem file (design 3.3), or rows of a CSV.

Every refusal names the file and the place in it: the key, or the line and the column.
"""

from __future__ import annotations

import csv
import io
import json
from typing import Any, Final, NoReturn

from plurichain.auction.bid import Bid, Step, encode_bid
from plurichain.auction.names import BidKind, BidSide
from plurichain.errors import BidError, EncodingError, InputError
from plurichain.units import U64_MAX, U128_MAX, parse_integer

CSV_COLUMNS: Final = ("bidder", "quantity", "price")
_PAIRS_KEY: Final = {
    BidKind.SCHEDULE: "steps",
    BidKind.CHOICE: "options",
    BidKind.BLOCK: "steps",
}
_LONGEST_NUMBER: Final = 39


def _read_number(text: str) -> int | str:
    # Left as text where it is signed or too long: the field that it stands in refuses it by name.
    return int(text) if text.isdigit() and len(text) <= _LONGEST_NUMBER else text


def _read_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entry: dict[str, Any] = {}
    for key, value in pairs:
        if key in entry:
            raise BidError(f"{key}: the key is written twice")
        entry[key] = value
    return entry


def _refuse_constant(word: str) -> NoReturn:
    raise BidError(f"{word} is not a number of JSON")


def _parse_amount(value: Any, *, field: str, minimum: int, maximum: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise BidError(f"{field}: {value!r} is not a whole number")
    return parse_integer(str(value), field=field, minimum=minimum, maximum=maximum)


def _parse_pairs(entry: dict[str, Any], key: str) -> tuple[Step, ...]:
    rows = entry[key]
    if not isinstance(rows, list) or not rows:
        raise BidError(f"{key}: not a list of [quantity, price]")
    steps = []
    for index, row in enumerate(rows):
        field = f"{key}[{index}]"
        if not isinstance(row, list) or len(row) != 2:
            raise BidError(f"{field}: not a pair [quantity, price]")
        quantity = _parse_amount(row[0], field=f"{field} quantity", minimum=1, maximum=U64_MAX)
        price = _parse_amount(row[1], field=f"{field} price", minimum=0, maximum=U128_MAX)
        steps.append(Step(quantity, price))
    return tuple(steps)


def _get_word(entry: dict[str, Any], key: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str):
        raise BidError(f"{key}: missing or not text")
    return value


def _parse_entry(entry: Any, bidder: str | None) -> Bid:
    if not isinstance(entry, dict):
        raise BidError("not one JSON object")
    kind = BidKind.parse(_get_word(entry, "kind"), field="kind")
    side = BidSide.parse(_get_word(entry, "side"), field="side")
    key = _PAIRS_KEY[kind]
    known = {"bidder", "kind", "side", key} | ({"minimum"} if kind is BidKind.BLOCK else set())
    for name in entry:
        if name not in known:
            raise BidError(f"{name}: unknown key for a {kind.text}")
    if "bidder" in entry:
        named = _get_word(entry, "bidder")
        if bidder is not None and named != bidder:
            raise BidError(f"bidder: {named!r} is not {bidder!r}")
    for name in known - {"bidder"}:
        if name not in entry:
            raise BidError(f"{name}: missing")
    minimum = 0
    if kind is BidKind.BLOCK:
        minimum = _parse_amount(entry["minimum"], field="minimum", minimum=1, maximum=U64_MAX)
    bid = Bid(kind, side, _parse_pairs(entry, key), minimum)
    encode_bid(bid)
    return bid


def parse_bid_json(text: str, *, source: str, bidder: str | None = None) -> Bid:
    """Return the bid of one JSON entry with its ``side``.

    Its ``bidder`` is absent or, where one is given here, equal to it. Raises BidError that
    names ``source``, the key, the value and the rule.
    """
    try:
        entry = json.loads(
            text,
            object_pairs_hook=_read_pairs,
            parse_int=_read_number,
            parse_float=str,
            parse_constant=_refuse_constant,
        )
        return _parse_entry(entry, bidder)
    except json.JSONDecodeError as error:
        raise BidError(f"{source}, line {error.lineno}: not valid JSON: {error.msg}") from None
    except RecursionError:
        raise BidError(f"{source}: not valid JSON: nested too deep") from None
    except InputError as error:
        raise BidError(f"{source}: {error.cause}", remedy=error.remedy) from None


def _read_csv_header(header: list[str], source: str) -> None:
    if tuple(header) == CSV_COLUMNS:
        return
    where = f"{source}, line 1"
    for name in CSV_COLUMNS:
        if header.count(name) != 1:
            how = "missing" if name not in header else "repeated"
            raise BidError(f"{where}: the column {name} is {how}")
    extra = [name for name in header if name not in CSV_COLUMNS]
    if extra:
        raise BidError(f"{where}: unknown column {extra[0]!r}; known: {', '.join(CSV_COLUMNS)}")


def _read_csv_row(row: dict[str, str], where: str) -> Step:
    limits = {"quantity": (1, U64_MAX), "price": (0, U128_MAX)}
    numbers = {}
    for column, (minimum, maximum) in limits.items():
        if row[column] == "":
            raise BidError(f"{where}, column {column}: the number is missing")
        numbers[column] = parse_integer(
            row[column], field=f"{where}, column {column}", minimum=minimum, maximum=maximum
        )
    return Step(**numbers)


def _validate_order(steps: dict[Step, int], step: Step, side: BidSide, where: str) -> None:
    """Compare a step with the one before it, as the chain will when the bid is opened."""
    if not steps:
        return
    last, line = next(reversed(steps.items()))
    if side is BidSide.SELL and step.price < last.price:
        rule, how = "a seller's prices must not decrease", "below"
    elif side is BidSide.BUY and step.price > last.price:
        rule, how = "a buyer's prices must not increase", "above"
    else:
        return
    raise BidError(
        f"{where}, column price: {step.price} is {how} {last.price} of line {line}; {rule}",
        remedy="put the steps in order; revealed as it is, the bid's deposit would be forfeited",
    )


def parse_bid_csv(text: str, *, source: str, bidder: str, side: BidSide) -> Bid:
    """Return the schedule of one bidder from a CSV with the columns bidder, quantity, price.

    Steps stand in the file's order, which must be that of the side's prices; rows of other
    bidders are ignored. Raises BidError that names ``source``, the line and the column.
    """
    # Spreadsheets write a byte order mark in front.
    lines = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    steps: dict[Step, int] = {}
    try:
        header = next(lines, [])
        _read_csv_header(header, source)
        for cells in lines:
            where = f"{source}, line {lines.line_num}"
            if not cells or cells[min(header.index("bidder"), len(cells) - 1)] != bidder:
                continue
            if len(cells) != len(header):
                raise BidError(f"{where}: {len(cells)} columns, not {len(header)}")
            step = _read_csv_row(dict(zip(header, cells, strict=True)), where)
            if step in steps:
                raise BidError(
                    f"{where}: repeats line {steps[step]}",
                    remedy="leave it out, or write one step of the summed quantity",
                )
            _validate_order(steps, step, side, where)
            steps[step] = lines.line_num
    except csv.Error as error:
        raise BidError(f"{source}, line {lines.line_num}: not valid CSV: {error}") from None
    except BidError:
        raise
    except InputError as error:
        raise BidError(error.cause, remedy=error.remedy) from None
    if not steps:
        raise BidError(f"{source}: no row of bidder {bidder!r}")
    bid = Bid(BidKind.SCHEDULE, side, tuple(steps))
    try:
        encode_bid(bid)
    except EncodingError as error:
        raise BidError(f"{source}: {error.cause}") from None
    return bid
