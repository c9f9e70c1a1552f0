"""The Python rules against the shared vectors, subject by subject."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from plurichain.auction import commitment, ties
from plurichain.auction.admissibility import find_inadmissible
from plurichain.auction.bid import Bid, decode_bid, encode_bid
from plurichain.auction.credit_class import CreditClass, split_delivery
from plurichain.auction.money import (
    compute_class_delivery,
    compute_creator_escrow,
    compute_deposit,
    compute_reveal_escrow,
)
from plurichain.auction.terms import Terms, decode_terms, encode_terms, validate_terms
from plurichain.auction.terms_toml import format_terms_toml, parse_terms_toml
from plurichain.clearing.clear import clear_ndjson
from plurichain.encoding.words import NamedEnum
from plurichain.errors import EncodingError, TermsError
from plurichain.units import Coin

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent.parent


def load(subject: str) -> list[Any]:
    """Return the vectors of one subject as parameters named after them."""
    document = json.loads((FOLDER / f"{subject}.json").read_text(encoding="utf-8"))
    assert document["format"] == "plurichain/vectors/1"
    assert document["subject"] == subject
    return [
        pytest.param(vector["input"], vector["expected"], id=vector["name"])
        for vector in document["vectors"]
    ]


def show_bid(bid: Bid) -> dict[str, Any]:
    steps = [[str(quantity), str(price)] for quantity, price in bid.steps]
    return {
        "kind": bid.kind.text,
        "side": bid.side.text,
        "minimum": str(bid.minimum),
        "steps": steps,
    }


def show_value(value: Any) -> Any:
    if isinstance(value, NamedEnum):
        return value.text
    if isinstance(value, Coin):
        return [value.denom, str(value.amount)]
    if isinstance(value, CreditClass):
        return [show_value(getattr(value, field.name)) for field in fields(value)]
    if isinstance(value, tuple):
        return [show_value(part) for part in value]
    return value if value is None else str(value)


def show_terms(terms: Terms) -> dict[str, Any]:
    return {
        field.name.removesuffix("_ns"): show_value(getattr(terms, field.name))
        for field in fields(terms)
    }


@pytest.mark.parametrize(("given", "expected"), load("bids"))
def test_bid_bytes(given: Any, expected: Any) -> None:
    """Canonical bytes decode to the bid and encode again; others are refused."""
    data = bytes.fromhex(given["bytes"])
    if expected["bid"] is None:
        with pytest.raises(EncodingError):
            decode_bid(data)
        return
    bid = decode_bid(data)
    assert show_bid(bid) == expected["bid"]
    assert encode_bid(bid) == data


@pytest.mark.parametrize(("given", "expected"), load("terms"))
def test_terms_bytes(given: Any, expected: Any) -> None:
    """Canonical bytes decode to the terms and encode again; others are refused."""
    data = bytes.fromhex(given["bytes"])
    if expected["terms"] is None:
        with pytest.raises(EncodingError):
            decode_terms(data)
        return
    terms = decode_terms(data)
    assert show_terms(terms) == expected["terms"]
    assert encode_terms(terms) == data


@pytest.mark.parametrize(("given", "expected"), load("terms_rules"))
def test_terms_rules(given: Any, expected: Any) -> None:
    """Terms that no chain takes are refused by the name of the field."""
    terms = decode_terms(bytes.fromhex(given["terms_bytes"]))
    if expected["field"] is None:
        validate_terms(terms)
        return
    with pytest.raises(TermsError) as caught:
        validate_terms(terms)
    assert caught.value.cause.startswith(expected["field"] + ": ")


@pytest.mark.parametrize(("given", "expected"), load("terms_toml"))
def test_terms_toml(given: Any, expected: Any) -> None:
    """TOML reads to the bytes and is written again in one form; errors name their place."""
    if "error" in expected:
        with pytest.raises(TermsError) as caught:
            parse_terms_toml(given["toml"], source="terms.toml")
        assert "terms.toml" in caught.value.cause
        assert all(word in caught.value.cause for word in expected["error"]), caught.value.cause
        assert "\n" not in caught.value.cause
        return
    terms = parse_terms_toml(given["toml"], source="terms.toml")
    assert encode_terms(terms).hex() == expected["terms_bytes"]
    assert format_terms_toml(terms) == expected["toml"]


def compute_openings_seed(chain_id: str, auction_id: int, openings: Any) -> bytes:
    rows = [(bytes.fromhex(bidder), bytes.fromhex(salt)) for bidder, salt in openings]
    return ties.compute_tie_seed(chain_id, auction_id, rows)


HASHES: dict[str, Callable[..., bytes]] = {
    "terms_hash": lambda terms_bytes: commitment.compute_terms_hash(decode_terms(terms_bytes)),
    "bid_commitment": commitment.compute_bid_commitment,
    "bid_key": commitment.compute_bid_key,
    "salt": commitment.compute_salt,
    "rank": ties.compute_rank,
    "tie_seed": compute_openings_seed,
}
READ: dict[str, Callable[[Any], Any]] = {
    "auction_id": int,
    "attempt": int,
    "chain_id": str,
    "name": str,
    "openings": list,
}


@pytest.mark.parametrize(("given", "expected"), load("hashes"))
def test_hashes(given: Any, expected: Any) -> None:
    """Every hash equals the one made from a preimage that was written out by hand."""
    function = HASHES[given.pop("function")]
    arguments = {key: READ.get(key, bytes.fromhex)(value) for key, value in given.items()}

    assert function(**arguments).hex() == expected["hash"]


@pytest.mark.parametrize(("given", "expected"), load("admissibility"))
def test_admissibility(given: Any, expected: Any) -> None:
    """The first rule that an opening breaks is the reason."""
    terms = decode_terms(bytes.fromhex(given["terms_bytes"]))

    assert find_inadmissible(bytes.fromhex(given["bid_bytes"]), terms) == expected["reason"]


@pytest.mark.parametrize(("given", "expected"), load("money"))
def test_money(given: Any, expected: Any) -> None:
    """Deposits and escrows are those that were worked out by hand."""
    terms = decode_terms(bytes.fromhex(given["terms_bytes"]))
    deposit = compute_deposit(terms)

    assert show_value(deposit) == expected["deposit"]
    assert show_value(compute_creator_escrow(terms)) == expected["creator_escrow"]
    if given["bid_bytes"] is not None:
        bid = decode_bid(bytes.fromhex(given["bid_bytes"]))
        escrow = compute_reveal_escrow(bid, terms, deposit)
        assert show_value(escrow) == expected["reveal_escrow"]


def read_coins(rows: Any) -> list[Coin]:
    return [Coin(denom, int(amount)) for denom, amount in rows]


def compute_in_class(terms_bytes: str, **attributes: Any) -> bool:
    credit_class = decode_terms(bytes.fromhex(terms_bytes)).credit_class
    assert credit_class is not None
    start, end = (int(attributes.pop(name)) for name in ("interval_start", "interval_end"))
    return credit_class.holds(interval_start=start, interval_end=end, **attributes)


def compute_delivery(terms_bytes: str, bid_bytes: str | None) -> str:
    bid = None if bid_bytes is None else decode_bid(bytes.fromhex(bid_bytes))
    return str(compute_class_delivery(decode_terms(bytes.fromhex(terms_bytes)), bid))


def compute_split(coins: Any, units: str) -> Any:
    return [show_value(part) for part in split_delivery(read_coins(coins), int(units))]


CLASS_LOTS: dict[str, Callable[..., Any]] = {
    "is_in_class": compute_in_class,
    "class_delivery": compute_delivery,
    "split_delivery": compute_split,
}


@pytest.mark.parametrize(("given", "expected"), load("class_lots"))
def test_class_lots(given: Any, expected: Any) -> None:
    """What lies in a class, what has to be named of it, and what of that is delivered."""
    function = CLASS_LOTS[given.pop("function")]

    assert function(**given) == expected["value"]


@pytest.mark.parametrize(("given", "expected"), load("clearing"))
def test_clearing(given: Any, expected: Any) -> None:
    """A problem is answered by exactly this line."""
    problem = given["problem"] if "problem" in given else bytes.fromhex(given["bytes"])

    assert list(clear_ndjson([problem])) == [expected["line"]]


def test_vectors_are_fresh() -> None:
    """The files are what scripts/gen-vectors writes."""
    command = [sys.executable, str(ROOT / "scripts" / "gen-vectors"), "--check"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)

    assert result.returncode == 0, result.stdout + result.stderr
