"""Attributes on a chain that a credit has come to: they prove themselves by their hash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plurichain.chain.energy import messages
from plurichain.energy.denom import compute_credit_denom
from plurichain.errors import EnergyError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plurichain.chain.transactions.outcome import Outcome
    from plurichain.energy.attributes import Attributes
    from plurichain.metering.account import Account


def record_attributes(
    account: Account, attributes: Sequence[Attributes]
) -> tuple[tuple[str, ...], Outcome]:
    """Have the chain keep attributes; returns their denoms on the origin chains.

    Raises EnergyError before anything is sent, TransactionError by outcome.
    """
    if not attributes:
        raise EnergyError("attributes: none are named")
    denoms = tuple(compute_credit_denom(item) for item in attributes)
    outcome = account.send(
        [messages.record_attributes(account.address, attributes)], purpose="record attributes"
    )
    account.tell(
        "recorded",
        f"the attributes of {len(denoms)} credits are recorded",
        tx_hash=outcome.tx_hash,
        height=outcome.height,
    )
    return denoms, outcome
