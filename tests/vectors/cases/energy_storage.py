"""What a storage balance grows by, and what an interval issues."""

from __future__ import annotations

from tests.vectors.cases.common import Vector, vector

WORKED = "design 3.4, worked out by hand"


def _make_charge(charged: int, efficiency: int, credited: int) -> Vector:
    given = {
        "function": "charge",
        "charged_wh": str(charged),
        "efficiency_bp": str(efficiency),
    }
    name = f"charge of {charged} Wh at {efficiency}"
    return vector(name, WORKED, given, {"wh": str(credited)})


def _make_issue(metered: int, balance: int | None, issued: int) -> Vector:
    given = {
        "function": "issue",
        "metered_wh": str(metered),
        "storage_balance_wh": None if balance is None else str(balance),
    }
    name = f"issue of {metered} Wh from {'no storage' if balance is None else balance}"
    return vector(name, WORKED, given, {"wh": str(issued)})


def make_vectors() -> list[Vector]:
    """Return vectors of charging and issuing."""
    return [
        _make_charge(10_000, 8_500, 8_500),
        _make_charge(1, 9_999, 0),
        _make_charge(1, 10_000, 1),
        _make_charge(3, 5_000, 1),
        _make_charge(19_999, 1, 1),
        _make_charge(2**64 - 1, 10_000, 2**64 - 1),
        _make_charge(2**70, 9_000, 1062532458645670173081),
        _make_issue(250, None, 250),
        _make_issue(250, 1_000, 250),
        _make_issue(250, 250, 250),
        _make_issue(250, 249, 249),
        _make_issue(250, 0, 0),
        _make_issue(0, 1_000, 0),
        _make_issue(2**64 - 1, 2**70, 2**64 - 1),
    ]
