"""Credits at the end of their life: retired at home, on grid B and two hops away on grid C."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plurichain.energy.moments import format_second
from plurichain.energy.names import RetirementPurpose
from plurichain.errors import CheckFailed
from plurichain.metering.explaining import explain_credit
from plurichain.metering.retiring import retire_credits
from plurichain.scenarios.scenes import Shown
from plurichain.units import Coin, format_wh

if TYPE_CHECKING:
    from plurichain.energy.state import Origin
    from plurichain.keyring import Key
    from plurichain.scenarios.grids.grid import Grid
    from plurichain.scenarios.grids.metering import Metered
    from plurichain.scenarios.grids.selling import Sold
    from plurichain.scenarios.grids.stage import GridStage
    from plurichain.scenarios.grids.travelling import Travelled

#: How many credits each of them retires at most, and how many of those the table shows.
MOST: Final = {"a": 40, "b": 100, "c": 10}
SHOWN: Final = 3
COLUMNS: Final = ("retired on", "Wh", "device", "interval from", "origin", "registered path")


def retire_some(stage: GridStage, metered: Metered, travelled: Travelled, sold: Sold) -> None:
    """Retire credits on each grid, and show where they come from."""
    rows: list[tuple[str, ...]] = []
    home = metered.meters[-1]
    for name, key, beneficiary in (
        ("a", home.owner, f"the owner of {home.name}"),
        ("b", sold.town, "the town on grid B"),
        ("c", travelled.to_c[0].owner, "a workshop on grid C"),
    ):
        found = _retire(stage, name, key, beneficiary)
        total = sum(int(row[1]) for row in found)
        stage.say(f"{beneficiary}: {len(found)} credits retired, {format_wh(total)}")
        rows += found[:SHOWN]
    title = f"The first {SHOWN} of each, with the origin that their denoms and attributes name"
    stage.tell(Shown(title, COLUMNS, tuple(rows), frozenset({"Wh"})))


def _retire(stage: GridStage, name: str, key: Key, beneficiary: str) -> list[tuple[str, ...]]:
    grid = stage.grids[name]
    account = grid.make_account(key)
    held = sorted(grid.client.get_balances(key.address).items())
    origins = stage.pool.map(lambda item: explain_credit(account, item[0]).origin, held)
    chosen = [
        (Coin(denom, amount), origin)
        for (denom, amount), origin in zip(held, origins, strict=True)
        if origin.verified and origin.attributes is not None
    ][: MOST[name]]

    def retire(coin: Coin) -> None:
        retire_credits(
            account,
            coin,
            beneficiary=beneficiary,
            purpose=RetirementPurpose.CONSUMPTION,
            reason="used where it was retired",
        )

    list(stage.pool.map(lambda item: retire(item[0]), chosen))
    return [_make_row(stage, grid, coin, origin) for coin, origin in chosen]


def _make_row(stage: GridStage, grid: Grid, coin: Coin, origin: Origin) -> tuple[str, ...]:
    made = origin.attributes
    if made is None or made.origin_chain != stage.grids["a"].chain_id:
        raise CheckFailed(f"{coin.denom} on {grid.title} does not name grid A as its origin")
    return (
        grid.title,
        str(coin.amount),
        made.device_id,
        format_second(made.interval_start),
        origin.origin_chain,
        origin.path or "at home",
    )
