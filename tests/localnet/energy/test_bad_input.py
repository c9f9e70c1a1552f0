"""What must not become energy: refused here by name before sending, and by the chain itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from plurichain.chain.energy import messages
from plurichain.energy.attributes import Attributes
from plurichain.energy.device import compute_device_message
from plurichain.energy.names import KeyType, RetirementPurpose
from plurichain.energy.reading import Interval, SignedReading
from plurichain.energy.state import IssuingBody, RegisteredPath
from plurichain.errors import (
    EnergyError,
    FundsShort,
    NotFound,
    PhaseError,
    ReadingRefused,
)
from plurichain.keyring import DeviceKey
from plurichain.metering.charging import charge_storage
from plurichain.metering.governing import register_path, remove_path, set_issuing_body
from plurichain.metering.issuing import issue_credits
from plurichain.metering.recording import record_attributes
from plurichain.metering.registering import register_device
from plurichain.metering.retiring import retire_credits
from plurichain.metering.submitting import sign_readings, submit_readings
from plurichain.units import Coin
from tests.localnet.energy.conftest import (
    DAY,
    QUARTER,
    Grid,
    get_yesterday,
    make_device,
    make_device_key,
    make_quarters,
)

NOON = 12 * 3_600


@pytest.fixture(scope="module")
def keys(grid: Grid) -> dict[str, DeviceKey]:
    """Give a roof and a mill with one reading each, at noon, whose credits are issued."""
    made = {
        "roof": grid.add_device("roof", technology="solar_pv", capacity_w=30_000),
        "mill": grid.add_device("mill", KeyType.SECP256K1),
    }
    for name, key in made.items():
        interval = make_quarters(get_yesterday() + NOON, 1_000)
        submit_readings(grid.owner, name, sign_readings(key, grid.owner.chain_id, name, interval))
        issue_credits(grid.registry, name)
    return made


Make = Callable[[int], list[Interval]]
READINGS: dict[str, tuple[str, Make]] = {
    "replayed with other counters": (
        "already_metered",
        lambda day: make_quarters(day + NOON, 999, counter=1_001),
    ),
    "overlapping": ("misaligned", lambda day: [Interval(day + NOON + 60, day + NOON + 960, 0, 1)]),
    "longer than an interval": (
        "misaligned",
        lambda day: [Interval(day + NOON - QUARTER, day + NOON + QUARTER, 0, 1)],
    ),
    "backwards": ("counter_backwards", lambda day: [Interval(day, day + QUARTER, 1_000, 999)]),
    "behind the reading before it": (
        "counter_mismatch",
        lambda day: make_quarters(day + NOON + QUARTER, 5, counter=1_999),
    ),
    "beyond the reading after it": (
        "counter_mismatch",
        lambda day: make_quarters(day + NOON - QUARTER, 2, counter=999),
    ),
    "above the capacity": (
        "above_capacity",
        lambda day: make_quarters(day + NOON + QUARTER, 7_501, counter=2_000),
    ),
    "sun at night": ("no_daylight", lambda day: make_quarters(day, 1, counter=100)),
    "not over yet": ("in_future", lambda day: make_quarters(day + 3 * DAY, 1, counter=5_000)),
    "eleven years old": ("too_old", lambda day: make_quarters(day - 4_018 * DAY + NOON, 1)),
    "out of order": (
        "batch_order",
        lambda day: make_quarters(day + NOON + QUARTER, 5, 5, counter=2_000)[::-1],
    ),
}


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("name", READINGS)
def test_a_bad_reading_is_refused_twice(grid: Grid, keys: dict[str, DeviceKey], name: str) -> None:
    """Here before anything is sent, and by the chain for the same reason; nothing changes."""
    reason, make = READINGS[name]
    signed = sign_readings(keys["roof"], grid.owner.chain_id, "roof", make(get_yesterday()))
    expect_refusal(grid, "roof", signed, reason)


def expect_refusal(
    grid: Grid, device_id: str, signed: tuple[SignedReading, ...], reason: str
) -> None:
    sent = len([item for item in grid.told if item.name.startswith("tx_")])
    with pytest.raises(ReadingRefused) as caught:
        submit_readings(grid.owner, device_id, signed)
    assert caught.value.reason == reason
    assert "\n" not in caught.value.cause
    assert len([item for item in grid.told if item.name.startswith("tx_")]) == sent

    message = messages.submit_readings(grid.owner.address, device_id, signed)
    if reason == "batch_order":
        # No block holds it: the message is wrong by itself, as its simulation says.
        with pytest.raises(ReadingRefused, match=": batch_order: "):
            grid.owner.sender.send([message], purpose="unchecked")
        return
    codespace, code, log = grid.send_unchecked(grid.owner, message)
    assert (codespace, code) == ("energy", 12), log
    assert f": {reason}: " in log


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("forged", ["another key", "another device", "another chain", "changed"])
@pytest.mark.parametrize("name", ["roof", "mill"])
def test_a_forged_reading_is_refused(
    grid: Grid, keys: dict[str, DeviceKey], name: str, forged: str
) -> None:
    """Only the device's own signature over just these values, for this chain, counts."""
    intervals = make_quarters(get_yesterday() + NOON + QUARTER, 5, counter=2_000)
    key = keys[name] if forged != "another key" else make_device_key("forger", KeyType.ED25519)
    chain_id = grid.owner.chain_id if forged != "another chain" else "grid-b-1"
    device_id = name if forged != "another device" else "neighbour"
    signed = sign_readings(key, chain_id, device_id, intervals)
    if forged == "changed":
        signed = (replace(signed[0], counter_end_wh=2_006),)
    expect_refusal(grid, name, signed, "bad_signature")


@pytest.mark.usefixtures("unchanged")
def test_one_bad_reading_refuses_its_whole_batch(grid: Grid, keys: dict[str, DeviceKey]) -> None:
    """The chain takes all of a batch or none; the error names the one."""
    intervals = make_quarters(get_yesterday() + NOON + QUARTER, 5, 7_501, 5, counter=2_000)
    signed = sign_readings(keys["roof"], grid.owner.chain_id, "roof", intervals)
    with pytest.raises(ReadingRefused, match=r"^day.csv, line 4: .*above_capacity") as caught:
        submit_readings(
            grid.owner, "roof", signed, places=[f"day.csv, line {line}" for line in (3, 4, 5)]
        )
    assert caught.value.index == 1
    message = messages.submit_readings(grid.owner.address, "roof", signed)
    assert grid.send_unchecked(grid.owner, message)[:2] == ("energy", 12)


def get_credit(grid: Grid, name: str) -> Coin:
    (row,) = grid.owner.queries.list_credits(name)
    return Coin(row.denom, row.issued_wh)


@pytest.mark.usefixtures("unchanged")
def test_no_interval_is_issued_twice_or_by_another(grid: Grid, keys: dict[str, DeviceKey]) -> None:
    """Each device-interval once, by the account of its issuing body, and only if metered."""
    assert keys
    start = get_yesterday() + NOON
    with pytest.raises(PhaseError, match="are issued already"):
        issue_credits(grid.registry, "roof", [start])
    with pytest.raises(NotFound, match="no reading of roof begins at"):
        issue_credits(grid.registry, "roof", [start + QUARTER])
    with pytest.raises(PhaseError, match="cannot issue its credits"):
        issue_credits(grid.owner, "roof")
    for account, starts, code in (
        (grid.registry, [start], 14),
        (grid.registry, [start + QUARTER], 13),
        (grid.owner, [start], 15),
    ):
        message = messages.issue_credits(account.address, "roof", starts)
        assert grid.send_unchecked(account, message)[:2] == ("energy", code)


@pytest.mark.usefixtures("unchanged")
def test_a_key_of_another_device_or_owner_is_refused(
    grid: Grid, keys: dict[str, DeviceKey]
) -> None:
    """A key belongs to one device; without it nobody proves to hold it; an id has one owner."""
    stolen = make_device(keys["roof"], "copy")
    with pytest.raises(EnergyError, match="is the key of the device roof"):
        register_device(grid.stranger, stolen, keys["roof"])
    data = compute_device_message(grid.owner.chain_id, grid.stranger.address.raw, stolen)
    proof = keys["roof"].sign(data)
    message = messages.register_device(grid.stranger.address, stolen, proof)
    assert grid.send_unchecked(grid.stranger, message)[:2] == ("energy", 10)

    fresh = make_device_key("fresh", KeyType.ED25519)
    device = make_device(fresh, "fresh")
    # Proven by its owner, and handed in by somebody else.
    proof = fresh.sign(compute_device_message(grid.owner.chain_id, grid.owner.address.raw, device))
    message = messages.register_device(grid.stranger.address, device, proof)
    assert grid.send_unchecked(grid.stranger, message)[:2] == ("energy", 11)
    with pytest.raises(EnergyError, match="is not that of the key"):
        register_device(grid.owner, device, keys["roof"])
    with pytest.raises(PhaseError, match="belongs to"):
        register_device(grid.stranger, make_device(fresh, "roof"), fresh)
    with pytest.raises(PhaseError, match="registered otherwise"):
        register_device(grid.owner, make_device(fresh, "roof"), fresh)
    with pytest.raises(EnergyError, match="does not know 'coal'"):
        register_device(grid.owner, replace(device, technology="coal"), fresh)
    with pytest.raises(NotFound, match="no issuing body nobody"):
        register_device(grid.owner, replace(device, issuing_body="nobody"), fresh)
    with pytest.raises(EnergyError, match="efficiency_bp: 9000 is not from 0 to 0"):
        register_device(grid.owner, replace(device, efficiency_bp=9_000), fresh)


def retire(grid: Grid, coin: Coin, attributes: Attributes | None = None) -> None:
    retire_credits(
        grid.owner,
        coin,
        beneficiary="nobody",
        purpose=RetirementPurpose.CONSUMPTION,
        attributes=attributes,
    )


def expect_chain_refusal(
    grid: Grid, coin: Coin, codes: set[tuple[str, int]], attributes: Attributes | None = None
) -> None:
    message = messages.retire_credits(
        grid.owner.address,
        coin,
        beneficiary="nobody",
        purpose=RetirementPurpose.CONSUMPTION,
        attributes=attributes,
    )
    codespace, code, log = grid.send_unchecked(grid.owner, message)
    assert (codespace, code) in codes, log


@pytest.mark.usefixtures("unchanged")
def test_more_than_is_held_is_not_retired(grid: Grid, keys: dict[str, DeviceKey]) -> None:
    """Nor is anything that is no credit of this chain, however it is called."""
    assert keys
    coin = get_credit(grid, "roof")
    more = Coin(coin.denom, coin.amount + 1)
    with pytest.raises(FundsShort, match="holds 1000 Wh"):
        retire(grid, more)
    expect_chain_refusal(grid, more, {("energy", 20), ("sdk", 5)})
    with pytest.raises(EnergyError, match="not an energy credit"):
        retire(grid, Coin("watthour", 1))
    expect_chain_refusal(grid, Coin("watthour", 1), {("energy", 17)})
    made_up = Coin(coin.denom[:-64] + "00" * 32, 1)
    with pytest.raises(EnergyError, match="energy credit"):
        retire(grid, made_up)
    expect_chain_refusal(grid, made_up, {("energy", 17)})
    voucher = Coin("ibc/" + "AB" * 32, 1)
    with pytest.raises(EnergyError, match="no voucher that this chain knows"):
        retire(grid, voucher)
    expect_chain_refusal(grid, voucher, {("energy", 17)})


@pytest.mark.usefixtures("unchanged")
def test_attributes_of_another_credit_are_no_evidence(
    grid: Grid, keys: dict[str, DeviceKey]
) -> None:
    """Attributes must hash to the denom that is retired."""
    assert keys
    coin = get_credit(grid, "roof")
    other = grid.owner.queries.get_credit(get_credit(grid, "mill").denom).attributes
    with pytest.raises(EnergyError, match="attributes: they are those of"):
        retire(grid, Coin(coin.denom, 1), other)
    expect_chain_refusal(grid, Coin(coin.denom, 1), {("energy", 19)}, other)
    with pytest.raises(EnergyError, match="capacity_w: 0"):
        record_attributes(grid.owner, [replace(other, capacity_w=0)])
    with pytest.raises(EnergyError, match="none are named"):
        record_attributes(grid.owner, [])


def test_retired_is_gone(grid: Grid, keys: dict[str, DeviceKey]) -> None:
    """The same credits are not retired twice."""
    assert keys
    coin = get_credit(grid, "mill")
    retire(grid, coin)
    before = grid.snapshot()
    with pytest.raises(FundsShort, match="holds 0 Wh"):
        retire(grid, coin)
    expect_chain_refusal(grid, coin, {("energy", 20), ("sdk", 5)})
    assert grid.snapshot() == before
    assert grid.list_broken() == []


@pytest.mark.usefixtures("unchanged")
def test_only_a_storage_of_ones_own_is_charged(grid: Grid, keys: dict[str, DeviceKey]) -> None:
    """And only with credits that are held."""
    assert keys
    coin = get_credit(grid, "roof")
    with pytest.raises(EnergyError, match="solar_pv is no storage"):
        charge_storage(grid.owner, "roof", [coin])
    with pytest.raises(PhaseError, match="cannot charge it"):
        charge_storage(grid.stranger, "roof", [coin])
    with pytest.raises(EnergyError, match="none are named"):
        charge_storage(grid.owner, "roof", [])
    message = messages.charge_storage(grid.owner.address, "roof", [coin])
    assert grid.send_unchecked(grid.owner, message)[:2] == ("energy", 16)


@pytest.mark.usefixtures("unchanged")
def test_only_the_registrar_names_bodies_and_paths(grid: Grid) -> None:
    """What a path leads to is state that one account answers for."""
    path = RegisteredPath("transfer/channel-0", "grid-b-1")
    body = IssuingBody("mine", "Mine", grid.stranger.address, True)
    refused: list[Callable[[], object]] = [
        lambda: register_path(grid.stranger, path),
        lambda: set_issuing_body(grid.stranger, body),
        lambda: remove_path(grid.stranger, path.path),
    ]
    for act in refused:
        with pytest.raises(PhaseError, match="the registrar is"):
            act()
    for message in (
        messages.register_path(grid.stranger.address, path),
        messages.set_issuing_body(grid.stranger.address, body),
    ):
        assert grid.send_unchecked(grid.stranger, message)[:2] == ("energy", 3)
    with pytest.raises(NotFound, match="is not registered"):
        remove_path(grid.registrar, "transfer/channel-9")
    with pytest.raises(EnergyError, match="is not 1 to 8 hops"):
        register_path(grid.registrar, RegisteredPath("transfer", "grid-b-1"))


def test_a_path_has_one_origin(grid: Grid) -> None:
    """Another origin for a registered path is refused until the path is removed."""
    path = RegisteredPath("transfer/channel-77", "grid-b-1")
    assert register_path(grid.registrar, path) is not None
    assert register_path(grid.registrar, path) is None
    other = replace(path, origin_chain="grid-c-1")
    with pytest.raises(PhaseError, match="is registered for grid-b-1"):
        register_path(grid.registrar, other)
    message = messages.register_path(grid.registrar.address, other)
    assert grid.send_unchecked(grid.registrar, message)[:2] == ("energy", 22)
    remove_path(grid.registrar, path.path)
    register_path(grid.registrar, other)
    assert other in grid.owner.queries.list_paths()
    remove_path(grid.registrar, other.path)
