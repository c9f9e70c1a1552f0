"""Ten meters and their day: registered, signed, taken by the chain, issued as credits."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plurichain.chain.energy import messages
from plurichain.chain.transactions.messages import bank_send
from plurichain.energy.devices_toml import parse_devices_toml
from plurichain.energy.names import DeviceStatus, KeyType
from plurichain.energy.readings_csv import parse_readings_csv
from plurichain.energy.state import IssuingBody
from plurichain.errors import CheckFailed
from plurichain.harness.accounts import compute_secret
from plurichain.keyring import DeviceKey, Key
from plurichain.metering.charging import charge_storage
from plurichain.metering.governing import set_issuing_body
from plurichain.metering.issuing import issue_credits
from plurichain.metering.registering import register_device
from plurichain.metering.submitting import SubmitReceipt, sign_readings, submit_readings
from plurichain.scenarios.example import get_examples_folder, read_example_file
from plurichain.scenarios.scenes import Shown
from plurichain.units import Coin, format_wh

if TYPE_CHECKING:
    from pathlib import Path

    from plurichain.energy.devices_toml import DeviceEntry
    from plurichain.energy.reading import Interval
    from plurichain.energy.state import IssuedCredit
    from plurichain.metering.account import Account
    from plurichain.scenarios.grids.grid import Grid
    from plurichain.scenarios.grids.stage import GridStage

EXAMPLE = "readings"
ISSUER = "issuer"
BASIS_POINTS = 10_000


@dataclass(frozen=True, slots=True)
class Meter:
    """A device of the example, whose it is, what it signs with, and its day."""

    entry: DeviceEntry
    owner: Key
    device_key: DeviceKey
    intervals: tuple[Interval, ...]

    @property
    def name(self) -> str:
        """The device id."""
        return self.entry.device_id

    @property
    def is_storage(self) -> bool:
        """Whether it gives back what was charged before."""
        return self.entry.efficiency_bp > 0

    @property
    def energy_wh(self) -> int:
        """What its counter went forward that day."""
        return sum(each.counter_end_wh - each.counter_start_wh for each in self.intervals)


@dataclass(frozen=True, slots=True)
class Metered:
    """The meters, and what was issued for them by denom."""

    meters: tuple[Meter, ...]
    credits: Mapping[str, IssuedCredit]

    @property
    def issued_wh(self) -> int:
        """All of it."""
        return sum(credit.issued_wh for credit in self.credits.values())

    def list_credits_of(self, meter: Meter) -> list[IssuedCredit]:
        """Return the credits of one meter, the largest first; equal ones by denom."""
        own = [c for c in self.credits.values() if c.attributes.device_id == meter.name]
        return sorted(own, key=lambda credit: (-credit.issued_wh, credit.denom))


def make_key(stage: GridStage, name: str) -> Key:
    """Return the key of a person, the same on every grid; it follows from the seed."""
    topology = stage.topologies["a"]
    return Key(name, compute_secret(topology, "person", name), prefix=topology.prefix)


def make_owner_name(device: str) -> str:
    """Return what the owner of a device is called."""
    return f"owner-{device}"


def load_meters(stage: GridStage) -> tuple[Meter, ...]:
    """Return the meters of the example. Every other one signs with ed25519."""
    folder = get_examples_folder() / EXAMPLE
    path = folder / "devices.toml"
    entries = parse_devices_toml(read_example_file(path), source=str(path))
    interval_s = stage.grids["a"].energy.get_params().interval_seconds
    return tuple(
        _load_meter(stage, folder, entry, index, interval_s) for index, entry in enumerate(entries)
    )


def _load_meter(
    stage: GridStage, folder: Path, entry: DeviceEntry, index: int, interval_s: int
) -> Meter:
    name = entry.device_id
    path = folder / f"{name}.csv"
    day = parse_readings_csv(read_example_file(path), source=str(path), interval_seconds=interval_s)
    owner = make_key(stage, make_owner_name(name))
    topology = stage.topologies["a"]
    secret = compute_secret(topology, "device", name)
    if index % 2:
        device_key = DeviceKey.from_seed(name, hashlib.sha256(secret).digest())
    else:
        device_key = DeviceKey.from_account(Key(name, secret, prefix=topology.prefix))
    return Meter(entry, owner, device_key, day.intervals)


def admit_meters(stage: GridStage, grid: Grid, meters: tuple[Meter, ...]) -> Account:
    """Have a grid know meters, their owners and issuing bodies; returns what issues for them.

    Raises what the services raise.
    """
    issuer = make_key(stage, ISSUER)
    people = [issuer, *(meter.owner for meter in meters)]
    grid.fund({key.address: (Coin("upluri", 1),) for key in people})
    for body in list_bodies(meters):
        set_issuing_body(
            grid.make_registrar(), IssuingBody(body, "Guild of the meters", issuer.address, True)
        )
    list(stage.pool.map(lambda meter: _register(grid, meter), meters))
    account = grid.make_account(issuer)
    account.send(
        [
            messages.set_device_status(issuer.address, meter.name, DeviceStatus.ACTIVE)
            for meter in meters
        ],
        purpose="approve devices",
    )
    return account


def list_bodies(meters: tuple[Meter, ...]) -> list[str]:
    """Return the ids of the issuing bodies of these meters."""
    return sorted({meter.entry.issuing_body for meter in meters})


def submit_day(stage: GridStage, grid: Grid, meters: tuple[Meter, ...]) -> int:
    """Have all meters sign their day and hand it in; returns how many readings were taken."""
    return sum(each.accepted for each in stage.pool.map(lambda one: _submit(grid, one), meters))


def meter_a_day(stage: GridStage) -> Metered:
    """Play the day on grid A, from the issuing body to the credits. Raises what services do."""
    grid = stage.grids["a"]
    meters = load_meters(stage)
    body_account = admit_meters(stage, grid, meters)
    bodies = ", ".join(list_bodies(meters))
    stage.say(f"{len(meters)} devices are registered and approved by {bodies}")
    accepted = submit_day(stage, grid, meters)
    stage.say(f"{accepted} signed readings are on the chain, each checked by it")
    makers = [meter for meter in meters if not meter.is_storage]
    list(stage.pool.map(lambda meter: issue_credits(body_account, meter.name), makers))
    metered = take_metered(grid, meters)
    lenders = sorted(makers, key=lambda meter: -meter.energy_wh)
    for battery, lender in zip([m for m in meters if m.is_storage], lenders, strict=False):
        _charge(stage, metered, battery, lender)
        issue_credits(body_account, battery.name)
    metered = take_metered(grid, meters)
    stage.tell(_tabulate(metered))
    return metered


def take_metered(grid: Grid, meters: tuple[Meter, ...]) -> Metered:
    """Return the meters with all credits that a grid has issued."""
    return Metered(meters, {credit.denom: credit for credit in grid.energy.list_credits()})


def validate_issued(metered: Metered) -> None:
    """Raise CheckFailed unless all that meters signed is issued, and nothing else.

    What a battery gives back is issued only as far as credits were burned to charge it.
    """
    for meter in metered.meters:
        issued = sum(credit.issued_wh for credit in metered.list_credits_of(meter))
        if issued > meter.energy_wh or (issued < meter.energy_wh and not meter.is_storage):
            raise CheckFailed(f"{meter.name} signed {meter.energy_wh} Wh, issued are {issued} Wh")
    names = {meter.name for meter in metered.meters}
    for credit in metered.credits.values():
        if credit.attributes.device_id not in names:
            raise CheckFailed(f"{credit.denom} is of {credit.attributes.device_id}, not a meter")


def _charge(stage: GridStage, metered: Metered, battery: Meter, lender: Meter) -> None:
    """Burn credits of ``lender`` for what went into a battery, losses included."""
    grid = stage.grids["a"]
    needed = -(-battery.energy_wh * BASIS_POINTS // battery.entry.efficiency_bp)
    coins: list[Coin] = []
    for credit in metered.list_credits_of(lender):
        taken = min(credit.issued_wh, needed - sum(coin.amount for coin in coins))
        if taken:
            coins.append(Coin(credit.denom, taken))
    charge = tuple(sorted(coins, key=lambda coin: coin.denom))
    grid.make_account(lender.owner).send(
        [bank_send(lender.owner.address, battery.owner.address, charge)], purpose="send credits"
    )
    charge_storage(grid.make_account(battery.owner), battery.name, charge)
    total = sum(coin.amount for coin in charge)
    stage.say(
        f"{battery.name} was charged with {format_wh(total)} of {lender.name}, which are credits "
        f"no more; it gave back {format_wh(battery.energy_wh)}"
    )


def _register(grid: Grid, meter: Meter) -> None:
    device = meter.entry.make_device(meter.device_key.key_type, meter.device_key.public_key)
    register_device(grid.make_account(meter.owner), device, meter.device_key)


def _submit(grid: Grid, meter: Meter) -> SubmitReceipt:
    readings = sign_readings(meter.device_key, grid.chain_id, meter.name, meter.intervals)
    return submit_readings(grid.make_account(meter.owner), meter.name, readings)


def _tabulate(metered: Metered) -> Shown:
    columns = ("device", "technology", "signs with", "readings", "metered", "credits", "issued Wh")
    rows = []
    for meter in metered.meters:
        own = metered.list_credits_of(meter)
        issued = sum(credit.issued_wh for credit in own)
        key = "ed25519" if meter.device_key.key_type is KeyType.ED25519 else "secp256k1"
        rows.append(
            (meter.name, meter.entry.technology, key, str(len(meter.intervals)),
             format_wh(meter.energy_wh), str(len(own)), str(issued))
        )  # fmt: skip
    total = sum(meter.energy_wh for meter in metered.meters)
    readings = sum(len(meter.intervals) for meter in metered.meters)
    rows.append(("together", "", "", str(readings), format_wh(total), str(len(metered.credits)),
                 str(metered.issued_wh)))  # fmt: skip
    return Shown("A day on grid A, as metered and as issued", columns, tuple(rows),
                 frozenset(columns[3:]), last_is_total=True)  # fmt: skip
