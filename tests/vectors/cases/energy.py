"""The subjects of energy, for the list of all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tests.vectors.cases import (
    energy_bytes,
    energy_fields,
    energy_readings,
    energy_signatures,
    energy_storage,
    energy_sun,
)
from tests.vectors.cases.common import Vector

SUBJECTS: Final[dict[str, tuple[Callable[[], list[Vector]], ...]]] = {
    "energy_bytes": (energy_bytes.make_vectors,),
    "energy_fields": (energy_fields.make_vectors,),
    "energy_readings": (energy_readings.make_vectors,),
    "energy_signatures": (energy_signatures.make_vectors,),
    "energy_storage": (energy_storage.make_vectors,),
    "energy_sun": (energy_sun.make_vectors,),
}
