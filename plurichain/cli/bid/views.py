"""Bids and reveals as records to print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plurichain.bidding.moments import format_time
from plurichain.units import format_coins

if TYPE_CHECKING:
    from plurichain.bidding.account import Bidder
    from plurichain.bidding.revealing import RevealReceipt
    from plurichain.bidding.status import BidStatus


def make_status_record(bidder: Bidder, status: BidStatus) -> dict[str, Any]:
    """Return the record of `bid status`; amounts as decimal strings."""
    auction, commitment, reveal = status.auction, status.commitment, status.reveal
    award, result = status.award, status.result
    return {
        "auction_id": auction.id,
        "bidder": str(bidder.key.address),
        "phase": status.sighting.phase.text,
        "block_time": format_time(status.sighting.block_time_ns),
        "commit_deadline": format_time(auction.commit_deadline_ns),
        "reveal_deadline": format_time(auction.reveal_deadline_ns),
        "deposit": format_coins(auction.deposit),
        "deposit_status": commitment.deposit_status.text if commitment else None,
        "committed_attempt": commitment.attempt if commitment else None,
        "sealed_attempt": status.sealed_attempt or None,
        "opening_in_vault": status.has_opening,
        "revealed": reveal is not None,
        "admissible": reveal.admissible if reveal else None,
        "reason": (reveal.reason or None) if reveal else None,
        "missing_for_reveal": _format_missing(status),
        "allocation": str(award.allocation) if award else ("0" if result and reveal else None),
        "payment": str(award.payment) if award else ("0" if result and reveal else None),
        "clearing_price": _format_price(result.clearing_price) if result else None,
        "next": status.advice,
    }


def make_reveal_record(receipt: RevealReceipt) -> dict[str, Any]:
    """Return the record of `bid reveal`."""
    return {
        "auction_id": receipt.auction_id,
        "bidder": str(receipt.bidder),
        "admissible": receipt.is_admissible,
        "reason": receipt.reason or None,
        "tx_hash": receipt.tx_hash or None,
        "height": receipt.height or None,
    }


def _format_price(price: int | None) -> str | None:
    return None if price is None else str(price)


def _format_missing(status: BidStatus) -> str | None:
    parts = [format_coins(status.missing)] if status.missing else []
    if status.missing_credits_wh:
        parts.append(f"{status.missing_credits_wh} Wh of credits of the class")
    return ", ".join(parts) or None
