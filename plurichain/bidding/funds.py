"""Money short is said before anything is sent, with how much is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plurichain.errors import FundsShort
from plurichain.units import format_coins, make_coins

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plurichain.bidding.account import Observer
    from plurichain.identifiers import Address
    from plurichain.units import Coin, Coins


def get_missing_coins(observer: Observer, owner: Address, needed: Iterable[Coin]) -> Coins:
    """Return how much of each coin ``owner`` lacks; no coins if it has enough."""
    needs = tuple(needed)
    if not needs:
        return ()
    balances = observer.client.get_balances(owner)
    return make_coins(
        (coin.denom, max(0, coin.amount - balances.get(coin.denom, 0))) for coin in needs
    )


def validate_funds(
    observer: Observer, owner: Address, needed: Iterable[Coin], *, purpose: str
) -> None:
    """Raise FundsShort if ``owner`` cannot pay ``needed``; names what is missing.

    Fees are the sender's to check: they are known only once the gas is.
    """
    needs = tuple(needed)
    missing = get_missing_coins(observer, owner, needs)
    if missing:
        raise FundsShort(
            f"{purpose} needs {format_coins(needs)}: {owner} is {format_coins(missing)} short",
            remedy=f"send it {format_coins(missing)} and try again; nothing was sent",
        )
