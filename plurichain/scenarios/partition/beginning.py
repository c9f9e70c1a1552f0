"""Before the cut: meters, credits, and transfers that are carried as they should be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from plurichain.metering.issuing import issue_credits
from plurichain.scenarios.grids.metering import (
    Metered,
    admit_meters,
    load_meters,
    submit_day,
    take_metered,
)
from plurichain.scenarios.partition.cast import METERS, Wave
from plurichain.scenarios.partition.sending import send_wave
from plurichain.scenarios.partition.truth import take_moments, take_truth
from plurichain.scenarios.partition.watching import wait_until_read
from plurichain.scenarios.partition.world import FIRST, SECOND
from plurichain.scenarios.scenes import Shown
from plurichain.units import format_wh

if TYPE_CHECKING:
    from plurichain.scenarios.grids.stage import GridStage
    from plurichain.scenarios.partition.cast import Parcel
    from plurichain.scenarios.partition.sending import Sent
    from plurichain.scenarios.partition.world import World

ARRIVAL_S: Final = 120.0


def begin_world(world: World, seed: int) -> None:
    """Say who is there, and start the relayers and the tracker."""
    stage = world.stage
    [link] = stage.chains.links
    stage.say(
        f"{link.a.chain_id} {link.a.channel_id} is open to {link.b.chain_id} {link.b.channel_id}"
    )
    stage.say(f"seed {seed}: all keys and all amounts follow from it and from the example")
    world.start_tracker()
    for name in (FIRST, SECOND):
        world.start_relayer(name, run="first")
    stage.say(
        f"{FIRST}, {SECOND} and the tracker reach grid A directly, and grid B over a line that can "
        "be cut; owners and towns reach the grid that they act on"
    )


def meter_both(stage: GridStage) -> dict[str, Metered]:
    """Play the same day on both grids at once, each with meters of its own."""
    everybody = {meter.name: meter for meter in load_meters(stage)}

    def play(name: str) -> Metered:
        grid = stage.grids[name]
        meters = tuple(everybody[each] for each in METERS[name])
        issuer = admit_meters(stage, grid, meters)
        submit_day(stage, grid, meters)
        for meter in meters:
            issue_credits(issuer, meter.name)
        return take_metered(grid, meters)

    metered = dict(zip(METERS, stage.pool.map(play, METERS), strict=True))
    stage.tell(_tabulate(stage, metered))
    return metered


def _tabulate(stage: GridStage, metered: dict[str, Metered]) -> Shown:
    rows = []
    for name, day in metered.items():
        for meter in day.meters:
            own = day.list_credits_of(meter)
            issued = sum(credit.issued_wh for credit in own)
            rows.append((stage.grids[name].title, meter.name, meter.entry.technology,
                         str(len(meter.intervals)), str(len(own)), str(issued)))  # fmt: skip
    columns = ("on", "device", "technology", "signed readings", "credits", "issued Wh")
    total = sum(day.issued_wh for day in metered.values())
    count = sum(len(day.credits) for day in metered.values())
    rows.append(("together", "", "", str(sum(int(row[3]) for row in rows)), str(count), str(total)))
    return Shown("Metered, signed and issued", columns, tuple(rows), frozenset(columns[3:]),
                 last_is_total=True)  # fmt: skip


def begin_transfers(world: World, parcels: Sequence[Parcel]) -> list[Sent]:
    """Have a first wave carried to its end and a second one begun; returns both.

    A third one is handed in at the moment of the cut (``apart``).
    """
    stage = world.stage
    sent = send_wave(stage, parcels, Wave.BEFORE)
    energy = format_wh(sum(each.parcel.coin.amount for each in sent))
    stage.say(f"{len(sent)} transfers, half of them each way: {energy}")
    stage.wait_until(
        "received and acknowledged",
        lambda: len(sent) - take_truth(stage, sent).open_count,
        len(sent),
        timeout_s=ARRIVAL_S,
    )
    wait_until_read(world, take_moments(stage), timeout_s=ARRIVAL_S)
    more = send_wave(stage, parcels, Wave.EARLIER)
    stage.say(f"{len(more)} more are sent; they have an hour to arrive")
    return [*sent, *more]
