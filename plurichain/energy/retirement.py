"""What retiring says for good: whose energy it was, what for, and why."""

from __future__ import annotations

from typing import Final

from plurichain.energy.fields import validate_printable
from plurichain.energy.names import RetirementPurpose
from plurichain.errors import EnergyError
from plurichain.units import Coin

BENEFICIARY_MAX: Final = 128
REASON_MAX: Final = 256


def validate_retirement(
    coin: Coin, *, beneficiary: str, purpose: RetirementPurpose, reason: str
) -> None:
    """Raise EnergyError that names the first field that breaks its rule."""
    if coin.amount < 1:
        raise EnergyError(f"amount: {coin.amount} Wh is not at least 1")
    validate_printable(beneficiary, field="beneficiary", minimum=1, maximum=BENEFICIARY_MAX)
    if purpose is RetirementPurpose.STORAGE:
        raise EnergyError(
            "purpose: storage is written by the chain alone",
            remedy="`plurichain energy storage charge` retires credits into a storage device",
        )
    validate_printable(reason, field="reason", minimum=0, maximum=REASON_MAX)
