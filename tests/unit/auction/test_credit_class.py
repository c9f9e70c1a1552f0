"""Lots that are a class of credits, where the shared vectors do not reach."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plurichain.auction.credit_class import (
    MAX_LOT_COINS,
    CreditClass,
    split_delivery,
    validate_credit_class,
    validate_lot_coins,
)
from plurichain.auction.money import compute_creator_escrow, compute_reveal_escrow
from plurichain.auction.terms_toml import parse_terms_toml
from plurichain.errors import InputError, TermsError
from plurichain.units import U64_MAX, Coin
from tests.vectors.cases.common import FORWARD_TERMS, REVERSE_TERMS, sell

COINS = st.dictionaries(st.text("abc", min_size=1, max_size=3), st.integers(1, 50), max_size=6).map(
    lambda found: tuple(Coin(denom, found[denom]) for denom in sorted(found))
)


@pytest.mark.parametrize(
    ("coins", "units", "words"),
    [
        ((), 1, "0 Wh are named, 1 Wh can have to be delivered"),
        ((Coin("a", 2), Coin("b", 3)), 6, "5 Wh are named, 6 Wh"),
        ((Coin("b", 1), Coin("a", 1)), 2, "not ascending"),
        ((Coin("a", 1), Coin("a", 1)), 2, "stands twice"),
        ((Coin("a", 0),), 0, "0a is not from 1"),
        ((Coin("a", U64_MAX + 1),), U64_MAX + 1, "is not from 1"),
        (tuple(Coin(f"d{n:03}", 1) for n in range(MAX_LOT_COINS + 1)), 129, "more than 128"),
    ],
)
def test_coins_that_cannot_be_named(coins: tuple[Coin, ...], units: int, words: str) -> None:
    with pytest.raises(InputError, match=words):
        validate_lot_coins(coins, units)


def test_as_many_coins_as_may_be_named() -> None:
    validate_lot_coins(tuple(Coin(f"d{n:03}", 1) for n in range(MAX_LOT_COINS)), MAX_LOT_COINS)
    validate_lot_coins((), 0)


@given(COINS, st.integers(0, 400))
def test_a_delivery_takes_the_first_coins_and_loses_none(
    coins: tuple[Coin, ...], units: int
) -> None:
    """What is delivered and the rest are together what there was, in ascending order."""
    delivered, rest = split_delivery(reversed(coins), units)
    amounts = {coin.denom: coin.amount for coin in coins}
    for coin in (*delivered, *rest):
        amounts[coin.denom] -= coin.amount

    assert not any(amounts.values())
    assert sum(coin.amount for coin in delivered) == min(units, sum(c.amount for c in coins))
    assert not delivered or not rest or delivered[-1].denom <= rest[0].denom


def test_named_credits_are_escrowed_as_they_are() -> None:
    """A deposit that holds such a credit too makes nothing less."""
    named = (Coin("a", 3), Coin("b", 4))
    asked: dict[str, Any] = {"lot_denom": "", "credit_class": CreditClass(), "quantity": 7}

    assert compute_creator_escrow(replace(FORWARD_TERMS, **asked), named) == named
    escrow = compute_reveal_escrow(
        sell((7, 1)),
        replace(REVERSE_TERMS, **asked),
        (Coin("a", 2),),
        named,
    )
    assert escrow == named


def test_words_that_no_chain_takes() -> None:
    with pytest.raises(TermsError, match="cannot be one of the zones"):
        validate_credit_class(CreditClass(zones=("\ud800",)))
    with pytest.raises(TermsError, match="zones b, a are not ascending"):
        validate_credit_class(CreditClass(zones=("b", "a")))


def test_words_have_to_be_a_list() -> None:
    text = '[credit_class]\nzones = "north"\n'
    with pytest.raises(TermsError, match=r"credit_class.zones: 'north' is not a list of texts"):
        parse_terms_toml(text, source="terms.toml")
