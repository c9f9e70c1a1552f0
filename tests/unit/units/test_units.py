"""Durations, integers and coins: exact in both directions, and clear when refused."""

from __future__ import annotations

import pytest

from plurichain.errors import InputError
from plurichain.units import (
    DURATION_MAX,
    U64_MAX,
    Coin,
    add_coins,
    format_coins,
    format_duration,
    format_micro,
    format_wh,
    get_amount,
    make_coins,
    parse_coins,
    parse_duration_ns,
    parse_integer,
    quote_value,
    subtract_coins,
)

SECOND_NS = 10**9


@pytest.mark.parametrize(("text", "value"), [("0", 0), ("7", 7), (str(U64_MAX), U64_MAX)])
def test_plain_digits_are_an_integer(text: str, value: int) -> None:
    """Digits alone are read as they stand."""
    assert parse_integer(text, field="quantity", maximum=U64_MAX) == value


@pytest.mark.parametrize(
    "text",
    ["", "-1", "+1", "1.0", "1e3", " 1", "1 ", "1_000", "01", "٣", "１", "0x1", str(U64_MAX + 1)],
)
def test_anything_else_is_refused_by_name(text: str) -> None:
    """The error names the field, the value and the rule on one line."""
    with pytest.raises(InputError) as caught:
        parse_integer(text, field="quantity", minimum=0, maximum=U64_MAX)

    assert caught.value.cause == (f"quantity: {text!r} is not a whole number from 0 to {U64_MAX}")
    assert caught.value.remedy


def test_an_enormous_number_is_neither_converted_nor_shown_whole() -> None:
    """Python itself refuses to convert 5000 digits; the error stays short."""
    with pytest.raises(InputError) as caught:
        parse_integer("9" * 5000, field="price")

    assert "(5000 characters)" in caught.value.cause
    assert len(caught.value.cause) < 200


def test_an_integer_below_the_minimum_is_refused() -> None:
    """The range is closed at both ends."""
    assert parse_integer("1", field="n", minimum=1, maximum=1) == 1
    with pytest.raises(InputError, match="from 1 to 9"):
        parse_integer("0", field="n", minimum=1, maximum=9)


def test_values_are_quoted_whole_up_to_40_characters() -> None:
    """Longer ones are cut, and their length is told."""
    assert quote_value("x" * 40) == repr("x" * 40)
    assert quote_value("x" * 41) == f"{'x' * 40!r}… (41 characters)"


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("0s", 0),
        ("15s", 15 * SECOND_NS),
        ("250ms", 250_000_000),
        ("1h30m", 5400 * SECOND_NS),
        ("1h2m3s4ms5us6ns", 3_723_004_005_006),
        ("90m", 5400 * SECOND_NS),
        (17, 17),
        (f"{DURATION_MAX}ns", DURATION_MAX),
    ],
)
def test_durations(text: str | int, nanoseconds: int) -> None:
    """Whole numbers with units, greatest first; an int is nanoseconds."""
    assert parse_duration_ns(text) == nanoseconds


@pytest.mark.parametrize(
    "text",
    ["", "15", "s", "1.5s", "-1s", "1s1h", "1s1s", "1 s", "1d", "٣s", f"{DURATION_MAX + 1}ns",
     f"{10**19 - 1}h", -1, DURATION_MAX + 1],
)  # fmt: skip
def test_other_durations_are_refused(text: str | int) -> None:
    """Without unit, fractional, negative, out of order, too long."""
    with pytest.raises(InputError, match=r"^commit_window: "):
        parse_duration_ns(text, field="commit_window")


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "0s"),
        (1, "1ns"),
        (1500 * 10**6, "1s500ms"),
        (5400 * SECOND_NS, "1h30m"),
        (86400 * SECOND_NS, "24h"),
        (-15 * SECOND_NS, "-15s"),
    ],
)
def test_format_duration(nanoseconds: int, text: str) -> None:
    """Every duration has one spelling."""
    assert format_duration(nanoseconds) == text


@pytest.mark.parametrize(
    ("energy_wh", "text"),
    [(0, "0 Wh"), (999, "999 Wh"), (-999, "-999 Wh"), (1000, "1 kWh"), (1500, "1.5 kWh"),
     (100_000, "100 kWh"), (1001, "1.001 kWh"), (-1050, "-1.05 kWh")],
)  # fmt: skip
def test_format_wh(energy_wh: int, text: str) -> None:
    """Energy is shown exactly."""
    assert format_wh(energy_wh) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "0"), (1, "0.000001"), (1_250_000, "1.25"), (-5, "-0.000005"), (2 * 10**6, "2")],
)
def test_format_micro(amount: int, text: str) -> None:
    """Micro-amounts are shown exactly."""
    assert format_micro(amount) == text


def test_coins_are_read_and_written() -> None:
    """Coins come out in order of denom; no text is no coins."""
    coins = parse_coins("5watthour,10ueur,3ibc/AB-c.d_e:f")

    assert coins == (Coin("ibc/AB-c.d_e:f", 3), Coin("ueur", 10), Coin("watthour", 5))
    assert format_coins(coins) == "3ibc/AB-c.d_e:f,10ueur,5watthour"
    assert parse_coins("") == ()
    assert format_coins(()) == ""


@pytest.mark.parametrize(
    "text",
    ["5", "ueur", "5 ueur", "-5ueur", "5ueur,", ",5ueur", "5u", "0ueur", "05ueur", "5ueur,6ueur",
     "1.5ueur", f"{2**128}ueur", "5ueür"],
)  # fmt: skip
def test_other_coins_are_refused(text: str) -> None:
    """Each refusal names the field."""
    with pytest.raises(InputError, match=r"^deposit: "):
        parse_coins(text, field="deposit")


def test_coins_add_and_subtract() -> None:
    """Denoms that come to nothing vanish; none goes below zero."""
    ten, mixed = parse_coins("10ueur"), parse_coins("4ueur,5watthour")

    assert add_coins(ten, mixed) == parse_coins("14ueur,5watthour")
    assert subtract_coins(add_coins(ten, mixed), ten) == mixed
    assert subtract_coins(ten, ten) == ()
    assert make_coins([("b", 1), ("a", 2), ("b", -1)]) == (Coin("a", 2),)
    assert get_amount(mixed, "ueur") == 4
    assert get_amount(mixed, "upluri") == 0
    with pytest.raises(InputError, match="watthour: an amount of -5"):
        subtract_coins(ten, mixed)
