"""Canonical bid bytes. The hex is written out by hand; nothing here encodes."""

from __future__ import annotations

from tests.vectors.cases.common import LAYOUT, Vector, vector

U64 = "ffffffffffffffff"
U128 = U64 + U64


def _pair(quantity: int | str, price: int | str) -> str:
    first = quantity if isinstance(quantity, str) else f"{quantity:016x}"
    return first + (price if isinstance(price, str) else f"{price:032x}")


def _valid(
    name: str, kind: str, side: str, data: str, steps: list[list[str]], minimum: str = "0"
) -> Vector:
    bid = {"kind": kind, "side": side, "minimum": minimum, "steps": steps}
    return vector(name, LAYOUT, {"bytes": data}, {"bid": bid})


def _refused(name: str, data: str) -> Vector:
    return vector(name, LAYOUT, {"bytes": data}, {"bid": None})


U64_TEXT = "18446744073709551615"
U128_TEXT = "340282366920938463463374607431768211455"
ONE = _pair(1, 50)


def make_vectors() -> list[Vector]:
    """Return valid and refused bid bytes."""
    two = [["1", "50"], ["2", "47"]]
    return [
        _valid(
            "schedule of a buyer",
            "schedule",
            "buy",
            "0101010002" + _pair(1, 50) + _pair(2, 47),
            two,
        ),
        _valid(
            "schedule of a seller", "schedule", "sell", "0101020001" + _pair(7, 0), [["7", "0"]]
        ),
        _valid(
            "greatest quantity and price",
            "schedule",
            "buy",
            "0101010001" + _pair(U64, U128),
            [[U64_TEXT, U128_TEXT]],
        ),
        _valid(
            "quantities that add up to 2^64-1",
            "schedule",
            "sell",
            "0101020002" + _pair("fffffffffffffffe", 1) + _pair(1, 1),
            [["18446744073709551614", "1"], ["1", "1"]],
        ),
        _valid(
            "steps out of order are canonical",
            "schedule",
            "buy",
            "0101010002" + _pair(1, 1) + _pair(1, 2),
            [["1", "1"], ["1", "2"]],
        ),
        _valid(
            "choice whose quantities add up to more than 2^64-1",
            "choice",
            "buy",
            "0102010002" + _pair(1, 20) + _pair(U64, 30),
            [["1", "20"], [U64_TEXT, "30"]],
        ),
        _valid(
            "block of at least 3",
            "block",
            "sell",
            "0103020002" + _pair(3, 0) + _pair(5, 9),
            [["5", "9"]],
            minimum="3",
        ),
        _valid(
            "block whose minimum exceeds its total is canonical",
            "block",
            "sell",
            "0103020002" + _pair(U64, 0) + _pair(5, 9),
            [["5", "9"]],
            minimum=U64_TEXT,
        ),
        _refused("nothing", ""),
        _refused("head alone", "01010100"),
        _refused("no step", "0101010000"),
        _refused("version 0", "0001010001" + ONE),
        _refused("version 2", "0201010001" + ONE),
        _refused("kind 0", "0100010001" + ONE),
        _refused("kind 4", "0104010001" + ONE),
        _refused("side 0", "0101000001" + ONE),
        _refused("side 3", "0101030001" + ONE),
        _refused("a byte too few", "0101010001" + ONE[:-2]),
        _refused("a byte too many", "0101010001" + ONE + "00"),
        _refused("a step more than it says", "0101010001" + ONE + ONE),
        _refused("a step fewer than it says", "0101010002" + ONE),
        _refused("65535 steps said, one there", "010101ffff" + ONE),
        _refused("quantity 0", "0101010001" + _pair(0, 50)),
        _refused("second quantity 0", "0101010002" + ONE + _pair(0, 50)),
        _refused("schedule adds up to 2^64", "0101010002" + _pair(U64, 1) + _pair(1, 1)),
        _refused("block adds up to 2^64", "0103010003" + _pair(1, 0) + _pair(U64, 1) + _pair(1, 1)),
        _refused("block without a schedule", "0103010001" + _pair(1, 0)),
        _refused("block without any pair", "0103010000"),
        _refused("block with a price on its minimum", "0103010002" + _pair(1, 1) + ONE),
        _refused("block of at least 0", "0103010002" + _pair(0, 0) + ONE),
        _refused("option of quantity 0", "0102010001" + _pair(0, 1)),
    ]
