"""Who may do what, asked before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plurichain.errors import PhaseError

if TYPE_CHECKING:
    from plurichain.auction.state import AuctionState
    from plurichain.bidding.account import Account


def validate_creator(account: Account, auction: AuctionState, action: str) -> None:
    """Raise PhaseError unless the account created the auction."""
    if account.key.address.raw != auction.creator.raw:
        raise PhaseError(
            f"auction {auction.id} was created by {auction.creator}; {account.key.address} cannot "
            f"{action}",
            remedy="choose the creator's key with --key",
        )
