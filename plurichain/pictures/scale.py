"""In what units a picture shows quantities and unit prices."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """How many chain units make one shown unit, and what the axes call them.

    A picture is for the eye: what it shows may be rounded, what it was made from is not.
    """

    units_per_quantity: int
    quantity_label: str
    prices_per_shown: float
    price_label: str
    amounts_per_money: int
    money_label: str

    def show_quantity(self, units: int) -> float:
        """Chain units in shown units."""
        return units / self.units_per_quantity

    def show_price(self, price: int) -> float:
        """A unit price in the shown price."""
        return price / self.prices_per_shown

    def show_money(self, amount: int) -> float:
        """An amount of the payment denom in shown money."""
        return amount / self.amounts_per_money


#: One unit is 1 Wh and one micro-euro a Wh is 0.1 ct a kWh.
ENERGY = Scale(1_000, "kWh", 10, "ct/kWh", 1_000_000, "EUR")


def get_scale(lot_denom: str, payment_denom: str) -> Scale:
    """The scale for a pair of denoms: energy for watt-hours and micro-euro, else as they are."""
    if (lot_denom, payment_denom) == ("watthour", "ueur"):
        return ENERGY
    lot, payment = lot_denom or "units", payment_denom or "money"
    return Scale(1, lot, 1, f"{payment} a unit", 1, payment)
