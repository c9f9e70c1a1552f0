"""Colours that stay apart for most eyes: one hue a family, one shade a member.

A bidder's family is its name up to the first hyphen, so that all PV is one hue. The hues
are those of Okabe and Ito, "Color Universal Design" (2008).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

Colour = tuple[float, float, float]

_HUES: Final[tuple[Colour, ...]] = (
    (0.90, 0.62, 0.00),
    (0.00, 0.45, 0.70),
    (0.80, 0.47, 0.65),
    (0.00, 0.62, 0.45),
    (0.45, 0.45, 0.45),
    (0.84, 0.37, 0.00),
    (0.34, 0.71, 0.91),
    (0.80, 0.74, 0.10),
)


def compute_colours(names: Iterable[str]) -> dict[str, Colour]:
    """A colour for each name, the same for the same names in the same order."""
    families: dict[str, list[str]] = {}
    for name in names:
        families.setdefault(name.split("-", 1)[0], []).append(name)
    colours: dict[str, Colour] = {}
    for index, members in enumerate(families.values()):
        hue = _HUES[index % len(_HUES)]
        # A family beyond the eighth takes a hue again, darker.
        darkness = 0.55 ** (index // len(_HUES))
        red, green, blue = (channel * darkness for channel in hue)
        for member_index, name in enumerate(members):
            colours[name] = _lighten((red, green, blue), min(0.25 * member_index, 0.7))
    return colours


def _lighten(colour: Colour, share: float) -> Colour:
    red, green, blue = (channel + (1 - channel) * share for channel in colour)
    return red, green, blue
