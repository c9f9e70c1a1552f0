"""A grid with a registrar, an issuing body, an owner and two meters, on a real chain."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from plurichain.chain import ChainClient, EnergyQueries, Journal, TxSender
from plurichain.energy.device import Device
from plurichain.energy.names import DeviceStatus, KeyType
from plurichain.energy.reading import Interval
from plurichain.energy.state import IssuingBody
from plurichain.keyring import DeviceKey, Key, derive_private_key
from plurichain.metering.account import Account
from plurichain.metering.governing import set_issuing_body
from plurichain.metering.registering import register_device, set_device_status
from plurichain.units import parse_coins

if TYPE_CHECKING:
    from plurichain.chain.reporting import Progress
    from plurichain.chain.transactions.messages import Message
    from plurichain.energy.state import DeviceState
    from plurichain.harness import Faucet, LocalChain

DAY = 86_400
QUARTER = 900
BODY = "registry"
PLACE: Final[dict[str, Any]] = {
    "zone": "CH-ZH",
    "latitude_udeg": 47_376_900,
    "longitude_udeg": 8_541_700,
}


def make_key(name: str) -> Key:
    """Return an account's key, made of its name."""
    return Key(name, hashlib.sha256(name.encode()).digest())


def make_device_key(name: str, key_type: KeyType) -> DeviceKey:
    """Return a device's key, made of its name."""
    seed = hashlib.sha256(f"device {name}".encode()).digest()
    if key_type is KeyType.ED25519:
        return DeviceKey.from_seed(name, seed)
    return DeviceKey.from_account(Key(name, seed))


def make_device(key: DeviceKey, device_id: str, **changes: Any) -> Device:
    """Return a device in Zürich with that key; a wind turbine of 800 kW unless changed."""
    device = Device(
        device_id, key.key_type, key.public_key, "wind", 800_000, issuing_body=BODY, **PLACE
    )
    return replace(device, **changes)


def get_yesterday() -> int:
    """Return the last midnight but one, UTC: a whole day since then is over."""
    return int(time.time()) // DAY * DAY - DAY


def make_quarters(start: int, *energies: int, counter: int = 1_000) -> list[Interval]:
    """Return quarter-hours one after the other, each with this much energy."""
    totals = list(itertools.accumulate(energies, initial=counter))
    return [
        Interval(start + QUARTER * place, start + QUARTER * (place + 1), low, high)
        for place, (low, high) in enumerate(itertools.pairwise(totals))
    ]


@dataclass(slots=True)
class Grid:
    """The people of one grid; each acts through an Account."""

    registrar: Account
    registry: Account
    owner: Account
    stranger: Account
    told: list[Progress]

    def add_device(
        self, device_id: str, key_type: KeyType = KeyType.ED25519, **changes: Any
    ) -> DeviceKey:
        """Register and approve a device of the owner; return its key."""
        key = make_device_key(device_id, key_type)
        register_device(self.owner, make_device(key, device_id, **changes), key)
        set_device_status(self.registry, device_id, DeviceStatus.ACTIVE)
        return key

    def snapshot(self) -> dict[str, Any]:
        """Return all that the energy module and these accounts hold, fees apart."""
        queries, client = self.owner.queries, self.owner.client
        devices: list[DeviceState] = queries.list_devices()
        return {
            "bodies": queries.list_issuing_bodies(),
            "devices": devices,
            "readings": [queries.list_readings(item.device.device_id) for item in devices],
            "credits": queries.list_credits(),
            "retirements": queries.list_retirements(),
            "retired": queries.list_retired_totals(),
            "paths": queries.list_paths(),
            "balances": [
                {
                    denom: amount
                    for denom, amount in client.get_balances(account.address).items()
                    if denom != "upluri"
                }
                for account in (self.registry, self.owner, self.stranger)
            ],
        }

    def send_unchecked(self, account: Account, message: Message) -> tuple[str, int, str]:
        """Have the chain itself judge a message that it must refuse; return how it did."""
        outcome = account.sender.send([message], purpose="unchecked", gas=2_000_000)
        return outcome.codespace, outcome.code, outcome.log

    def list_broken(self) -> list[str]:
        """Return the invariants of the module that do not hold."""
        report = self.owner.queries.get_invariants()
        assert report.checks
        return [f"{check.name}: {check.detail}" for check in report.checks if check.is_broken]


@pytest.fixture(scope="session")
def grid(
    localnet_chain: LocalChain,
    localnet_faucet: Faucet,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Grid]:
    """Give the session's grid with its issuing body."""
    network = localnet_chain.network()
    told: list[Progress] = []
    folder: Path = tmp_path_factory.mktemp("energy")
    faucet_key = Key("registrar", derive_private_key(localnet_chain.faucet_mnemonic))
    keys = [faucet_key, *(make_key(name) for name in ("registry", "owner", "stranger"))]
    localnet_faucet.fund({key.address: parse_coins("100000000upluri") for key in keys[1:]})
    with contextlib.ExitStack() as stack:
        client = stack.enter_context(ChainClient(network))
        journal = stack.enter_context(Journal.open(folder / "journal.db"))
        registrar, registry, owner, stranger = (
            Account(
                client,
                EnergyQueries(client),
                network.chain_id,
                told.append,
                key=key,
                sender=TxSender(client, key, journal),
            )
            for key in keys
        )
        grid = Grid(registrar, registry, owner, stranger, told)
        set_issuing_body(
            grid.registrar, IssuingBody(BODY, "Grid registry", grid.registry.address, True)
        )
        yield grid


@pytest.fixture
def unchanged(grid: Grid) -> Iterator[None]:
    """Demand at the end of a test that it has changed nothing on the chain."""
    before = grid.snapshot()
    yield
    assert grid.snapshot() == before
