"""The Python rules of energy against the shared vectors, subject by subject."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from plurichain.energy import sun
from tests.vectors.test_vectors import load

SUN: dict[str, Callable[..., int | bool]] = {
    "sine": sun.compute_sine,
    "sun_height": sun.compute_sun_height,
    "is_daylight": sun.is_daylight,
}


@pytest.mark.parametrize(("given", "expected"), load("energy_sun"))
def test_sun(given: Any, expected: Any) -> None:
    """Sines, heights and daylight are equal to the last bit."""
    arguments = {key: int(value) for key, value in given.items() if key != "function"}
    found = SUN[given["function"]](**arguments)

    assert (found if isinstance(found, bool) else str(found)) == expected["value"]
