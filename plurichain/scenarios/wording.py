"""Amounts in the words of the people who trade: kWh and EUR, with the chain's units beside."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from plurichain.units import format_micro, format_wh


@dataclass(frozen=True, slots=True)
class Wording:
    """How amounts of a lot denom and a payment denom are written; all of it exact.

    ``watthour`` is written in kWh, ``ueur`` in EUR, any other denom as it is.
    """

    lot_denom: str
    payment_denom: str

    @property
    def is_energy(self) -> bool:
        """Whether the lot is counted in Wh."""
        return self.lot_denom == "watthour"

    @property
    def is_euro(self) -> bool:
        """Whether money is counted in millionths of a euro."""
        return self.payment_denom == "ueur"

    @property
    def lot_unit(self) -> str:
        """The unit that people read."""
        return "kWh" if self.is_energy else self.lot_denom

    @property
    def money_unit(self) -> str:
        """The money that people read."""
        return "EUR" if self.is_euro else self.payment_denom

    def format_lot(self, units: int) -> str:
        """Return "7 kWh" from 7000 units."""
        return format_wh(units) if self.is_energy else f"{units} {self.lot_denom}"

    def format_money(self, amount: int) -> str:
        """Return "1.25 EUR" from 1250000 units."""
        return f"{self.format_money_number(amount)} {self.money_unit}"

    def format_lot_number(self, units: int) -> str:
        """Return "7" from 7000 units, without the unit."""
        return _format_shifted(units, 3) if self.is_energy else str(units)

    def format_money_number(self, amount: int, *, places: int = 2) -> str:
        """Return "1.25" from 1250000 units, without the unit.

        At least ``places`` digits after the point, and as many more as it takes.
        """
        if not self.is_euro:
            return str(amount)
        whole, _, fraction = format_micro(amount).partition(".")
        return f"{whole}.{fraction.ljust(places, '0')}"

    def format_price(self, price: int) -> str:
        """Return "25.5 ct/kWh" from 255 payment units a lot unit."""
        if self.is_energy and self.is_euro:
            return f"{_format_shifted(price, 1)} ct/kWh"
        return f"{price} {self.payment_denom} a {self.lot_denom}"

    def format_average(self, payment: int, units: int) -> str:
        """Return the average price of ``units``, to a hundredth, as "13.37 ct/kWh"."""
        if not units:
            return "-"
        if not (self.is_energy and self.is_euro):
            return f"{Fraction(payment, units)}"
        # 1 ueur a Wh is 0.1 ct a kWh; half a hundredth rounds up.
        hundredths = (2 * payment * 10 + units) // (2 * units)
        return f"{hundredths // 100}.{hundredths % 100:02}"


def _format_shifted(amount: int, decimals: int) -> str:
    """Return ``amount`` / 10**decimals exactly, without trailing zeros."""
    whole, fraction = divmod(abs(amount), 10**decimals)
    digits = f"{fraction:0{decimals}d}".rstrip("0")
    return ("-" if amount < 0 else "") + f"{whole}" + (f".{digits}" if digits else "")
