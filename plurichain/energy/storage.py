"""What a storage device gives back: what was charged, less its losses, rounded down."""

from __future__ import annotations

from plurichain.energy.device import BASIS_POINTS


def compute_charge(charged_wh: int, efficiency_bp: int) -> int:
    """Return the Wh that charging adds to a storage balance, rounded down once for all credits."""
    return charged_wh * efficiency_bp // BASIS_POINTS


def compute_issue(metered_wh: int, storage_balance_wh: int | None) -> int:
    """Return the Wh that an interval issues; ``storage_balance_wh`` is None if it is no storage."""
    return metered_wh if storage_balance_wh is None else min(metered_wh, storage_balance_wh)
