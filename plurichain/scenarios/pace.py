"""How much time a scenario gives its people, by how busy the machine is."""

from __future__ import annotations

import math
import os

#: Programs that want each processor, up to which the examples' own times are kept to.
LOAD_PER_CORE = 2
#: Seconds in which a chain has started wherever nothing else wants the processors.
CALM_START_S = 2


def compute_pace(load: float, cores: int, start_s: float = 0.0) -> int:
    """Return by what the times are multiplied at a load of that many programs.

    ``start_s`` is how long the chain just took to start: the load is an average of the last
    minute and knows nothing of what has just begun.
    """
    by_load = -(-int(load) // (cores * LOAD_PER_CORE))
    return max(1, by_load, math.ceil(start_s / CALM_START_S))


def stretch(seconds: float) -> float:
    """Return how long to wait at most, at this moment, for what takes so long when it is calm."""
    return seconds * get_pace()


def get_pace(start_s: float = 0.0) -> int:
    """Return the pace for this machine at this moment, by its load where it tells it."""
    try:
        load = os.getloadavg()[0]
    except (AttributeError, OSError):
        load = 0.0
    return compute_pace(load, os.cpu_count() or 1, start_s)
