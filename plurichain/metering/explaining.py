"""What a denom is: which chain's energy, over which path, verified or why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plurichain.energy.denom import is_credit_denom
from plurichain.errors import NotFound

if TYPE_CHECKING:
    from plurichain.energy.state import CreditState, Origin
    from plurichain.metering.account import Observer


@dataclass(frozen=True, slots=True)
class CreditStory:
    """A denom of the chain's bank and everything that is known of it.

    ``credit`` holds the totals of a credit of this chain, None for any other denom.
    ``supply_wh`` and ``retired_wh`` are this chain's alone.
    """

    origin: Origin
    credit: CreditState | None
    supply_wh: int
    retired_wh: int
    explanation: str


def explain_credit(observer: Observer, denom: str) -> CreditStory:
    """Return what is known of a denom; what is no credit at all says so as its reason."""
    origin = observer.queries.get_origin(denom)
    credit = _find_credit(observer, denom)
    if credit is not None:
        supply, retired = credit.supply_wh, credit.retired_wh
    else:
        supply = observer.client.get_supply(denom)
        totals = observer.queries.list_retired_totals()
        retired = sum(coin.amount for coin in totals if coin.denom == denom)
    return CreditStory(origin, credit, supply, retired, _explain(observer.chain_id, origin))


def _find_credit(observer: Observer, denom: str) -> CreditState | None:
    if not is_credit_denom(denom):
        return None
    try:
        return observer.queries.get_credit(denom)
    except NotFound:
        return None


def _explain(chain_id: str, origin: Origin) -> str:
    if not origin.verified:
        return f"unverified: {origin.reason}"
    if not origin.path:
        return f"issued on {chain_id} itself"
    return (
        f"a voucher that came over {origin.path}, which {chain_id} has registered for "
        f"{origin.origin_chain}; its attributes hash to its denom"
    )
