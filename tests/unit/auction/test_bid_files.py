"""Bids as JSON entries and as rows of a CSV."""

from __future__ import annotations

import json
from typing import Any

import pytest

from plurichain.auction.bid import Bid, Step
from plurichain.auction.bid_files import parse_bid_csv, parse_bid_json
from plurichain.auction.names import BidKind, BidSide
from plurichain.errors import BidError
from plurichain.units import U64_MAX

ENTRY: dict[str, Any] = {"kind": "schedule", "side": "sell", "steps": [[1, 50], ["2", "60"]]}
STEPS = (Step(1, 50), Step(2, 60))


def read_json(entry: Any, bidder: str | None = None) -> Bid:
    text = entry if isinstance(entry, str) else json.dumps(entry)
    return parse_bid_json(text, source="bid.json", bidder=bidder)


def test_a_schedule_is_read() -> None:
    """Numbers may be integers or text."""
    assert read_json(ENTRY) == Bid(BidKind.SCHEDULE, BidSide.SELL, STEPS)


def test_a_choice_and_a_block_are_read() -> None:
    """A choice has options, a block a minimum and steps."""
    choice = {"kind": "choice", "side": "buy", "options": [[1, 20], [2, 30]]}
    block = {"kind": "block", "side": "sell", "minimum": "2", "steps": [[3, 4]]}

    assert read_json(choice) == Bid(BidKind.CHOICE, BidSide.BUY, (Step(1, 20), Step(2, 30)))
    assert read_json(block) == Bid(BidKind.BLOCK, BidSide.SELL, (Step(3, 4),), minimum=2)


def test_a_bidder_may_be_named() -> None:
    """It is equal to the one who seals, where that is known."""
    named = ENTRY | {"bidder": "pluri1x"}

    assert read_json(named, "pluri1x") == read_json(named) == read_json(ENTRY, "pluri1x")
    with pytest.raises(BidError, match=r"bid.json: bidder: 'pluri1x' is not 'pluri1y'"):
        read_json(named, "pluri1y")


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("{", "line 1: not valid JSON"),
        ('{"kind":\n nope}', "line 2: not valid JSON"),
        ("[" * 100_000, "not valid JSON: nested too deep"),
        ('{"kind": "schedule", "kind": "block"}', "kind: the key is written twice"),
        ("[]", "not one JSON object"),
        ({}, "kind: missing or not text"),
        (ENTRY | {"kind": "bundle"}, "kind: 'bundle' is not one of schedule, choice, block"),
        (ENTRY | {"side": 1}, "side: missing or not text"),
        (ENTRY | {"side": "both"}, "side: 'both'"),
        (ENTRY | {"bidder": 1}, "bidder: missing or not text"),
        (ENTRY | {"options": []}, "options: unknown key for a schedule"),
        (ENTRY | {"minimum": 1}, "minimum: unknown key for a schedule"),
        ({"kind": "schedule", "side": "sell"}, "steps: missing"),
        ({"kind": "choice", "side": "buy"}, "options: missing"),
        ({"kind": "block", "side": "buy", "steps": [[1, 1]]}, "minimum: missing"),
        (ENTRY | {"steps": []}, "steps: not a list"),
        (ENTRY | {"steps": "x"}, "steps: not a list"),
        (ENTRY | {"steps": [[1]]}, "steps[0]: not a pair"),
        (ENTRY | {"steps": [[1, 2], 3]}, "steps[1]: not a pair"),
        (ENTRY | {"steps": [[0, 2]]}, "steps[0] quantity: '0'"),
        (ENTRY | {"steps": [[-1, 2]]}, "steps[0] quantity: '-1'"),
        (ENTRY | {"steps": [[1.5, 2]]}, "steps[0] quantity: '1.5'"),
        (ENTRY | {"steps": [[1, "2e3"]]}, "steps[0] price: '2e3'"),
        (ENTRY | {"steps": [[1, None]]}, "steps[0] price: None"),
        (ENTRY | {"steps": [[True, 2]]}, "steps[0] quantity: True"),
        (ENTRY | {"steps": [[1, 2**128]]}, "steps[0] price: '3402"),
        (ENTRY | {"steps": [[U64_MAX, 1], [1, 1]]}, "add up to more than"),
        ('{"kind": "schedule", "side": "buy", "steps": [[NaN, 1]]}', "NaN is not a number"),
        ('{"kind": "schedule", "side": "buy", "steps": [[' + "9" * 5000 + ", 1]]}", "5000 char"),
    ],
)
def test_other_entries_are_refused(entry: Any, words: str) -> None:
    """The error names the file, the key, the value and the rule on one line."""
    with pytest.raises(BidError) as caught:
        read_json(entry)

    assert caught.value.cause.startswith("bid.json")
    assert words in caught.value.cause
    assert "\n" not in caught.value.cause


CSV = "bidder,quantity,price\nann,1,50\nbob,9,9\nann,2,60\n"


def read_csv(text: str, bidder: str = "ann") -> Bid:
    return parse_bid_csv(text, source="bids.csv", bidder=bidder, side=BidSide.SELL)


@pytest.mark.parametrize(
    "text",
    [
        CSV,
        CSV.rstrip("\n"),
        CSV.replace("\n", "\r\n"),
        "\ufeff" + CSV,
        CSV + "\n",
        "price,bidder,quantity\n50,ann,1\n60,ann,2\n",
        'bidder,quantity,price\n"ann","1","50"\nann,2,60\n',
    ],
)
def test_the_rows_of_one_bidder_are_a_schedule(text: str) -> None:
    """Line ends, order of columns and quotes do not matter; a byte order mark is skipped."""
    assert read_csv(text) == Bid(BidKind.SCHEDULE, BidSide.SELL, STEPS)


def test_rows_of_other_bidders_are_not_looked_at() -> None:
    """Their mistakes are theirs."""
    text = CSV + "bob,-1,x\nbob\nbob,1,2,3\n"

    assert read_csv(text).steps == STEPS


def test_a_buyers_prices_go_down() -> None:
    """Equal prices are in order for both sides; a rise is named with its line."""
    head = "bidder,quantity,price\nann,1,60\nbob,1,99\nann,2,60\n"
    down = parse_bid_csv(head + "ann,3,50\n", source="b.csv", bidder="ann", side=BidSide.BUY)

    assert [step.price for step in down.steps] == [60, 60, 50]
    with pytest.raises(BidError, match="line 5, column price: 61 is above 60 of line 4"):
        parse_bid_csv(head + "ann,3,61\n", source="b.csv", bidder="ann", side=BidSide.BUY)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1: the column bidder is missing"),
        ("bidder,quantity\nann,1\n", "line 1: the column price is missing"),
        ("bidder,price,quantity,price\n", "line 1: the column price is repeated"),
        ("bidder,quantity,price,unit\n", "line 1: unknown column 'unit'"),
        (CSV + "ann,,5\n", "line 5, column quantity: the number is missing"),
        (CSV + "ann,5\n", "line 5: 2 columns, not 3"),
        (CSV + "ann,5,6,7\n", "line 5: 4 columns, not 3"),
        (CSV + "ann,-5,6\n", "line 5, column quantity: '-5'"),
        (CSV + "ann,5,6.5\n", "line 5, column price: '6.5'"),
        (CSV + "ann,5, 6\n", "line 5, column price: ' 6'"),
        (CSV + "ann,0,6\n", "line 5, column quantity: '0'"),
        (CSV + f"ann,{2**64},6\n", "line 5, column quantity"),
        (CSV + f"ann,5,{'9' * 5000}\n", "line 5, column price: '9999"),
        (CSV + "\nann,1,50\n", "line 6: repeats line 2"),
        (CSV + "ann,5,55\n", "line 5, column price: 55 is below 60 of line 4; a seller's prices"),
        (CSV + f"ann,{U64_MAX},70\n", "bids.csv: steps: quantities add up to more"),
        (CSV + 'ann,"5,6\n', "line 5: not valid CSV"),
        (CSV + "ann,5\x00,6\n", "line 5"),
        ("bidder,quantity,price\nbob,1,2\n", "bids.csv: no row of bidder 'ann'"),
    ],
)
def test_other_files_are_refused(text: str, words: str) -> None:
    """The error names the file, the line and the column."""
    with pytest.raises(BidError) as caught:
        read_csv(text)

    assert caught.value.cause.startswith("bids.csv")
    assert words in caught.value.cause
