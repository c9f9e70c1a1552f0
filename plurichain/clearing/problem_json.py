"""Problem files: JSON text to a Problem, or one exact reason why not (design 3.3).

The reasons and the order in which they are looked for are part of the format
(tests/vectors/README.md): another program gives the same reason for the same text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from plurichain.auction.bid import Step
from plurichain.auction.names import BidKind, PaymentRule, Side
from plurichain.clearing.json_text import load_json, show_key
from plurichain.clearing.problem import Problem, ProblemBid
from plurichain.errors import ProblemRefused
from plurichain.units import U64_MAX, U128_MAX

_DIGITS: Final = re.compile(r"0|[1-9][0-9]*")
_HEX: Final = re.compile(r"(?:[0-9a-fA-F]{2})*")
_LONGEST_NUMBER: Final = len(str(U128_MAX))
_PROBLEM_KEYS: Final = ("side", "quantity", "reserve_price", "payment_rule", "tie_seed", "bids")
_BID_KEYS: Final = ("bidder", "kind", "steps", "options", "minimum")
_SCHEDULE_KEYS: Final = ("bidder", "kind", "steps")
_DOUBLE_RULES: Final = (PaymentRule.MIDPOINT, PaymentRule.MCAFEE)
_CAPPED_RULES: Final = (PaymentRule.FIRST_REJECTED, PaymentRule.SECOND_PRICE, PaymentRule.VCG)
_SIDES: Final = {side.text: side for side in Side}
_RULES: Final = {rule.text: rule for rule in PaymentRule}
_KINDS: Final = {kind.text: kind for kind in BidKind}


def _is_in_range(value: object, minimum: int, maximum: int) -> bool:
    # bool is an int to Python, not to JSON.
    return type(value) is int and minimum <= value <= maximum


def _parse_integer(value: Any, name: str, minimum: int, maximum: int) -> int:
    if isinstance(value, str) and len(value) <= _LONGEST_NUMBER and _DIGITS.fullmatch(value):
        value = int(value)
    if not _is_in_range(value, minimum, maximum):
        raise ProblemRefused(f"{name} must be an integer from {minimum} to {maximum}")
    return int(value)


def _validate_keys(
    entry: dict[str, Any], known: Iterable[str], required: Iterable[str], where: str = ""
) -> None:
    for key in entry:
        if key not in known:
            raise ProblemRefused(f"{where}unknown key {show_key(key)}")
    for key in required:
        if key not in entry:
            raise ProblemRefused(f"{where}missing key {key}")


def _get_word(entry: dict[str, Any], key: str) -> str | None:
    value = entry[key]
    return value if isinstance(value, str) else None


def _validate_side(side: Side) -> None:
    if side is Side.DOUBLE:
        raise ProblemRefused("side double is not supported yet")


def _validate_rule(side: Side, rule: PaymentRule) -> None:
    if rule in _DOUBLE_RULES:
        raise ProblemRefused(f"payment_rule {rule.text} is not for side {side.text}")
    if rule is PaymentRule.CORE:
        raise ProblemRefused("payment_rule core is not supported yet")


def _validate_rule_needs(
    side: Side, rule: PaymentRule, quantity: int, reserve_price: int | None
) -> None:
    if rule is PaymentRule.SECOND_PRICE and quantity != 1:
        raise ProblemRefused("second_price needs quantity 1")
    if side is Side.REVERSE and rule in _CAPPED_RULES and reserve_price is None:
        raise ProblemRefused(f"payment_rule {rule.text} in a reverse auction needs a reserve_price")


def validate_cleared(problem: Problem) -> None:
    """Raise ProblemRefused unless this side, rule and kinds of bid are cleared."""
    _validate_side(problem.side)
    _validate_rule(problem.side, problem.payment_rule)
    _validate_rule_needs(
        problem.side, problem.payment_rule, problem.quantity, problem.reserve_price
    )
    for index, bid in enumerate(problem.bids):
        if bid.kind is not BidKind.SCHEDULE:
            raise ProblemRefused(f"bids[{index}]: kind {bid.kind.text} is not supported yet")


def _parse_steps(rows: Any, where: str, side: Side) -> tuple[Step, ...]:
    if not isinstance(rows, list) or not rows:
        raise ProblemRefused(f"{where}: steps must be a non-empty list")
    steps: list[Step] = []
    total = 0
    last: int | None = None
    for index, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != 2:
            raise ProblemRefused(f"{where}: steps[{index}] must be [quantity, price]")
        quantity, price = row
        # The plain case first: a name for each number would cost more than all the rest.
        if not _is_in_range(quantity, 1, U64_MAX):
            quantity = _parse_integer(quantity, f"{where}: steps[{index}]: quantity", 1, U64_MAX)
        if not _is_in_range(price, 0, U128_MAX):
            price = _parse_integer(price, f"{where}: steps[{index}]: price", 0, U128_MAX)
        if last is not None and (price > last if side is Side.FORWARD else price < last):
            word = "increase" if side is Side.FORWARD else "decrease"
            raise ProblemRefused(f"{where}: steps[{index}]: prices must not {word}")
        last = price
        total += quantity
        steps.append(Step(quantity, price))
    if total > U64_MAX:
        raise ProblemRefused(f"{where}: quantities add up to more than {U64_MAX}")
    return tuple(steps)


def _is_name(value: Any) -> bool:
    if not isinstance(value, str) or not value:
        return False
    # A lone surrogate has no UTF-8, and a rank is taken over UTF-8.
    return value.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in value)


def _parse_bid(entry: Any, where: str, side: Side, bidders: set[str]) -> ProblemBid:
    if not isinstance(entry, dict):
        raise ProblemRefused(f"{where} is not an object")
    schedule = entry.get("kind") == BidKind.SCHEDULE.text
    known = _SCHEDULE_KEYS if schedule else _BID_KEYS
    required = _SCHEDULE_KEYS if schedule else ("bidder", "kind")
    _validate_keys(entry, known, required, f"{where}: ")
    bidder = entry["bidder"]
    if not _is_name(bidder):
        raise ProblemRefused(f"{where}: bidder must be a non-empty string")
    if bidder in bidders:
        raise ProblemRefused(f"{where}: bidder appears twice")
    bidders.add(bidder)
    kind = _KINDS.get(_get_word(entry, "kind") or "")
    if kind is None:
        raise ProblemRefused(f"{where}: unknown kind")
    if kind is not BidKind.SCHEDULE:
        raise ProblemRefused(f"{where}: kind {kind.text} is not supported yet")
    return ProblemBid(bidder, kind, _parse_steps(entry["steps"], where, side))


def parse_problem(source: str | bytes | dict[str, Any]) -> Problem:
    """Return the problem of a JSON text, or of the object that was read from one.

    Raises ProblemRefused whose cause is the reason.
    """
    document = source if isinstance(source, dict) else load_json(source)
    if not isinstance(document, dict):
        raise ProblemRefused("problem is not an object")
    # Only a double auction has no quantity of its own.
    double = document.get("side") == Side.DOUBLE.text
    required = ("side", *(() if double else ("quantity",)), "payment_rule", "bids")
    _validate_keys(document, _PROBLEM_KEYS, required)
    side = _SIDES.get(_get_word(document, "side") or "")
    if side is None:
        raise ProblemRefused("side must be forward, reverse or double")
    _validate_side(side)
    rule = _RULES.get(_get_word(document, "payment_rule") or "")
    if rule is None:
        raise ProblemRefused("unknown payment_rule")
    _validate_rule(side, rule)
    quantity = _parse_integer(document["quantity"], "quantity", 1, U64_MAX)
    reserve_price = document.get("reserve_price")
    if reserve_price is not None:
        reserve_price = _parse_integer(reserve_price, "reserve_price", 0, U128_MAX)
    tie_seed = document.get("tie_seed", "")
    if not isinstance(tie_seed, str) or _HEX.fullmatch(tie_seed) is None:
        raise ProblemRefused("tie_seed must be hex")
    _validate_rule_needs(side, rule, quantity, reserve_price)
    if not isinstance(document["bids"], list):
        raise ProblemRefused("bids must be a list")
    bidders: set[str] = set()
    bids = [
        _parse_bid(entry, f"bids[{index}]", side, bidders)
        for index, entry in enumerate(document["bids"])
    ]
    return Problem(side, quantity, reserve_price, rule, bytes.fromhex(tie_seed), tuple(bids))
