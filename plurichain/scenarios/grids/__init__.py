"""Three linked grids: a day of metered energy, as credits that travel, are sold and retired."""

from plurichain.scenarios.grids.story import Ending, play_grids

__all__ = ["Ending", "play_grids"]
