"""What clearing came to, and its one line of JSON (design 3.3)."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ClearingResult:
    """A cleared problem.

    ``welfare``: value of buyers served, or minus the cost of sellers served; the reserve
    is excluded. ``allocation`` in units and ``payment`` in the payment denom have a row
    for every bidder, in the problem's order. ``clearing_price``: the one unit price, None
    where the rule has none or nothing is served. ``surplus``: paid in minus paid out.
    """

    welfare: int
    allocation: dict[str, int]
    payment: dict[str, int]
    clearing_price: int | None
    surplus: int = 0

    def to_json(self) -> str:
        """Return one line of JSON: keys in fixed order, integers as decimal strings."""
        price = self.clearing_price
        document = {
            "status": "cleared",
            "welfare": str(self.welfare),
            "allocation": {bidder: str(units) for bidder, units in self.allocation.items()},
            "payment": {bidder: str(amount) for bidder, amount in self.payment.items()},
            "clearing_price": None if price is None else str(price),
            "surplus": str(self.surplus),
        }
        return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
