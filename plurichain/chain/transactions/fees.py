"""Fees, in integers, and how much may be spent on one sending."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING

from plurichain.errors import CostError, InputError
from plurichain.units import Coin, parse_coins

if TYPE_CHECKING:
    from collections.abc import Sequence

DEFAULT_CAP_FACTOR = 6
"""All attempts of one sending cost at most so many times its first fee."""

_REQUIRED = re.compile(r"required: ([0-9A-Za-z/:._,-]+)")


def compute_fee(gas_limit: int, gas_price: Fraction, denom: str) -> tuple[Coin, ...]:
    """Return ceil(gas_limit · gas_price), exactly; nothing if it is 0."""
    exact = gas_price * gas_limit
    amount = -(-exact.numerator // exact.denominator)
    return (Coin(denom, amount),) if amount else ()


def parse_required_fee(log: str, denom: str) -> int | None:
    """Return how much of ``denom`` a node wants (code 13); None if it does not say.

    A node may take one of several denoms; those of others are left out.
    """
    match = _REQUIRED.search(log)
    if match is None:
        return None
    try:
        coins: Sequence[Coin] = parse_coins(match[1].rstrip(":,"))
    except InputError:
        return None
    return next((coin.amount for coin in coins if coin.denom == denom), None)


def validate_spending(fee: tuple[Coin, ...], spent: int, cap: int | None) -> None:
    """Raise CostError if ``fee``, after ``spent`` for earlier attempts, is above ``cap``."""
    amount = sum(coin.amount for coin in fee)
    if cap is not None and spent + amount > cap:
        denom = fee[0].denom if fee else ""
        before = f" after {spent} for earlier attempts" if spent else ""
        raise CostError(
            f"the fee is {amount} {denom}{before}, more than the cap of {cap}",
            remedy="raise the cap, or lower the network's gas_price",
        )
