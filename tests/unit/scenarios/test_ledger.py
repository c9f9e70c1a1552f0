from __future__ import annotations

from dataclasses import replace

import pytest

from plurichain.auction.names import DepositStatus, Phase
from plurichain.auction.state import AuctionState, AwardRow, CommitmentState, ResultState
from plurichain.errors import CheckFailed
from plurichain.identifiers import Address
from plurichain.scenarios.example import load_example
from plurichain.scenarios.ledger import Ledger, compute_module_address, find_imbalances
from plurichain.scenarios.settlement import Settlement, validate_cleared, validate_settlement
from plurichain.scenarios.tables import tabulate_award, tabulate_balances
from plurichain.scenarios.wording import Wording
from plurichain.units import Coin

A, B, TOWN = (Address(bytes([number]) * 20, "pluri") for number in (1, 2, 3))
WORDING = Wording("watthour", "ueur")


def make_settlement() -> Settlement:
    """A sells 40 for 600 in a reverse auction; B forgets and loses 5."""
    terms = load_example("town-tender").terms
    deposit = (Coin("ueur", 5),)
    auction = AuctionState(
        1, TOWN, terms, b"", Phase.CLEARED, deposit, (), 0, 1, 2, None, 0, 2, 1, ""
    )
    result = ResultState(1, -600, None, 0, b"", (AwardRow(A, 40, 600),), 9, 9)
    commitments = (
        CommitmentState(1, A, b"", 1, DepositStatus.RETURNED, 0),
        CommitmentState(1, B, b"", 1, DepositStatus.FORFEITED, 0),
    )
    supply = {"watthour": 1000, "ueur": 5000}
    before = {
        "town": {"ueur": 1000},
        "a": {"watthour": 100, "ueur": 10},
        "b": {"ueur": 10},
        "auction module": {},
        "community pool": {},
        "faucet": {"watthour": 900, "ueur": 3980},
    }
    after = {
        **before,
        "town": {"ueur": 400, "watthour": 40},
        "a": {"watthour": 60, "ueur": 610},
        "b": {"ueur": 5},
        "community pool": {"ueur": 5},
    }
    return Settlement(
        auction, result, commitments, {A.raw: "a", B.raw: "b"},
        Ledger(before, supply), Ledger(after, supply),
    )  # fmt: skip


def test_a_right_settlement_passes() -> None:
    settlement = make_settlement()

    validate_settlement(settlement, "town")
    assert settlement.forfeited == {"b": 5}


@pytest.mark.parametrize(
    ("holder", "denom", "amount", "said"),
    [
        ("a", "ueur", 611, r"all balances after 5001"),
        ("auction module", "watthour", 1, r"auction module: watthour changed by 1, not by 0"),
        ("b", "ueur", 10, r"b: ueur changed by 0, not by -5"),
    ],
)
def test_one_unit_too_much_is_found(holder: str, denom: str, amount: int, said: str) -> None:
    settlement = make_settlement()
    after = {name: dict(held) for name, held in settlement.after.balances.items()}
    after[holder][denom] = amount
    wrong = replace(settlement, after=Ledger(after, settlement.after.supply))

    with pytest.raises(CheckFailed, match=said) as raised:
        validate_settlement(wrong, "town")
    assert raised.value.exit_status == 6


def test_two_balances_swapped_conserve_and_are_found() -> None:
    settlement = make_settlement()
    after = {name: dict(held) for name, held in settlement.after.balances.items()}
    after["a"]["ueur"] -= 1
    after["town"]["ueur"] += 1
    wrong = replace(settlement, after=Ledger(after, settlement.after.supply))

    assert find_imbalances(wrong.before, wrong.after) == []
    with pytest.raises(CheckFailed, match="a: ueur changed by 599, not by 600"):
        validate_settlement(wrong, "town")


def test_coins_made_by_the_chain_are_found() -> None:
    settlement = make_settlement()
    after = Ledger(settlement.after.balances, {**settlement.after.supply, "ueur": 5001})

    assert find_imbalances(settlement.before, after) == [
        "ueur: supply before 5000, supply after 5001"
    ]


def test_an_auction_that_failed_is_named() -> None:
    auction = replace(make_settlement().auction, phase=Phase.FAILED, failure="panic")

    with pytest.raises(CheckFailed, match="auction 1 ended as failed: panic"):
        validate_cleared(auction)


def test_addresses_of_modules_are_the_sdks() -> None:
    """As the SDK's own chains print them, e.g. Cosmos Hub's distribution and bonded pool."""
    distribution = "cosmos1jv65s3grqf6v6jl3dp4t6c9t9rk99cd88lyufl"
    bonded = "cosmos1fl48vsnmsdzcv85q5d2q4z5ajdha8yu34mf0eh"

    assert str(compute_module_address("distribution", "cosmos")) == distribution
    assert str(compute_module_address("bonded_tokens_pool", "cosmos")) == bonded


def test_the_award_shows_deposits_and_a_total() -> None:
    table = tabulate_award(make_settlement(), WORDING)

    assert table.rows == (
        ("a", "0.04", "40", "0.0006", "600", "1.50", "returned"),
        ("b", "0", "0", "0.000", "0", "-", "forfeited"),
        ("together", "0.04", "40", "0.0006", "600", "1.50", ""),
    )


def test_balances_leave_out_the_faucet_and_add_up() -> None:
    settlement = make_settlement()
    table = tabulate_balances(settlement.before, settlement.after, WORDING)
    rows = {row[0]: row[1:] for row in table.rows}

    assert "faucet" not in rows
    assert rows["a"] == ("0.1", "0.06", "-0.04", "0.00001", "0.00061", "+0.0006")
    assert rows["together"][2] == rows["together"][5] == "-"
