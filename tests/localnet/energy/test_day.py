"""A day of two meters: from signed readings to retired credits, and through a storage."""

from __future__ import annotations

import pytest

from plurichain.chain.energy.events import ReadingAccepted, decode_energy_events
from plurichain.energy.names import DeviceStatus, KeyType, RetirementPurpose
from plurichain.energy.reading import compute_reading_hash
from plurichain.errors import PhaseError
from plurichain.metering.charging import charge_storage
from plurichain.metering.explaining import explain_credit
from plurichain.metering.issuing import issue_credits
from plurichain.metering.registering import register_device
from plurichain.metering.retiring import retire_credits
from plurichain.metering.submitting import check_readings, sign_readings, submit_readings
from plurichain.units import Coin
from tests.localnet.energy.conftest import Grid, get_yesterday, make_device, make_quarters

ENERGIES = [(place * 7_919) % 1_500 for place in range(96)]


@pytest.mark.parametrize("key_type", list(KeyType))
def test_a_day_becomes_credits_that_are_retired(grid: Grid, key_type: KeyType) -> None:
    """Every Wh that was metered is issued once, held once, and retired once."""
    name = f"mill-{key_type.text}"
    key = grid.add_device(name, key_type)
    assert register_device(grid.owner, make_device(key, name), key).tx_hash == ""
    chain_id = grid.owner.chain_id
    readings = sign_readings(key, chain_id, name, make_quarters(get_yesterday(), *ENERGIES))

    assert check_readings(grid.owner, name, readings) == readings
    half = submit_readings(grid.stranger, name, readings[:40])
    assert (half.accepted, half.skipped, half.metered_wh) == (40, 0, sum(ENERGIES[:40]))
    whole = submit_readings(grid.owner, name, readings)
    assert (whole.accepted, whole.skipped) == (56, 40)
    again = submit_readings(grid.owner, name, readings)
    assert (again.accepted, again.skipped, again.tx_hashes) == (0, 96, ())
    assert "96 of 96 intervals" in grid.told[-1].text
    stored = grid.owner.queries.list_readings(name)
    assert [row.reading for row in stored] == list(readings)

    first = issue_credits(grid.registry, name, [readings[5].interval_start])
    assert (first.intervals, first.issued_wh) == (1, ENERGIES[5])
    rest = issue_credits(grid.registry, name)
    assert (rest.intervals, rest.issued_wh) == (95, sum(ENERGIES) - ENERGIES[5])
    assert issue_credits(grid.registry, name).credits == ()
    coins = (*first.credits, *rest.credits)
    held = grid.owner.client.get_balances(grid.owner.address)
    assert all(held[coin.denom] == coin.amount for coin in coins)
    assert sum(coin.amount for coin in coins) == sum(ENERGIES)

    (coin,) = first.credits
    story = explain_credit(grid.owner, coin.denom)
    assert story.origin.verified
    assert story.origin.attributes is not None
    assert story.origin.attributes.reading_hash == compute_reading_hash(chain_id, name, readings[5])
    receipt = retire_credits(
        grid.owner,
        Coin(coin.denom, 100),
        beneficiary="Zürich town school",
        purpose=RetirementPurpose.DISCLOSURE,
        reason="the year's report",
    )
    assert receipt.retirement.coin == Coin(coin.denom, 100)
    assert receipt.retirement.beneficiary == "Zürich town school"
    told = explain_credit(grid.owner, coin.denom)
    assert told.credit is not None
    assert (told.credit.issued_wh, told.supply_wh, told.retired_wh) == (
        coin.amount,
        coin.amount - 100,
        100,
    )
    assert receipt.retirement in grid.owner.queries.list_retirements(grid.owner.address, coin.denom)
    assert grid.list_broken() == []


def test_each_accepted_reading_is_told_once(grid: Grid) -> None:
    """An event an interval, with the hash that the credit will carry."""
    key = grid.add_device("told")
    signed = sign_readings(
        key, grid.owner.chain_id, "told", make_quarters(get_yesterday(), 10, 0, 30)
    )
    tx_hash = submit_readings(grid.owner, "told", signed).tx_hashes[0]
    inclusion = grid.owner.client.get_tx(tx_hash)

    assert inclusion is not None
    told = [
        event
        for event in decode_energy_events(inclusion.result.events)
        if isinstance(event, ReadingAccepted)
    ]
    assert [(event.energy_wh, event.reading_hash) for event in told] == [
        (item.energy_wh, compute_reading_hash(grid.owner.chain_id, "told", item)) for item in signed
    ]
    receipt = issue_credits(grid.registry, "told")
    assert [coin.amount for coin in receipt.credits] == [10, 30], "an interval of 0 Wh mints none"
    assert all(row.issued for row in grid.owner.queries.list_readings("told"))


def test_a_storage_gives_back_what_went_in_less_its_losses(grid: Grid) -> None:
    """Charged credits are burned; more than their sum less losses is never issued."""
    key = grid.add_device("source")
    start, chain_id = get_yesterday(), grid.owner.chain_id
    signed = sign_readings(key, chain_id, "source", make_quarters(start, 1_001, 500))
    submit_readings(grid.owner, "source", signed)
    coins = issue_credits(grid.registry, "source").credits
    battery = grid.add_device("battery", technology="storage", efficiency_bp=8_500)

    charged = charge_storage(grid.owner, "battery", coins)
    assert charged.credited_wh == 1_501 * 8_500 // 10_000 == 1_275
    held = grid.owner.client.get_balances(grid.owner.address)
    assert all(coin.denom not in held for coin in coins)
    out = sign_readings(battery, chain_id, "battery", make_quarters(start + 7_200, 1_000, 200, 300))
    submit_readings(grid.owner, "battery", out)
    receipt = issue_credits(grid.registry, "battery")
    assert [coin.amount for coin in receipt.credits] == [1_000, 200, 75]
    assert grid.owner.queries.get_device("battery").storage_balance_wh == 0
    assert grid.list_broken() == []


def test_a_suspended_device_waits(grid: Grid) -> None:
    """Its readings are not taken until its body lets it go on."""
    from plurichain.metering.registering import set_device_status

    key = grid.add_device("moody")
    signed = sign_readings(key, grid.owner.chain_id, "moody", make_quarters(get_yesterday(), 10))
    set_device_status(grid.registry, "moody", DeviceStatus.SUSPENDED)
    with pytest.raises(PhaseError, match="the device moody is suspended"):
        submit_readings(grid.owner, "moody", signed)
    set_device_status(grid.registry, "moody", DeviceStatus.ACTIVE)
    assert submit_readings(grid.owner, "moody", signed).accepted == 1
