"""Who plays on the two grids, and which of their credits go where, in which wave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from plurichain.scenarios.grids.travelling import compute_voucher
from plurichain.units import Coin

if TYPE_CHECKING:
    from plurichain.energy.attributes import Attributes
    from plurichain.energy.state import IssuedCredit
    from plurichain.keyring import Key
    from plurichain.scenarios.grids.metering import Meter, Metered
    from plurichain.scenarios.grids.stage import GridStage

#: The other end of the link.
OTHER: Final[Mapping[str, str]] = {"a": "b", "b": "a"}
#: Devices of the example, by the grid that they are in here.
METERS: Final[Mapping[str, tuple[str, ...]]] = {
    "a": ("pv-school", "pv-barn", "wind-ridge", "hydro-weir"),
    "b": ("pv-market-hall", "wind-mill", "chp-pool", "chp-dairy"),
}
#: 17 September 2024, 18:00 UTC, one in the afternoon at Brook: what is made later is auctioned.
AFTERNOON: Final = 1_726_596_000
#: Credits of each owner, by what becomes of them; of mornings each owner has at least twelve.
AFTERNOONS: Final = 3
THERE_AND_BACK: Final = 2
JUST_BEFORE: Final = 3
INTO_THE_CUT: Final = 2


class Wave(StrEnum):
    """When parcels are sent, and how long they may take."""

    BEFORE = "before the cut"
    EARLIER = "just before the cut"
    LATER = "at the moment of the cut"
    PATIENT = "into the cut, in no hurry"
    HASTY = "into the cut, in a hurry"


@dataclass(frozen=True, slots=True)
class Parcel:
    """Part of one credit that travels from grid ``here``; ``coin`` is what it is called there."""

    wave: Wave
    here: str
    owner: Key
    coin: Coin
    attributes: Attributes
    home: str
    """The grid where the credit was issued."""
    base_denom: str

    @property
    def there(self) -> str:
        """Where it goes."""
        return OTHER[self.here]

    @property
    def is_returning(self) -> bool:
        """Whether it is a voucher on its way home."""
        return self.there == self.home


def plan_parcels(stage: GridStage, metered: Mapping[str, Metered]) -> tuple[Parcel, ...]:
    """Return all parcels of the story, half of each credit; the same for the same seed."""
    return tuple(
        parcel
        for name, day in metered.items()
        for meter in day.meters
        for parcel in _plan_meter(stage, name, meter, day.list_credits_of(meter))
    )


def _plan_meter(
    stage: GridStage, name: str, meter: Meter, issued: Sequence[IssuedCredit]
) -> list[Parcel]:
    large = [credit for credit in issued if credit.issued_wh > 1]
    afternoon = [each for each in large if each.attributes.interval_start >= AFTERNOON]
    morning = iter([each for each in large if each.attributes.interval_start < AFTERNOON])

    def make(wave: Wave, credit: IssuedCredit) -> Parcel:
        half = Coin(credit.denom, credit.issued_wh // 2)
        return Parcel(wave, name, meter.owner, half, credit.attributes, name, credit.denom)

    def take(wave: Wave, count: int) -> list[Parcel]:
        return [make(wave, next(morning)) for _ in range(count)]

    travellers = take(Wave.BEFORE, THERE_AND_BACK)
    return [
        *(make(Wave.BEFORE, credit) for credit in afternoon[:AFTERNOONS]),
        *travellers,
        *take(Wave.EARLIER, JUST_BEFORE),
        *take(Wave.LATER, JUST_BEFORE),
        *take(Wave.PATIENT, INTO_THE_CUT),
        *take(Wave.HASTY, INTO_THE_CUT),
        *(
            _turn_round(stage, parcel, wave)
            for parcel, wave in zip(travellers, (Wave.PATIENT, Wave.HASTY), strict=True)
        ),
    ]


def _turn_round(stage: GridStage, parcel: Parcel, wave: Wave) -> Parcel:
    """Return the parcel that carries home what this one brought."""
    there = parcel.there
    voucher = compute_voucher(stage, parcel.base_denom, (there, parcel.here))
    coin = Coin(voucher, parcel.coin.amount)
    return Parcel(
        wave, there, parcel.owner, coin, parcel.attributes, parcel.home, parcel.base_denom
    )


def is_afternoon(parcel: Parcel) -> bool:
    """Whether what it brings is of the class that towns buy."""
    return parcel.attributes.interval_start >= AFTERNOON
