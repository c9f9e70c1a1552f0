"""Canonical terms bytes. The hex is written out by hand; nothing here encodes."""

from __future__ import annotations

from typing import Any

from tests.vectors.cases.common import LAYOUT, Vector, vector

_DEFAULTS: dict[str, Any] = {
    "side": "forward",
    "payment_rule": "vcg",
    "kinds": ["schedule"],
    "quantity": "0",
    "lot_denom": "",
    "payment_denom": "",
    "reserve_price": None,
    "price_limit": None,
    "max_quantity": "0",
    "max_steps": "16",
    "deposit": [],
    "commit_window": "1",
    "reveal_window": "2",
    "settlement": "coins",
    "delivery_window": "0",
    "max_bidders": "0",
    "title": "",
    "delivery_start": "0",
    "delivery_end": "0",
    "credit_class": None,
}


def field(number: int, value: str) -> str:
    return f"{number:04x}{len(value) // 2:08x}{value}"


def text(number: int, text: str) -> str:
    return field(number, text.encode().hex())


SIDE = field(1, "01")
RULE = field(2, "05")
HEAD = SIDE + RULE
COMMIT = field(12, f"{1:016x}")
REVEAL = field(13, f"{2:016x}")
WINDOWS = COMMIT + REVEAL
UEUR = "00000004" + b"ueur".hex()
UPLURI = "00000006" + b"upluri".hex()


def _coin(name: str, amount: int) -> str:
    return name + f"{amount:032x}"


def _words(*words: str) -> str:
    data = [word.encode().hex() for word in words]
    return f"{len(words):04x}" + "".join(f"{len(word) // 2:08x}{word}" for word in data)


OPEN = "0" * 32 + "0000" * 3
# The hours of 1 June 2026 (UTC), sun and wind of one zone of one chain.
DAY = f"{1780272000:016x}{1780358400:016x}"
CLASS = DAY + _words("solar_pv", "wind") + _words("north") + _words("grid-a-1")


def _make_refused_classes() -> dict[str, str]:
    return {
        "a class of nothing": field(20, ""),
        "a class cut": field(20, CLASS[:-2]),
        "a class with a byte too many": field(20, CLASS + "00"),
        "a class without origins": field(20, "0" * 32 + "0000" * 2),
        "a class with words descending": field(20, DAY + _words("wind", "hydro") + "00000000"),
        "a class with a word twice": field(20, DAY + _words("wind", "wind") + "00000000"),
        "a class with a word that is not UTF-8": field(20, DAY + "000100000001ff" + "00000000"),
    }


def _between(fields: str) -> str:
    """Return terms bytes whose fields 3 to 11 are ``fields``."""
    return "01" + HEAD + fields + WINDOWS


def _after(fields: str) -> str:
    """Return terms bytes whose fields from 14 on are ``fields``."""
    return "01" + HEAD + WINDOWS + fields


def _valid(name: str, data: str, **values: Any) -> Vector:
    return vector(name, LAYOUT, {"bytes": data}, {"terms": _DEFAULTS | values})


def _refused(name: str, data: str) -> Vector:
    return vector(name, LAYOUT, {"bytes": data}, {"terms": None})


def _make_valid() -> list[Vector]:
    u64, u128, i63 = "f" * 16, "f" * 32, "7" + "f" * 15
    whole = (
        field(1, "02") + field(2, "01") + field(3, "010203") + field(4, u64)
        + text(5, "watthour") + text(6, "ueur") + field(7, u128) + field(8, u128)
        + field(9, u64) + field(10, "ffff")
        + field(11, "0002" + _coin(UEUR, 7) + UPLURI + u128)
        + field(12, i63) + field(13, i63) + field(14, "02") + field(15, i63)
        + field(16, "ffffffff") + text(17, "Wärme 4 ⚡") + field(18, u64) + field(19, u64)
    )  # fmt: skip
    return [
        _valid("nothing but what is always written", "01" + HEAD + WINDOWS),
        _valid("a reserve of 0 is written", _between(field(7, "0" * 32)), reserve_price="0"),
        _valid("kinds without the schedule", _between(field(3, "03")), kinds=["block"]),
        _valid("one step at most", _between(field(10, "0001")), max_steps="1"),
        _valid("windows of 0", "01" + HEAD + field(12, "0" * 16) + field(13, "0" * 16),
               commit_window="0", reveal_window="0"),
        _valid("double under midpoint", "01" + field(1, "03") + field(2, "07") + WINDOWS,
               side="double", payment_rule="midpoint"),
        _valid("a class that asks for nothing", _after(field(20, OPEN)),
               credit_class=["0", "0", [], [], []]),
        _valid("a class of credits", _after(field(20, CLASS)),
               credit_class=["1780272000", "1780358400", ["solar_pv", "wind"], ["north"],
                             ["grid-a-1"]]),
        _valid("words of a class by their bytes",
               _after(field(20, "0" * 32 + "0000" + _words("Nord", "nord", "nörd", "🌞")
                            + "0000")),
               credit_class=["0", "0", [], ["Nord", "nord", "nörd", "🌞"], []]),
        _valid(
            "every field at an edge",
            "01" + whole,
            side="reverse",
            payment_rule="pay_as_bid",
            kinds=["schedule", "choice", "block"],
            quantity=str(2**64 - 1),
            lot_denom="watthour",
            payment_denom="ueur",
            reserve_price=str(2**128 - 1),
            price_limit=str(2**128 - 1),
            max_quantity=str(2**64 - 1),
            max_steps="65535",
            deposit=[["ueur", "7"], ["upluri", str(2**128 - 1)]],
            commit_window=str(2**63 - 1),
            reveal_window=str(2**63 - 1),
            settlement="award",
            delivery_window=str(2**63 - 1),
            max_bidders=str(2**32 - 1),
            title="Wärme 4 ⚡",
            delivery_start=str(2**64 - 1),
            delivery_end=str(2**64 - 1),
        ),
    ]  # fmt: skip


def _make_refused() -> list[Vector]:
    coins = "0002" + _coin(UEUR, 1) + _coin(UPLURI, 1)
    swapped = "0002" + _coin(UPLURI, 1) + _coin(UEUR, 1)
    between = {
        "no kind": field(3, ""),
        "kinds at their default": field(3, "01"),
        "kind 4": field(3, "04"),
        "kinds descending": field(3, "0201"),
        "a kind twice": field(3, "0202"),
        "quantity 0 written": field(4, "0" * 16),
        "quantity of 7 bytes": field(4, "0" * 12 + "01"),
        "quantity of 9 bytes": field(4, "0" * 16 + "01"),
        "empty text written": text(5, ""),
        "text that is not UTF-8": field(5, "ff"),
        "overlong UTF-8": field(5, "c080"),
        "a surrogate in UTF-8": field(5, "eda080"),
        "reserve of 15 bytes": field(7, "0" * 28 + "01"),
        "reserve of no byte": field(7, ""),
        "max_steps 0": field(10, "0000"),
        "max_steps at its default": field(10, "0010"),
        "deposit of no coins": field(11, "0000"),
        "deposit of another count": field(11, "0001" + coins[4:]),
        "deposit cut": field(11, coins[:-2]),
        "deposit descending": field(11, swapped),
        "a denom twice": field(11, "0002" + _coin(UEUR, 1) * 2),
        "deposit of amount 0": field(11, "0001" + _coin(UEUR, 0)),
        "fields descending": text(6, "ueur") + text(5, "watthour"),
        "a field twice": text(6, "ueur") + text(6, "ueur"),
        "field 0": field(0, "01"),
        "field 21": field(21, "01"),
    }
    after = {
        "settlement 0": field(14, "00"),
        "settlement at its default": field(14, "01"),
        "settlement 3": field(14, "03"),
        "delivery_window 0 written": field(15, "0" * 16),
        "delivery_window above 2^63-1": field(15, "8" + "0" * 15),
        "title cut": text(17, "Town")[:-2],
        "field 21 at the end": field(21, "01"),
        **_make_refused_classes(),
        "a byte too many": "00",
    }
    whole = {
        "nothing": "",
        "version alone": "01",
        "version 0": "00" + HEAD + WINDOWS,
        "version 2": "02" + HEAD + WINDOWS,
        "side 0": "01" + field(1, "00") + RULE + WINDOWS,
        "side 4": "01" + field(1, "04") + RULE + WINDOWS,
        "no side": "01" + RULE + WINDOWS,
        "no rule": "01" + SIDE + WINDOWS,
        "rule 0": "01" + SIDE + field(2, "00") + WINDOWS,
        "rule 9": "01" + SIDE + field(2, "09") + WINDOWS,
        "no commit_window": "01" + HEAD + REVEAL,
        "no reveal_window": "01" + HEAD + COMMIT,
        "commit_window above 2^63-1": "01" + HEAD + field(12, "8" + "0" * 15) + REVEAL,
        "reveal_window above 2^63-1": "01" + HEAD + COMMIT + field(13, "f" * 16),
    }
    cases = whole | {name: _between(data) for name, data in between.items()}
    cases |= {name: _after(data) for name, data in after.items()}
    return [_refused(name, data) for name, data in cases.items()]


def make_vectors() -> list[Vector]:
    """Return valid and refused terms bytes."""
    return _make_valid() + _make_refused()
