"""How much time a scenario gives its people, by how busy the machine is."""

from __future__ import annotations

import os

#: Programs that want each processor, up to which the examples' own times are kept to.
LOAD_PER_CORE = 2


def compute_pace(load: float, cores: int) -> int:
    """Return by what the times are multiplied at a load of that many programs."""
    return max(1, -(-int(load) // (cores * LOAD_PER_CORE)))


def get_pace() -> int:
    """Return the pace for this machine at this moment; 1 where it does not tell its load."""
    try:
        load = os.getloadavg()[0]
    except (AttributeError, OSError):
        return 1
    return compute_pace(load, os.cpu_count() or 1)
