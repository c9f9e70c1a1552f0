"""What a sealed bid stands like, and what would save it: decided from public values alone.

No bid is opened for it, so that a cron job needs no passphrase.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from plurichain.auction.names import Phase

if TYPE_CHECKING:
    from plurichain.identifiers import Address
    from plurichain.units import Coins


class Standing(StrEnum):
    """Where a sealed bid stands."""

    NOT_COMMITTED = "not_committed"
    """Nothing is at stake yet."""
    COMMITTED = "committed"
    OPENING_LOST = "opening_lost"
    """The chain has a commitment that the vault cannot open."""
    REVEAL_NOW = "reveal_now"
    REVEALED = "revealed"
    PARKED = "parked"
    """The bank refused a payout; it waits to be claimed."""
    OVER = "over"
    UNKNOWN = "unknown"
    """The chain could not be asked, or no network with that chain is named."""


#: Standings that somebody has to do something about.
URGENT = frozenset({Standing.OPENING_LOST, Standing.REVEAL_NOW, Standing.PARKED, Standing.UNKNOWN})


@dataclass(frozen=True, slots=True)
class BidStanding:
    """One sealed bid among all.

    ``network`` and ``key`` are names, empty where none is known. ``bidder`` is None where
    no network tells the prefix. ``left_ns`` is block time until ``deadline`` names what
    ends, None where nothing does. ``at_stake`` is what is lost if nothing is done.
    """

    network: str
    chain_id: str
    auction_id: int
    bidder: Address | None
    key: str
    attempt: int
    phase: Phase | None
    standing: Standing
    deadline: str
    left_ns: int | None
    at_stake: Coins
    command: str
    note: str = ""

    @property
    def needs_action(self) -> bool:
        """Tell whether waiting may cost something."""
        return self.standing in URGENT


def compute_standing(
    phase: Phase, *, is_committed: bool, has_opening: bool, is_revealed: bool, is_parked: bool
) -> Standing:
    """Return the standing of a bid.

    ``has_opening``: the vault holds, intact, an opening of the commitment on chain.
    """
    if is_parked:
        return Standing.PARKED
    if phase not in {Phase.COMMITTING, Phase.WAITING, Phase.REVEALING}:
        return Standing.OVER
    if is_revealed:
        return Standing.REVEALED
    if not is_committed:
        return Standing.NOT_COMMITTED if phase is Phase.COMMITTING else Standing.OVER
    if not has_opening:
        return Standing.OPENING_LOST
    return Standing.REVEAL_NOW if phase is Phase.REVEALING else Standing.COMMITTED


def compute_command(standing: Standing, auction_id: int, *, network: str, key: str) -> str:
    """Return the one command that serves or saves the bid, empty if there is none."""
    words = {
        Standing.NOT_COMMITTED: f"bid commit --auction-id {auction_id}",
        Standing.COMMITTED: f"bid auto --auction-id {auction_id} --bid FILE",
        Standing.OPENING_LOST: f"bid recover --auction-id {auction_id} --bid FILE",
        Standing.REVEAL_NOW: f"bid reveal --auction-id {auction_id}",
        Standing.PARKED: f"auction claim {auction_id}",
    }.get(standing)
    if words is None:
        return ""
    owner = f" --key {key}" if key else ""
    return f"plurichain {words} --network {network}{owner}"
