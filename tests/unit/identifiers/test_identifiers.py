"""Addresses and names: what is taken, and what a typing error gets."""

from __future__ import annotations

from collections.abc import Callable

import bech32
import pytest
from cosmpy.crypto.address import Address as CosmpyAddress

from plurichain.errors import InputError
from plurichain.identifiers import (
    Address,
    validate_chain_id,
    validate_denom,
    validate_key_name,
    validate_network_name,
)
from plurichain.units import parse_coins

RAW = bytes(range(20))


def encode(prefix: str, raw: bytes) -> str:
    return str(bech32.bech32_encode(prefix, bech32.convertbits(raw, 8, 5)))


def test_an_address_is_that_of_cosmpy() -> None:
    """An account's address is written as by cosmpy, which knows 20 bytes alone."""
    assert str(Address(RAW, "pluri")) == str(CosmpyAddress(RAW, prefix="pluri"))


@pytest.mark.parametrize("length", [20, 32])
def test_text_and_bytes_go_both_ways(length: int) -> None:
    """Accounts have 20 bytes, modules' and groups' 32."""
    raw = bytes(range(length))
    text = encode("pluri", raw)

    address = Address.parse(text, prefix="pluri")

    assert address == Address(raw, "pluri")
    assert str(address) == text
    assert address.hex == raw.hex()


def test_any_prefix_is_taken_where_none_is_asked_for() -> None:
    """The prefix that was found is kept. Upper case is the same address."""
    address = Address.parse(encode("cosmos", RAW))

    assert address.prefix == "cosmos"
    assert Address.parse(str(address).upper()) == address


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "is not bech32"),
        ("pluri", "is not bech32"),
        (encode("pluri", RAW).replace("yq5", "yq6"), "typing error"),
        (encode("pluri", RAW)[:-1], "typing error"),
        (encode("pluri", RAW) + " ", "is not bech32"),
        ("P" + encode("pluri", RAW)[1:], "mixes upper and lower case"),
        (encode("cosmos", RAW), "has the prefix 'cosmos', not 'pluri'"),
        (encode("pluri", RAW[:19]), "20 or 32 bytes"),
        (encode("pluri", RAW * 2), "20 or 32 bytes"),
        (str(bech32.bech32_encode("pluri", [31] * 33)), "20 or 32 bytes"),
        ("x" * 1000, "…"),
    ],
)
def test_other_addresses_are_refused(text: str, word: str) -> None:
    """The error names the field, the value and what is wrong with it."""
    with pytest.raises(InputError) as caught:
        Address.parse(text, prefix="pluri", field="--bidder")

    assert caught.value.cause.startswith("--bidder: '")
    assert word in caught.value.cause
    assert len(caught.value.cause) < 250


def test_a_prefix_that_no_chain_has_is_refused() -> None:
    """BIP-173 allows digits and signs first; addresses do not begin so."""
    with pytest.raises(InputError, match="20 or 32 bytes"):
        Address.parse(encode("9!", RAW))


def test_an_address_cannot_be_made_of_other_bytes() -> None:
    """Length and prefix are checked however it is made."""
    with pytest.raises(InputError, match="19 bytes are neither 20 nor 32"):
        Address(RAW[:19], "pluri")
    with pytest.raises(InputError, match="address prefix: 'Pluri'"):
        Address(RAW, "Pluri")


@pytest.mark.parametrize(
    ("validate", "good", "bad"),
    [
        (validate_denom, ["abc", "a" * 128, "ibc/0A", "wh.2026:x_y-z"],
         ["", "ab", "1ab", "a" * 129, "a b", "äbc", "abc\n"]),
        (validate_chain_id, ["a", "plurid-1", "x" * 50, "A.b_c-1"],
         ["", "-a", "x" * 51, "a b", "a/b", "a\n", "ä"]),
        (validate_network_name, ["localnet", "a", "0-a_b", "x" * 64],
         ["", "Local", "-a", "x" * 65, "a.b", "a/b", "a\n"]),
        (validate_key_name, ["alice", "Alice.2", "a_b-c", "x" * 64],
         ["", ".a", "-a", "x" * 65, "a/b", "..", "a b", "a\n"]),
    ],
)  # fmt: skip
def test_names(validate: Callable[..., None], good: list[str], bad: list[str]) -> None:
    """Every rule takes its edges and refuses what is beyond them, by field and value."""
    for text in good:
        validate(text, field="name")
    for text in bad:
        with pytest.raises(InputError, match=r"^name: ") as caught:
            validate(text, field="name")
        assert "\n" not in caught.value.cause


@pytest.mark.parametrize(
    "denom", ["abc", "a" * 128, "a" * 129, "ab", "1ab", "a b", "ibc/0A", "äbc"]
)
def test_coins_and_denoms_follow_one_rule(denom: str) -> None:
    """What parse_coins takes as a denom is what validate_denom takes."""

    def is_refused(function: Callable[[str], object], text: str) -> bool:
        try:
            function(text)
        except InputError:
            return True
        return False

    assert is_refused(validate_denom, denom) == is_refused(parse_coins, f"7{denom}")
