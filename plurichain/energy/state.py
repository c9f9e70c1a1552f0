"""What a chain says of devices, readings and credits, as plain frozen values.

These are views: nothing here talks to a chain. Times of intervals are Unix seconds, other
times block times in Unix nanoseconds; energy is integers of Wh.
"""

from __future__ import annotations

from dataclasses import dataclass

from plurichain.energy.attributes import Attributes
from plurichain.energy.device import Device
from plurichain.energy.names import DeviceStatus, RetirementPurpose
from plurichain.energy.reading import SignedReading
from plurichain.identifiers import Address
from plurichain.units import Coin


@dataclass(frozen=True, slots=True)
class Technology:
    """One way of making energy that the chain knows."""

    name: str
    daylight_only: bool
    storage: bool


@dataclass(frozen=True, slots=True)
class EnergyParams:
    """The limits of the module; ``registrar`` is None where the authority stands alone."""

    registrar: Address | None
    technologies: tuple[Technology, ...]
    interval_seconds: int
    max_readings_per_batch: int
    max_reading_age_seconds: int

    def find_technology(self, name: str) -> Technology | None:
        """Return the technology of that name, None if the chain does not know it."""
        return next((item for item in self.technologies if item.name == name), None)


@dataclass(frozen=True, slots=True)
class IssuingBody:
    """Who vouches for devices and issues their credits."""

    id: str
    name: str
    address: Address
    active: bool


@dataclass(frozen=True, slots=True)
class DeviceState:
    """A registered device; the balance is that of a storage, 0 otherwise."""

    device: Device
    owner: Address
    status: DeviceStatus
    storage_balance_wh: int


@dataclass(frozen=True, slots=True)
class ReadingState:
    """One interval as the chain took it, and what was issued for it."""

    device_id: str
    reading: SignedReading
    issued: bool
    issued_wh: int


@dataclass(frozen=True, slots=True)
class IssuedCredit:
    """One denom of this chain and how much of it was ever issued."""

    denom: str
    attributes: Attributes
    issued_wh: int


@dataclass(frozen=True, slots=True)
class CreditState(IssuedCredit):
    """The same with its totals; ``supply_wh`` counts what channels hold in escrow too."""

    supply_wh: int
    retired_wh: int


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a denom of the chain's bank comes from, or why that is not known.

    ``verified``: from state, not from attributes alone. ``path`` is empty at home.
    """

    denom: str
    verified: bool
    reason: str
    origin_chain: str
    path: str
    credit_denom: str
    attributes: Attributes | None


@dataclass(frozen=True, slots=True)
class Retirement:
    """One act of retiring; ``charge_id`` is 0 unless it charged a storage."""

    id: int
    owner: Address
    coin: Coin
    credit_denom: str
    path: str
    origin_chain: str
    beneficiary: str
    purpose: RetirementPurpose
    reason: str
    retired_at_ns: int
    height: int
    charge_id: int


@dataclass(frozen=True, slots=True)
class RegisteredPath:
    """Vouchers over exactly this path come from that chain."""

    path: str
    origin_chain: str
