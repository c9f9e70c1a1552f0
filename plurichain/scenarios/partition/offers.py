"""What owners of both grids offer on either, and what the grids have to know for that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from plurichain.energy.state import RegisteredPath
from plurichain.metering.governing import register_path
from plurichain.metering.recording import record_attributes
from plurichain.scenarios.grids.travelling import compute_voucher
from plurichain.scenarios.partition.cast import OTHER, Parcel, Wave, is_afternoon
from plurichain.units import Coin

if TYPE_CHECKING:
    from plurichain.keyring import Key
    from plurichain.scenarios.grids.stage import GridStage

#: In millionths of a euro a Wh; each next seller asks for a step more.
FIRST_PRICE: Final = 90
PRICE_STEP: Final = 15


@dataclass(frozen=True, slots=True)
class Offer:
    """What an owner sells on a grid, ascending by denom, and its unit price."""

    owner: Key
    coins: tuple[Coin, ...]
    price: int

    @property
    def quantity(self) -> int:
        """All of it, in Wh."""
        return sum(coin.amount for coin in self.coins)


def prepare_markets(stage: GridStage, parcels: Sequence[Parcel]) -> None:
    """Have each grid vouch for the path from the other, and keep what the credits prove."""
    for name, grid in stage.grids.items():
        end = stage.get_end(name, OTHER[name])
        origin = stage.grids[OTHER[name]].chain_id
        registrar = grid.make_registrar()
        register_path(registrar, RegisteredPath(f"{end.port}/{end.channel_id}", origin))
        arriving = [each for each in list_offered(parcels) if each.there == name]
        record_attributes(registrar, [parcel.attributes for parcel in arriving])


def list_offered(parcels: Sequence[Parcel]) -> list[Parcel]:
    """Return the parcels of which either half is offered, each on its own grid."""
    return [each for each in parcels if each.wave is Wave.BEFORE and is_afternoon(each)]


def collect_offers(stage: GridStage, name: str, parcels: Sequence[Parcel]) -> tuple[Offer, ...]:
    """Return what is offered on a grid: halves that stayed there, and halves that came."""
    coins: dict[str, list[Coin]] = {}
    owners: dict[str, Key] = {}
    for parcel in list_offered(parcels):
        denom = parcel.base_denom
        if parcel.home != name:
            denom = compute_voucher(stage, denom, (name, parcel.home))
        owners[parcel.owner.name] = parcel.owner
        coins.setdefault(parcel.owner.name, []).append(Coin(denom, parcel.coin.amount))
    # Owners of the two grids take turns in price, so that energy of both is sold.
    turns = sorted(owners, key=lambda owner: list(owners).index(owner) % (len(owners) // 2))
    return tuple(
        Offer(
            owners[owner],
            tuple(sorted(coins[owner], key=lambda coin: coin.denom)),
            FIRST_PRICE + PRICE_STEP * place,
        )
        for place, owner in enumerate(turns)
    )
