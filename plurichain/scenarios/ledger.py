"""Who holds how much, from bank queries, and whether any of it was made or lost."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plurichain.identifiers import Address

if TYPE_CHECKING:
    from plurichain.auction.state import AuctionState, ResultState
    from plurichain.chain.nodes.client import ChainClient

AUCTIONS = "auction module"
POOL = "community pool"
FAUCET = "faucet"


def compute_module_address(module: str, prefix: str) -> Address:
    """Return the account of a module of the SDK: the first 20 bytes of SHA-256 of its name."""
    return Address(hashlib.sha256(module.encode()).digest()[:20], prefix)


@dataclass(frozen=True, slots=True)
class Ledger:
    """Balances at one moment: holder to denom to amount, and the chain's own totals."""

    balances: Mapping[str, Mapping[str, int]]
    supply: Mapping[str, int]

    def get(self, holder: str, denom: str) -> int:
        """Return what a holder has, 0 if nothing."""
        return self.balances[holder].get(denom, 0)

    def compute_total(self, denom: str) -> int:
        """Return what all holders have together."""
        return sum(held.get(denom, 0) for held in self.balances.values())


def take_ledger(
    client: ChainClient, holders: Mapping[str, Address], denoms: tuple[str, ...]
) -> Ledger:
    """Ask the bank for every holder's balance and for the supply of each denom."""
    return Ledger(
        balances={name: client.get_balances(address) for name, address in holders.items()},
        supply={denom: client.get_supply(denom) for denom in denoms},
    )


def find_imbalances(before: Ledger, after: Ledger) -> list[str]:
    """Return each denom of which something was made, lost, or is where nobody looked."""
    found = []
    for denom, supply in before.supply.items():
        totals = {
            "supply after": after.supply[denom],
            "all balances before": before.compute_total(denom),
            "all balances after": after.compute_total(denom),
        }
        found += [
            f"{denom}: supply before {supply}, {name} {total}"
            for name, total in totals.items()
            if total != supply
        ]
    return found


def compute_expected_changes(
    auction: AuctionState,
    result: ResultState,
    names: Mapping[bytes, str],
    *,
    town: str,
    forfeits: Mapping[str, Mapping[str, int]],
) -> dict[tuple[str, str], int]:
    """Return (holder, denom) → change that the award and the forfeits come to.

    ``names`` maps raw addresses to holders, ``forfeits`` those who lost their deposit to
    what of it went to the community pool.
    """
    terms = auction.terms
    lot, money = terms.lot_denom, terms.payment_denom
    # Forward: the town's lot goes out and money comes in; reverse: the other way round.
    sign = 1 if terms.side.text == "forward" else -1
    changes: dict[tuple[str, str], int] = {}

    def add(holder: str, denom: str, amount: int) -> None:
        changes[holder, denom] = changes.get((holder, denom), 0) + amount

    for row in result.awards:
        bidder = names[row.bidder.raw]
        add(bidder, lot, sign * row.allocation)
        add(bidder, money, -sign * row.payment)
        add(town, lot, -sign * row.allocation)
        add(town, money, sign * row.payment)
    for holder, coins in forfeits.items():
        for denom, amount in coins.items():
            add(holder, denom, -amount)
            add(POOL, denom, amount)
    return changes


def find_wrong_changes(
    before: Ledger, after: Ledger, expected: Mapping[tuple[str, str], int]
) -> list[str]:
    """Return every balance that changed by anything but what was expected."""
    return [
        f"{holder}: {denom} changed by {changed}, not by {expected.get((holder, denom), 0)}"
        for holder in before.balances
        for denom in before.supply
        if (changed := after.get(holder, denom) - before.get(holder, denom))
        != expected.get((holder, denom), 0)
    ]
