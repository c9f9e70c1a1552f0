"""Auctions, bids and results as records to print; amounts as decimal strings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plurichain.auction.money import compute_default_deposit
from plurichain.auction.names import Settlement, Side
from plurichain.bidding.moments import SECOND_NS, format_time
from plurichain.cli.output import TABLE, format_line, show_json, show_text
from plurichain.units import format_coins, get_amount

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plurichain.auction.credit_class import CreditClass
    from plurichain.auction.names import Phase
    from plurichain.auction.state import AuctionState, CommitmentState, ResultState, RevealState
    from plurichain.bidding.auctions import Sighting


def format_class(credit_class: CreditClass) -> str:
    """Return a class of credits on one line: what it asks for, or that it asks for nothing."""
    asked = [
        f"{word} {' or '.join(values)}"
        for word, values in (
            ("technology", credit_class.technologies),
            ("zone", credit_class.zones),
            ("of", credit_class.origins),
        )
        if values
    ]
    for word, second in (
        ("from", credit_class.interval_from),
        ("until", credit_class.interval_until),
    ):
        if second:
            asked.append(f"{word} {format_time(second * SECOND_NS)}")
    return ", ".join(asked) or "any verified credit"


def make_auction_row(auction: AuctionState) -> dict[str, Any]:
    """Return one line of `auction list`."""
    terms = auction.terms
    return {
        "id": auction.id,
        "phase": auction.phase.text,
        "side": terms.side.text,
        "rule": terms.payment_rule.text,
        "quantity": f"{terms.quantity}{terms.lot_denom or ' Wh'}",
        "bidders": auction.bidder_count,
        "commit_deadline": format_time(auction.commit_deadline_ns),
        "title": terms.title,
    }


def make_auction_record(auction: AuctionState, phase: Phase) -> dict[str, Any]:
    """Return the record of `auction show`."""
    terms = auction.terms
    delivery_ns = auction.delivery_deadline_ns
    return {
        "auction_id": auction.id,
        "title": terms.title,
        "creator": str(auction.creator),
        "phase": phase.text,
        "side": terms.side.text,
        "payment_rule": terms.payment_rule.text,
        "quantity": str(terms.quantity),
        "lot_denom": terms.lot_denom,
        **({"credit_class": format_class(terms.credit_class)} if terms.credit_class else {}),
        "payment_denom": terms.payment_denom,
        "reserve_price": _format_optional(terms.reserve_price),
        "price_limit": _format_optional(terms.price_limit),
        "max_steps": terms.max_steps,
        "settlement": terms.settlement.text,
        "terms_hash": auction.terms_hash.hex(),
        "created_at": format_time(auction.created_at_ns),
        "commit_deadline": format_time(auction.commit_deadline_ns),
        "reveal_deadline": format_time(auction.reveal_deadline_ns),
        "delivery_deadline": format_time(delivery_ns) if delivery_ns else None,
        "bidders": auction.bidder_count,
        "max_bidders": auction.max_bidders,
        "reveals": auction.reveal_count,
        "escrow": format_coins(auction.escrow),
        "deposit": format_coins(auction.deposit),
        "failure": auction.failure or None,
    }


def make_deposit_record(auction: AuctionState) -> dict[str, Any]:
    """Return what walking away costs, and what it could gain where that may be more.

    Walking away is not revealing a committed bid. It costs the part of the deposit that is
    in the payment denom. What it can spare a bidder is at most the whole trade at the worst
    price of the terms: what the default deposit covers in a forward auction, and the value
    at the cap in a reverse one (design 3.2).
    """
    terms = auction.terms
    default = compute_default_deposit(terms)
    if default is None:
        return {}
    cost = get_amount(auction.deposit, terms.payment_denom)
    record: dict[str, Any] = {"walking_away_costs": f"{cost}{terms.payment_denom}"}
    if cost < default.amount:
        price = terms.reserve_price if terms.side is Side.REVERSE else terms.price_limit
        quantity = terms.max_quantity if terms.side is Side.DOUBLE else terms.quantity
        gain = quantity * (price or 0)
        record["walking_away_can_gain"] = f"up to {gain}{terms.payment_denom}"
        record["default_deposit"] = str(default)
        record["warning"] = "the creator asks for less than the default deposit"
    if terms.settlement is Settlement.AWARD:
        record["deposit_note"] = "a winner's deposit stays until delivery is confirmed"
    return record


def make_bid_rows(
    commitments: Sequence[CommitmentState], reveals: Sequence[RevealState]
) -> list[dict[str, Any]]:
    """Return the lines of `auction show --bids`."""
    opened = {reveal.bidder.raw: reveal for reveal in reveals}
    rows = []
    for commitment in commitments:
        reveal = opened.get(commitment.bidder.raw)
        rows.append(
            {
                "bidder": str(commitment.bidder),
                "attempt": commitment.attempt,
                "bid_commitment": commitment.bid_commitment.hex(),
                "deposit_status": commitment.deposit_status.text,
                "revealed": reveal is not None,
                "admissible": reveal.admissible if reveal else None,
                "bid_bytes": reveal.bid_bytes.hex() if reveal else None,
            }
        )
    return rows


def make_result_record(result: ResultState) -> dict[str, Any]:
    """Return the head of `auction result`."""
    return {
        "auction_id": result.auction_id,
        "welfare": str(result.welfare),
        "clearing_price": _format_optional(result.clearing_price),
        "surplus": str(result.surplus),
        "tie_seed": result.tie_seed.hex(),
        "height": result.height,
        "cleared_at": format_time(result.cleared_at_ns),
    }


def make_award_rows(result: ResultState) -> list[dict[str, Any]]:
    """Return one line for each bidder of a result."""
    return [
        {
            "bidder": str(row.bidder),
            "allocation": str(row.allocation),
            "payment": str(row.payment),
        }
        for row in result.awards
    ]


def make_change(sighting: Sighting) -> dict[str, Any]:
    """Return one line of `auction watch`."""
    auction = sighting.auction
    return {
        "auction_id": auction.id,
        "block_time": format_time(sighting.block_time_ns),
        "phase": sighting.phase.text,
        "bidders": auction.bidder_count,
        "reveals": auction.reveal_count,
        "failure": auction.failure or None,
    }


def show_change(change: dict[str, Any], output: str) -> None:
    """Print one change at once: a line for people, or a JSON object a line."""
    if output == TABLE:
        failure = f"  ({format_line(change['failure'])})" if change["failure"] else ""
        show_text(
            f"{change['block_time']}  {change['phase']:<10}  {change['bidders']} committed, "
            f"{change['reveals']} revealed{failure}"
        )
    else:
        show_json(change, is_line=True)


def _format_optional(value: int | None) -> str | None:
    return None if value is None else str(value)
