"""Credits for a lot that is a class: which of one's own lie in it, and the ones to name.

The chain decides in the end; here the same questions are asked first, so that nothing is
sent that it would refuse.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from plurichain.auction.credit_class import MAX_LOT_COINS, split_delivery, validate_lot_coins
from plurichain.auction.money import compute_class_delivery
from plurichain.bidding.funds import validate_funds
from plurichain.chain.energy.queries import EnergyQueries
from plurichain.energy.denom import is_credit_denom
from plurichain.errors import BidError, FundsShort, InputError
from plurichain.units import Coin

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plurichain.auction.bid import Bid
    from plurichain.auction.credit_class import CreditClass
    from plurichain.auction.terms import Terms
    from plurichain.bidding.account import Account
    from plurichain.units import Coins

_VOUCHER = "ibc/"
CREDITS_OF_THE_CLASS = "credits of the class"
"""What is lacking, in warnings that name denoms."""


def find_fault(account: Account, credit_class: CreditClass, denom: str) -> str | None:
    """Return why a denom of this chain's bank is no credit of the class; None if it is."""
    origin = EnergyQueries(account.client).get_origin(denom)
    if not origin.verified:
        return origin.reason or "its origin is not verified"
    attributes = origin.attributes
    if attributes is None:
        return "its attributes are not recorded on this chain"
    holds = credit_class.holds(
        origin=attributes.origin_chain,
        technology=attributes.technology,
        zone=attributes.zone,
        interval_start=attributes.interval_start,
        interval_end=attributes.interval_end,
    )
    return None if holds else "it is not of the class that the lot asks for"


def list_class_credits(account: Account, terms: Terms) -> Coins:
    """Return the credits that the account holds of the terms' class, ascending by denom."""
    if terms.credit_class is None:
        return ()
    balances = account.client.get_balances(account.key.address)
    return tuple(
        Coin(denom, amount)
        for denom, amount in sorted(balances.items())
        if (is_credit_denom(denom) or denom.startswith(_VOUCHER))
        and denom != terms.payment_denom
        and find_fault(account, terms.credit_class, denom) is None
    )


def choose_credits(
    account: Account, terms: Terms, units: int, named: Iterable[Coin] | None, *, purpose: str
) -> Coins:
    """Return the coins to name for ``units`` Wh of the terms' class.

    ``named`` are the account's own choice, checked; None takes from what it holds, in
    ascending denom order. Raises InputError for coins that are not such as have to be
    named, BidError for one that is not of the class, FundsShort if it holds too little.
    """
    if terms.credit_class is None or not units:
        if named:
            raise InputError(
                "credits: nothing has to be named here",
                remedy="credits are named by who delivers a lot that is a class of credits",
            )
        return ()
    if named is None:
        return _take_credits(account, terms, units, purpose)
    chosen = tuple(sorted(named, key=lambda coin: coin.denom))
    validate_lot_coins(chosen, units)
    for coin in chosen:
        fault = find_fault(account, terms.credit_class, coin.denom)
        if fault is None and coin.denom == terms.payment_denom:
            fault = "it is what is paid with"
        if fault is not None:
            raise BidError(
                f"credits: {coin.denom} cannot be delivered: {fault}",
                remedy=f"`plurichain energy credit show {coin.denom}` tells what it is",
            )
    validate_funds(account, account.key.address, chosen, purpose=purpose)
    return chosen


def _take_credits(account: Account, terms: Terms, units: int, purpose: str) -> Coins:
    held = list_class_credits(account, terms)
    chosen, _ = split_delivery(held, units)
    total = sum(coin.amount for coin in chosen)
    if total < units:
        raise FundsShort(
            f"{purpose} needs {units} Wh of credits of the class: {account.key.address} holds "
            f"{total} Wh, {units - total} Wh short",
            remedy="`plurichain auction show ID` tells the class; nothing was sent",
        )
    if len(chosen) > MAX_LOT_COINS:
        raise InputError(
            f"credits: {units} Wh would take {len(chosen)} coins, more than {MAX_LOT_COINS}",
            remedy="name larger coins, or bid for less",
        )
    return chosen


def count_missing_credits(account: Account, terms: Terms, bid: Bid) -> int:
    """Return the Wh of credits of the class that the account lacks to open ``bid``.

    0 where the lot is no class. Raises NodeError.
    """
    units = compute_class_delivery(terms, bid)
    if not units:
        return 0
    return max(0, units - sum(coin.amount for coin in list_class_credits(account, terms)))
