from __future__ import annotations

import pytest

from plurichain.scenarios.wording import Wording

ENERGY = Wording("watthour", "ueur")
OTHER = Wording("apple", "pear")


@pytest.mark.parametrize(
    ("units", "text", "number"),
    [(0, "0 Wh", "0"), (999, "999 Wh", "0.999"), (7000, "7 kWh", "7"), (-1500, "-1.5 kWh", "-1.5")],
)
def test_energy_is_written_in_kwh(units: int, text: str, number: str) -> None:
    assert ENERGY.format_lot(units) == text
    assert ENERGY.format_lot_number(units) == number


@pytest.mark.parametrize(
    ("amount", "places", "number"),
    [
        (0, 2, "0.00"),
        (1_250_000, 2, "1.25"),
        (1_250_000, 3, "1.250"),
        (1, 2, "0.000001"),
        (-5_000_000, 2, "-5.00"),
        (10**24, 2, "1000000000000000000.00"),
    ],
)
def test_money_is_exact_and_has_cents(amount: int, places: int, number: str) -> None:
    assert ENERGY.format_money_number(amount, places=places) == number


def test_prices() -> None:
    assert ENERGY.format_price(255) == "25.5 ct/kWh"
    assert ENERGY.format_price(60) == "6 ct/kWh"
    assert OTHER.format_price(60) == "60 pear a apple"


@pytest.mark.parametrize(
    ("payment", "units", "text"),
    [(3_464_000, 12_000, "28.87"), (1, 20, "0.01"), (1, 21, "0.00"), (0, 5, "0.00"), (0, 0, "-")],
)
def test_an_average_is_rounded_to_a_hundredth(payment: int, units: int, text: str) -> None:
    assert ENERGY.format_average(payment, units) == text


def test_other_denoms_stay_as_they_are() -> None:
    assert OTHER.format_lot(5) == "5 apple"
    assert OTHER.format_money(1_000_000) == "1000000 pear"
    assert OTHER.format_average(1, 3) == "1/3"
    assert (OTHER.lot_unit, OTHER.money_unit) == ("apple", "pear")
