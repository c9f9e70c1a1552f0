"""Two grids whose link is cut: both go on alone, and after it healed not one Wh is missing."""

from plurichain.scenarios.partition.story import Ending, play_partition

__all__ = ["Ending", "play_partition"]
