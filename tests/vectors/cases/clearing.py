"""Cleared problems and their results, worked out by hand."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from tests.vectors.cases.common import RULES, Vector, vector

U64 = 2**64 - 1
U128 = 2**128 - 1
Bids = dict[str, list[tuple[int, int]]]
Rows = list[tuple[str, int, int]]

KRISHNA = "schedules of Krishna, Auction Theory, ch. 12, as remembered; worked out by hand"
KRISHNA_BIDS: Bids = {
    "one": [(1, 50), (1, 47), (1, 40), (1, 32), (1, 15), (1, 5)],
    "two": [(1, 42), (1, 28), (1, 20), (1, 12), (1, 7), (1, 3)],
    "three": [(1, 45), (1, 35), (1, 24), (1, 14), (1, 9), (1, 6)],
}
TOWN = "reverse auction of three suppliers, every price by brute force over units"
TOWN_BIDS: Bids = {
    "a": [(1, 10), (1, 20), (1, 30)],
    "b": [(1, 15), (1, 25), (1, 35)],
    "c": [(1, 12), (1, 40)],
}


def write_problem(side: str, quantity: int, rule: str, bids: Bids, **more: Any) -> str:
    """Return the text of a problem of schedules."""
    rows = [{"bidder": name, "kind": "schedule", "steps": steps} for name, steps in bids.items()]
    document = {"side": side, "quantity": quantity, "payment_rule": rule, **more, "bids": rows}
    return json.dumps(document, ensure_ascii=False)


def write_line(welfare: int, rows: Rows, price: int | None) -> str:
    """Return the line of a result; rows are (bidder as it is escaped, units, payment)."""
    units = ",".join(f'"{name}":"{count}"' for name, count, _ in rows)
    payments = ",".join(f'"{name}":"{payment}"' for name, _, payment in rows)
    shown = "null" if price is None else f'"{price}"'
    return (
        f'{{"status":"cleared","welfare":"{welfare}","allocation":{{{units}}},'
        f'"payment":{{{payments}}},"clearing_price":{shown},"surplus":"0"}}'
    )


def _case(
    name: str, problem: str, welfare: int, rows: Rows, price: int | None, source: str = RULES
) -> Vector:
    line = write_line(welfare, rows, price)
    return vector(name, source, {"problem": problem}, {"line": line})


def _by_rank(seed: str, *names: str) -> list[str]:
    def rank(name: str) -> bytes:
        preimage = b""
        for part in (b"plurichain/auction/rank/v1", bytes.fromhex(seed), name.encode()):
            preimage += len(part).to_bytes(4, "big") + part
        return hashlib.sha256(preimage).digest()

    return sorted(names, key=rank)


def _make_textbook() -> list[Vector]:
    def krishna(rule: str) -> str:
        return write_problem("forward", 6, rule, KRISHNA_BIDS)

    def town(rule: str) -> str:
        return write_problem("reverse", 5, rule, TOWN_BIDS, reserve_price=100)

    vickrey = write_problem("forward", 1, "vcg", {"x": [(1, 10)], "y": [(1, 20)], "z": [(1, 30)]})
    vickrey_rows = [("x", 0, 0), ("y", 0, 0), ("z", 1, 20)]
    mechlib = "marketdesignresearch/mechlib VCGTest: the third of 10, 20, 30 pays 20"
    return [
        _case(
            "Krishna pay_as_bid",
            krishna("pay_as_bid"),
            259,
            [("one", 3, 137), ("two", 1, 42), ("three", 2, 80)],
            None,
            KRISHNA,
        ),
        _case(
            "Krishna last_accepted",
            krishna("last_accepted"),
            259,
            [("one", 3, 105), ("two", 1, 35), ("three", 2, 70)],
            35,
            KRISHNA,
        ),
        _case(
            "Krishna first_rejected",
            krishna("first_rejected"),
            259,
            [("one", 3, 96), ("two", 1, 32), ("three", 2, 64)],
            32,
            KRISHNA,
        ),
        _case(
            "Krishna vcg",
            krishna("vcg"),
            259,
            [("one", 3, 72), ("two", 1, 32), ("three", 2, 60)],
            None,
            KRISHNA,
        ),
        _case("one unit vcg", vickrey, 30, vickrey_rows, None, mechlib),
        _case(
            "one unit second_price",
            vickrey.replace("vcg", "second_price"),
            30,
            vickrey_rows,
            20,
            mechlib,
        ),
        _case(
            "one unit first_rejected",
            vickrey.replace("vcg", "first_rejected"),
            30,
            vickrey_rows,
            20,
            mechlib,
        ),
        _case(
            "town pay_as_bid",
            town("pay_as_bid"),
            -82,
            [("a", 2, 30), ("b", 2, 40), ("c", 1, 12)],
            None,
            TOWN,
        ),
        _case(
            "town last_accepted",
            town("last_accepted"),
            -82,
            [("a", 2, 50), ("b", 2, 50), ("c", 1, 25)],
            25,
            TOWN,
        ),
        _case(
            "town first_rejected",
            town("first_rejected"),
            -82,
            [("a", 2, 60), ("b", 2, 60), ("c", 1, 30)],
            30,
            TOWN,
        ),
        _case("town vcg", town("vcg"), -82, [("a", 2, 75), ("b", 2, 70), ("c", 1, 30)], None, TOWN),
    ]


def _make_reserves() -> list[Vector]:
    bids: Bids = {"a": [(2, 9), (2, 6)], "b": [(3, 6), (1, 5)]}
    costs: Bids = {"a": [(2, 3), (2, 6)], "b": [(3, 6), (1, 7)]}

    def forward(rule: str, reserve: int | None, quantity: int = 20) -> str:
        return write_problem("forward", quantity, rule, bids, reserve_price=reserve)

    def reverse(rule: str, cap: int | None, quantity: int = 20) -> str:
        return write_problem("reverse", quantity, rule, costs, reserve_price=cap)

    nobody = [("a", 0, 0), ("b", 0, 0)]
    return [
        _case(
            "unsold at the reserve, equal prices served",
            forward("vcg", 6),
            48,
            [("a", 4, 24), ("b", 3, 18)],
            None,
        ),
        _case(
            "first_rejected is never below the reserve",
            forward("first_rejected", 6),
            48,
            [("a", 4, 24), ("b", 3, 18)],
            6,
        ),
        _case(
            "the reserve only screens under last_accepted",
            forward("last_accepted", 4),
            53,
            [("a", 4, 20), ("b", 4, 20)],
            5,
        ),
        _case(
            "pay_as_bid within the reserve",
            forward("pay_as_bid", 7),
            18,
            [("a", 2, 18), ("b", 0, 0)],
            None,
        ),
        _case(
            "vcg without demand for more is free",
            forward("vcg", None),
            53,
            [("a", 4, 0), ("b", 4, 0)],
            None,
        ),
        _case(
            "first_rejected without a rejected unit is 0",
            forward("first_rejected", None),
            53,
            [("a", 4, 0), ("b", 4, 0)],
            0,
        ),
        _case(
            "a rejected unit below the reserve counts as the reserve",
            forward("first_rejected", 7),
            18,
            [("a", 2, 14), ("b", 0, 0)],
            7,
        ),
        _case("nothing reaches the reserve, vcg", forward("vcg", 10), 0, nobody, None),
        _case(
            "nothing reaches the reserve, first_rejected",
            forward("first_rejected", 10),
            0,
            nobody,
            None,
        ),
        _case(
            "nothing reaches the reserve, last_accepted",
            forward("last_accepted", 10),
            0,
            nobody,
            None,
        ),
        _case(
            "short of supply, vcg at the cap",
            reverse("vcg", 6),
            -36,
            [("a", 4, 24), ("b", 3, 18)],
            None,
        ),
        _case(
            "a rejected unit above the cap counts as the cap",
            reverse("first_rejected", 6),
            -36,
            [("a", 4, 24), ("b", 3, 18)],
            6,
        ),
        _case(
            "nothing rejected, first_rejected at the cap",
            reverse("first_rejected", 100),
            -43,
            [("a", 4, 400), ("b", 4, 400)],
            100,
        ),
        _case(
            "the cap only screens under last_accepted",
            reverse("last_accepted", 100),
            -43,
            [("a", 4, 28), ("b", 4, 28)],
            7,
        ),
        _case(
            "no cap, most units first",
            reverse("last_accepted", None),
            -43,
            [("a", 4, 28), ("b", 4, 28)],
            7,
        ),
        _case(
            "no cap, least cost",
            reverse("pay_as_bid", None, 2),
            -6,
            [("a", 2, 6), ("b", 0, 0)],
            None,
        ),
        _case("nothing within the cap", reverse("vcg", 2), 0, nobody, None),
        _case(
            "a cap of 0 buys what is free",
            write_problem("reverse", 3, "vcg", {"a": [(2, 0), (1, 1)]}, reserve_price=0),
            0,
            [("a", 2, 0)],
            None,
        ),
        _case(
            "no reserve, units worth 0 are served",
            write_problem("forward", 3, "vcg", {"a": [(1, 4), (1, 0)]}),
            4,
            [("a", 2, 0)],
            None,
        ),
        _case("no bids", write_problem("forward", 3, "first_rejected", {}), 0, [], None),
        _case(
            "no bids, reverse", write_problem("reverse", 3, "vcg", {}, reserve_price=9), 0, [], None
        ),
    ]


def _make_units() -> list[Vector]:
    partly: Bids = {"a": [(10, 9)], "b": [(10, 4)]}
    alone: Bids = {"a": [(10, 9)]}
    margin: Bids = {"a": [(4, 9), (4, 7)], "b": [(4, 8), (4, 6)]}
    return [
        _case(
            "the unserved rest of a winner's step is rejected at its price",
            write_problem("forward", 4, "first_rejected", partly),
            36,
            [("a", 4, 36), ("b", 0, 0)],
            9,
        ),
        _case(
            "vcg looks past a winner's own rest",
            write_problem("forward", 4, "vcg", partly),
            36,
            [("a", 4, 16), ("b", 0, 0)],
            None,
        ),
        _case(
            "a bidder alone, vcg",
            write_problem("forward", 4, "vcg", alone),
            36,
            [("a", 4, 0)],
            None,
        ),
        _case(
            "a bidder alone, first_rejected",
            write_problem("forward", 4, "first_rejected", alone),
            36,
            [("a", 4, 36)],
            9,
        ),
        _case(
            "a seller alone is paid the cap",
            write_problem("reverse", 4, "vcg", alone, reserve_price=20),
            -36,
            [("a", 4, 80)],
            None,
        ),
        _case(
            "a step cut at the margin",
            write_problem("forward", 10, "vcg", margin),
            82,
            [("a", 6, 24), ("b", 4, 14)],
            None,
        ),
        _case(
            "a step cut at the margin, first_rejected",
            write_problem("forward", 10, "first_rejected", margin),
            82,
            [("a", 6, 42), ("b", 4, 28)],
            7,
        ),
        _case(
            "a step cut at the margin, last_accepted",
            write_problem("forward", 10, "last_accepted", margin),
            82,
            [("a", 6, 42), ("b", 4, 28)],
            7,
        ),
        _case(
            "a step cut at the margin, unsold at the reserve",
            write_problem("forward", 10, "vcg", margin, reserve_price=6),
            82,
            [("a", 6, 36), ("b", 4, 26)],
            None,
        ),
    ]


def _make_ties() -> list[Vector]:
    vectors = []
    for seed in ("", "00", "Ff" * 32):
        first, second, third = _by_rank(seed, "a", "b", "c")
        units = {first: 5, second: 3, third: 0}
        bids: Bids = {name: [(5, 7)] for name in "abc"}
        payments = {first: 35, second: 21, third: 0}
        rows = [(name, units[name], payments[name]) for name in "abc"]
        for rule, price in (("first_rejected", 7), ("vcg", None), ("pay_as_bid", None)):
            problem = write_problem("forward", 8, rule, bids, tie_seed=seed)
            vectors.append(
                _case(f"three equals, seed {seed[:2]!r}, {rule}", problem, 56, rows, price)
            )
        problem = write_problem("reverse", 8, "vcg", bids, tie_seed=seed, reserve_price=7)
        vectors.append(_case(f"three equals sell, seed {seed[:2]!r}", problem, -56, rows, None))
    first, second = _by_rank("", "p", "q")
    same: Bids = {"p": [(1, 10), (1, 10)], "q": [(1, 10), (1, 10)]}
    rows = [(name, 2 if name == first else 0, 20 if name == first else 0) for name in "pq"]
    source = "facts: two bidders of [10, 10], two units, revenue exactly 20"
    vectors.append(
        _case("two of [10, 10]", write_problem("forward", 2, "vcg", same), 20, rows, None, source)
    )
    better: Bids = {first: [(2, 10)], second: [(1, 11), (2, 10)]}
    rows = [(first, 2, 20), (second, 1, 0)]
    problem = write_problem("forward", 3, "vcg", better)
    vectors.append(_case("price comes before rank", problem, 31, rows, None))
    return vectors


def _make_edges() -> list[Vector]:
    whole: Bids = {"a": [(U64, U128)], "b": [(U64, U128 - 1)]}
    text = write_problem("forward", 4, "vcg", {'q"\\/\b\f\n\r\t\x01\x1f\x7fä⚡': [(1, 2)]})
    words = text.replace("[1, 2]", '["1", "2"]').replace('"quantity": 4', '"quantity": "4"')
    name = r"q\"\\/\b\f\n\r\t\u0001\u001f" + "\x7fä⚡"
    return [
        _case(
            "greatest numbers, vcg",
            write_problem("forward", U64, "vcg", whole),
            U64 * U128,
            [("a", U64, U64 * (U128 - 1)), ("b", 0, 0)],
            None,
        ),
        _case(
            "greatest numbers, first_rejected",
            write_problem("forward", U64, "first_rejected", whole),
            U64 * U128,
            [("a", U64, U64 * (U128 - 1)), ("b", 0, 0)],
            U128 - 1,
        ),
        _case(
            "greatest numbers, pay_as_bid",
            write_problem("forward", U64, "pay_as_bid", whole),
            U64 * U128,
            [("a", U64, U64 * U128), ("b", 0, 0)],
            None,
        ),
        _case(
            "greatest cap",
            write_problem("reverse", U64, "vcg", {"a": [(U64, U128)]}, reserve_price=U128),
            -U64 * U128,
            [("a", U64, U64 * U128)],
            None,
        ),
        _case(
            "more is offered than 2^64-1 in all",
            write_problem(
                "reverse",
                U64,
                "vcg",
                {"a": [(U64, 1)], "b": [(U64, 2)], "c": [(U64, 3)]},
                reserve_price=4,
            ),
            -U64,
            [("a", U64, 2 * U64), ("b", 0, 0), ("c", 0, 0)],
            None,
        ),
        _case("decimal strings and a name to escape", words, 2, [(name, 1, 0)], None),
        _case(
            "a name in surrogate pairs",
            text.replace("⚡", "\\ud83d\\ude00"),
            2,
            [(name.replace("⚡", "😀"), 1, 0)],
            None,
        ),
        _case(
            "a reserve in words",
            write_problem("forward", 1, "first_rejected", {"a": [(1, 9)]}, reserve_price="7"),
            9,
            [("a", 1, 7)],
            7,
        ),
        _case(
            "keys in another order",
            '{"bids":[{"steps":[[1,9]],"kind":"schedule","bidder":"a"}],'
            '"payment_rule":"vcg","quantity":1,"side":"forward"}',
            9,
            [("a", 1, 0)],
            None,
        ),
        _case(
            "blanks",
            ' \t\r{ "side" : "forward" ,"quantity":1,"payment_rule":"vcg","bids":[ ] } ',
            0,
            [],
            None,
        ),
    ]


def make_vectors() -> list[Vector]:
    """Return problems with the line that answers each."""
    return [*_make_textbook(), *_make_reserves(), *_make_units(), *_make_ties(), *_make_edges()]
