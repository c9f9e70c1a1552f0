"""Refused problems and the exact reason, by the list in README.md."""

from __future__ import annotations

import json
from typing import Any

from tests.vectors.cases.common import Vector, vector

SOURCE = "the list of reasons in README.md"
QUANTITY = "must be an integer from 1 to 18446744073709551615"
PRICE = "must be an integer from 0 to 340282366920938463463374607431768211455"
BID: dict[str, Any] = {"bidder": "a", "kind": "schedule", "steps": [[1, 5]]}
PROBLEM: dict[str, Any] = {
    "side": "forward",
    "quantity": 4,
    "reserve_price": None,
    "payment_rule": "vcg",
    "tie_seed": "",
    "bids": [BID],
}
# Stands for a key that is left out.
ABSENT = object()


def _dump(document: dict[str, Any]) -> str:
    return json.dumps({key: value for key, value in document.items() if value is not ABSENT})


def problem(**changed: Any) -> str:
    """Return the text of a good problem with some keys changed."""
    return _dump(PROBLEM | changed)


def bid(**changed: Any) -> str:
    """Return the text of a problem whose second bid is a good one with some keys changed."""
    row = {"bidder": "b", "kind": "schedule", "steps": [[1, 5]]} | changed
    row = {key: value for key, value in row.items() if value is not ABSENT}
    return _dump(PROBLEM | {"bids": [BID, row]})


def values(*odd: Any) -> tuple[Any, ...]:
    """Return values of any types."""
    return odd


def _refused(name: str, text: str, reason: str) -> Vector:
    line = json.dumps({"refused": reason}, ensure_ascii=False, separators=(",", ":"))
    return vector(f"refused: {name}", SOURCE, {"problem": text}, {"line": line})


def _make_texts() -> list[Vector]:
    broken = {
        "nothing": "",
        "a blank": " ",
        "an open brace": "{",
        "two values": "{} {}",
        "a comma at the end": '{"side":"forward",}',
        "single quotes": "{'side':'forward'}",
        "a comment": "{} // no",
        "a control character in a string": '{"side":"for\nward"}',
        "an escape that is none": '{"\\x":1}',
        "half an escape": '{"\\u12":1}',
        "NaN": problem().replace("4", "NaN", 1),
        "Infinity": problem().replace("4", "Infinity", 1),
        "-Infinity": problem().replace("4", "-Infinity", 1),
        "a leading zero": problem().replace("4", "04", 1),
        "a leading plus": problem().replace("4", "+4", 1),
        "a point without digits": problem().replace("4", "4.", 1),
        "hexadecimal": problem().replace("4", "0x4", 1),
        "a byte order mark": "\ufeff" + problem(),
        "a blank that is not JSON's": problem() + "\u00a0",
        "65 lists deep": "[" * 65 + "]" * 65,
        "65 deep inside a bid": problem(bids=[]).replace("[]", "[" * 64 + "]" * 64),
        "a repeated key in broken text": '{"a":1,"a":2',
        "True": problem().replace("null", "None"),
    }
    vectors = [_refused(name, text, "not valid JSON") for name, text in broken.items()]
    for name, data in {
        "a stray byte": b'{"side":"\xff"}',
        "a surrogate in UTF-8": b'"\xed\xa0\x80"',
    }.items():
        line = '{"refused":"not valid JSON"}'
        vectors.append(vector(f"refused: {name}", SOURCE, {"bytes": data.hex()}, {"line": line}))
    return vectors


def _make_keys() -> list[Vector]:
    return [
        _refused("a key twice", problem().replace('"quantity"', '"side"'), "repeated key side"),
        _refused("a key twice in other letters", '{"a":1,"\\u0061":2}', "repeated key a"),
        _refused(
            "an inner object closes first", '{"a":1,"b":{"x":1,"x":2},"a":1}', "repeated key x"
        ),
        _refused("the first of two in one object", '{"a":1,"b":1,"b":2,"a":2}', "repeated key b"),
        _refused("a key twice in no object of ours", '[{"a":1,"a":2}]', "repeated key a"),
        _refused(
            "a key twice in a bid", bid().replace('"kind"', '"bidder"', 1), "repeated key bidder"
        ),
        _refused("a lone surrogate twice", '{"\\ud800":1,"\\ud800":2}', "repeated key \ufffd"),
        _refused("two lone surrogates", '{"\\ud800":1,"\\ud801":2}', "unknown key \ufffd"),
        _refused("a list", "[]", "problem is not an object"),
        _refused("a string", '"side"', "problem is not an object"),
        _refused("a number of 5000 digits", "9" * 5000, "problem is not an object"),
        _refused("64 lists deep", "[" * 64 + "]" * 64, "problem is not an object"),
        _refused("an unknown key", problem(surplus=0), "unknown key surplus"),
        _refused("the first unknown key", '{"z":1,"y":2}', "unknown key z"),
        _refused("a key in another case", problem(Side="forward"), "unknown key Side"),
        _refused("a key to escape", '{"a\\"\\n\\u0001ä":1}', 'unknown key a"\n\x01ä'),
        _refused("an empty object", "{}", "missing key side"),
        _refused("no side", problem(side=ABSENT), "missing key side"),
        _refused("no quantity", problem(quantity=ABSENT), "missing key quantity"),
        _refused(
            "no quantity with an unknown side",
            problem(side="up", quantity=ABSENT),
            "missing key quantity",
        ),
        _refused("no payment_rule", problem(payment_rule=ABSENT), "missing key payment_rule"),
        _refused("no bids", problem(bids=ABSENT), "missing key bids"),
        _refused(
            "double without quantity",
            problem(side="double", quantity=ABSENT),
            "side double is not supported yet",
        ),
        _refused(
            "double without rule",
            problem(side="double", payment_rule=ABSENT),
            "missing key payment_rule",
        ),
    ]


def _make_heads() -> list[Vector]:
    sides = "side must be forward, reverse or double"
    capped = "in a reverse auction needs a reserve_price"
    return [
        *(
            _refused(f"side {value!r}", problem(side=value), sides)
            for value in values("", "Forward", None, 1, ["forward"])
        ),
        _refused(
            "double", problem(side="double", payment_rule="vcg"), "side double is not supported yet"
        ),
        *(
            _refused(f"rule {value!r}", problem(payment_rule=value), "unknown payment_rule")
            for value in values("", "VCG", "gsp", None, 5, True)
        ),
        _refused(
            "midpoint forward",
            problem(payment_rule="midpoint"),
            "payment_rule midpoint is not for side forward",
        ),
        _refused(
            "mcafee reverse",
            problem(side="reverse", payment_rule="mcafee"),
            "payment_rule mcafee is not for side reverse",
        ),
        _refused("core", problem(payment_rule="core"), "payment_rule core is not supported yet"),
        *(
            _refused(f"quantity {value!r:.30}", problem(quantity=value), f"quantity {QUANTITY}")
            for value in values(
                0,
                -1,
                2**64,
                10**400,
                1.0,
                1e3,
                None,
                True,
                [],
                "",
                "0",
                "-1",
                "+1",
                "01",
                "1.0",
                " 1",
                "1 ",
                "1e3",
                "1_0",
                "٣",
                "１",
                str(2**64),
                "9" * 5000,
            )
        ),
        _refused("quantity -0", problem().replace("4", "-0", 1), f"quantity {QUANTITY}"),
        _refused("quantity 1E0", problem().replace("4", "1E0", 1), f"quantity {QUANTITY}"),
        *(
            _refused(
                f"reserve_price {value!r:.30}",
                problem(reserve_price=value),
                f"reserve_price {PRICE}",
            )
            for value in values(-1, 2**128, 0.5, False, {}, "", "-0", "00", str(2**128))
        ),
        _refused("reserve_price -0", problem().replace("null", "-0"), f"reserve_price {PRICE}"),
        *(
            _refused(f"tie_seed {value!r}", problem(tie_seed=value), "tie_seed must be hex")
            for value in values(None, 0, "0", "0g", "00 ", "0x00", "é0", [])
        ),
        _refused(
            "second_price of 4",
            problem(payment_rule="second_price"),
            "second_price needs quantity 1",
        ),
        *(
            _refused(
                f"reverse {rule} without a cap",
                problem(side="reverse", payment_rule=rule, quantity=1),
                f"payment_rule {rule} {capped}",
            )
            for rule in ("first_rejected", "second_price", "vcg")
        ),
        _refused(
            "reverse second_price of 4 without a cap",
            problem(side="reverse", payment_rule="second_price"),
            "second_price needs quantity 1",
        ),
        *(
            _refused(f"bids {value!r}", problem(bids=value), "bids must be a list")
            for value in values(None, {}, "", 0)
        ),
        _refused("side before rule", problem(side="up", payment_rule="gsp"), sides),
        _refused(
            "rule before quantity", problem(payment_rule="gsp", quantity=0), "unknown payment_rule"
        ),
        _refused(
            "quantity before reserve", problem(quantity=0, reserve_price=-1), f"quantity {QUANTITY}"
        ),
        _refused(
            "reserve before tie_seed",
            problem(reserve_price=-1, tie_seed="x"),
            f"reserve_price {PRICE}",
        ),
        _refused(
            "tie_seed before cap", problem(side="reverse", tie_seed="x"), "tie_seed must be hex"
        ),
        _refused("cap before bids", problem(side="reverse", bids=0), f"payment_rule vcg {capped}"),
    ]


def _make_bids() -> list[Vector]:
    def refused(name: str, text: str, reason: str) -> Vector:
        return _refused(f"bid with {name}", text, f"bids[1]{reason}")

    name_rule = ": bidder must be a non-empty string"
    return [
        *(
            refused(f"{value!r} for it", problem(bids=[BID, value]), " is not an object")
            for value in values(None, [], "a", 1)
        ),
        refused("an unknown key", bid(price=1), ": unknown key price"),
        refused("a side", bid(side="buy"), ": unknown key side"),
        refused("options in a schedule", bid(options=[[1, 2]]), ": unknown key options"),
        refused("a minimum in a schedule", bid(minimum=1), ": unknown key minimum"),
        refused("an unknown key in a choice", bid(kind="choice", price=1), ": unknown key price"),
        refused("no bidder", bid(bidder=ABSENT), ": missing key bidder"),
        refused("no kind", bid(kind=ABSENT), ": missing key kind"),
        refused("no kind but options", bid(kind=ABSENT, options=1), ": missing key kind"),
        refused("no steps", bid(steps=ABSENT), ": missing key steps"),
        refused("no steps and no name", bid(steps=ABSENT, bidder=""), ": missing key steps"),
        *(
            refused(f"the name {value!r}", bid(bidder=value), name_rule)
            for value in values("", None, 1, [])
        ),
        refused("a lone surrogate as name", bid(bidder="\udc00"), name_rule),
        refused("two surrogates the wrong way round", bid(bidder="\udc00\ud800"), name_rule),
        refused("a name twice", bid(bidder="a"), ": bidder appears twice"),
        refused(
            "a name twice and an unknown kind", bid(bidder="a", kind="x"), ": bidder appears twice"
        ),
        *(
            refused(f"the kind {value!r}", bid(kind=value), ": unknown kind")
            for value in values("", "Schedule", None, 1)
        ),
        refused("an unknown kind and no steps", bid(kind="x", steps=ABSENT), ": unknown kind"),
        refused(
            "a choice",
            bid(kind="choice", options=[[1, 2]], steps=ABSENT),
            ": kind choice is not supported yet",
        ),
        refused(
            "a choice of nothing",
            bid(kind="choice", steps=ABSENT),
            ": kind choice is not supported yet",
        ),
        refused("a block", bid(kind="block", minimum=1), ": kind block is not supported yet"),
    ]


def _make_steps() -> list[Vector]:
    def refused(name: str, steps: Any, reason: str, side: str = "forward") -> Vector:
        changed = {"side": side, "reserve_price": 9}
        text = _dump(
            PROBLEM | changed | {"bids": [BID, {"bidder": "b", "kind": "schedule", "steps": steps}]}
        )
        return _refused(f"steps: {name}", text, f"bids[1]: {reason}")

    def refused_step(value: Any) -> Vector:
        return refused(f"{value!r} for one", [[1, 5], value], "steps[1] must be [quantity, price]")

    u64 = 2**64 - 1
    return [
        *(
            refused(repr(value), value, "steps must be a non-empty list")
            for value in values(None, [], {}, "", 1)
        ),
        *(refused_step(value) for value in values(None, {}, "ab", 1, [], [1], [1, 2, 3])),
        *(
            refused(f"quantity {value!r}", [[value, 5]], f"steps[0]: quantity {QUANTITY}")
            for value in values(0, -1, 2**64, 1.5, None, True, "x", [1])
        ),
        *(
            refused(f"price {value!r}", [[1, value]], f"steps[0]: price {PRICE}")
            for value in values(-1, 2**128, 1.0, None, False, "1.0", "", {})
        ),
        refused("quantity before price", [[0, -1]], f"steps[0]: quantity {QUANTITY}"),
        refused("price before order", [[1, 5], [1, -1]], f"steps[1]: price {PRICE}"),
        refused("rising", [[1, 5], [1, 6]], "steps[1]: prices must not increase"),
        refused(
            "falling in reverse",
            [[1, 5], [1, 6], [1, 5]],
            "steps[2]: prices must not decrease",
            "reverse",
        ),
        refused(
            "order before a later step",
            [[1, 5], [1, 6], None],
            "steps[1]: prices must not increase",
        ),
        refused("a sum of 2^64", [[u64, 5], [1, 5]], f"quantities add up to more than {u64}"),
        refused(
            "a sum above twice 2^64",
            [[u64, 5], [u64, 5], [u64, 5]],
            f"quantities add up to more than {u64}",
        ),
        refused(
            "a later step before the sum",
            [[u64, 5], [1, 5], [0, 5]],
            f"steps[2]: quantity {QUANTITY}",
        ),
    ]


def make_vectors() -> list[Vector]:
    """Return texts with the line that refuses each."""
    return [*_make_texts(), *_make_keys(), *_make_heads(), *_make_bids(), *_make_steps()]
