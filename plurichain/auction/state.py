"""What a chain says of an auction, as plain frozen values.

These are views: nothing here talks to a chain. Times are block times in Unix
nanoseconds, amounts are integers of the smallest unit.
"""

from __future__ import annotations

from dataclasses import dataclass

from plurichain.auction.names import DepositStatus, Phase
from plurichain.auction.terms import Terms
from plurichain.identifiers import Address
from plurichain.units import Coin


@dataclass(frozen=True, slots=True)
class AuctionState:
    """One auction and where it stands."""

    id: int
    creator: Address
    terms: Terms
    terms_hash: bytes
    phase: Phase
    deposit: tuple[Coin, ...]
    escrow: tuple[Coin, ...]
    created_at_ns: int
    commit_deadline_ns: int
    reveal_deadline_ns: int
    delivery_deadline_ns: int | None
    max_bidders: int
    bidder_count: int
    reveal_count: int
    failure: str


@dataclass(frozen=True, slots=True)
class CommitmentState:
    """One bidder's sealed bid as the chain holds it."""

    auction_id: int
    bidder: Address
    bid_commitment: bytes
    attempt: int
    deposit_status: DepositStatus
    committed_at_ns: int


@dataclass(frozen=True, slots=True)
class RevealState:
    """One bidder's opening as the chain took it."""

    auction_id: int
    bidder: Address
    bid_bytes: bytes
    salt: bytes
    admissible: bool
    reason: str
    escrow: tuple[Coin, ...]
    revealed_at_ns: int
    sender: Address


@dataclass(frozen=True, slots=True)
class AwardRow:
    """What one bidder trades (units) and pays or is paid in all."""

    bidder: Address
    allocation: int
    payment: int


@dataclass(frozen=True, slots=True)
class ResultState:
    """What clearing an auction came to; ``awards`` ascend by raw address."""

    auction_id: int
    welfare: int
    clearing_price: int | None
    surplus: int
    tie_seed: bytes
    awards: tuple[AwardRow, ...]
    height: int
    cleared_at_ns: int


@dataclass(frozen=True, slots=True)
class ParkedPayout:
    """Money that the bank refused to pay out and that waits for its owner."""

    owner: Address
    auction_id: int
    amount: tuple[Coin, ...]


@dataclass(frozen=True, slots=True)
class AuctionParams:
    """The limits of the module; windows in nanoseconds."""

    max_bidders: int
    max_steps: int
    max_open_auctions: int
    max_open_auctions_per_creator: int
    min_window_ns: int
    max_window_ns: int
    max_quantity: int
    max_price: int
    min_deposit_bps: int
    max_title_bytes: int
    clearing_steps_per_block: int
