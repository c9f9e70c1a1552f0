"""The story of the grids, from ten meters to the last Wh that is accounted for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from plurichain.errors import MissingExtra
from plurichain.scenarios.grids.accounting import (
    PLACES,
    Books,
    tabulate_books,
    take_books,
    validate_books,
)
from plurichain.scenarios.grids.metering import meter_a_day, validate_issued
from plurichain.scenarios.grids.retiring import retire_some
from plurichain.scenarios.grids.selling import record_evidence, sell_vouchers, vouch_for_paths
from plurichain.scenarios.grids.stage import open_grids
from plurichain.scenarios.grids.travelling import send_credits
from plurichain.scenarios.scenes import ignore_scene

if TYPE_CHECKING:
    from plurichain.scenarios.grids.metering import Metered
    from plurichain.scenarios.grids.stage import GridStage
    from plurichain.scenarios.scenes import Report

PICTURE = "grids"


@dataclass(frozen=True, slots=True)
class Ending:
    """What the story came to; ``kept`` says where its folder is, if it was kept."""

    books: Books
    transfers: int
    sold_wh: int
    pictures: tuple[Path, ...]
    seconds: float
    kept: str


def play_grids(
    *,
    folder: Path,
    seed: int = 0,
    keep: bool = False,
    slower: int | None = None,
    report: Report = ignore_scene,
) -> Ending:
    """Play it on three chains of its own; pictures go to ``folder``.

    ``slower`` multiplies the time of the auction; by itself it is 1, and more on a busy
    machine. Raises CheckFailed if a single Wh is not where the rules say, HarnessError if a
    chain or the relayer failed, and what the services raise.
    """
    with open_grids(seed=seed, keep=keep, report=report) as stage:
        stage.begin(1, "Three grids, linked")
        for link in stage.chains.links:
            stage.say(
                f"{link.a.chain_id} {link.a.channel_id} is open to {link.b.chain_id} "
                f"{link.b.channel_id}"
            )
        stage.begin(2, "Ten meters sign a day")
        metered = meter_a_day(stage)
        stage.begin(3, "Credits cross chains")
        travelled = send_credits(stage, metered)
        stage.begin(4, "A sealed auction of vouchers")
        vouch_for_paths(stage)
        record_evidence(stage, "b", travelled.staying)
        record_evidence(stage, "c", travelled.to_c)
        sold = sell_vouchers(stage, travelled, stage.choose_pace(slower))
        stage.begin(5, "Some of it is used")
        retire_some(stage, metered, travelled, sold)
        stage.begin(6, "Every Wh is accounted for")
        books = take_books(stage, metered)
        stage.tell(tabulate_books(books))
        validate_issued(metered)
        count = validate_books(books)
        stage.say(
            f"{count} equations over {len(books.accounts)} credits on three chains hold to the Wh"
        )
        pictures = _draw(stage, metered, books, folder)
        seconds = stage.elapsed_s()
        transfers = len(travelled.to_b) + len(travelled.to_c)
    if stage.kept:
        stage.say(stage.kept)
    return Ending(books, transfers, sold.bought_wh, pictures, seconds, stage.kept)


def _draw(stage: GridStage, metered: Metered, books: Books, folder: Path) -> tuple[Path, ...]:
    from plurichain.pictures.places import draw_places

    day: dict[str, dict[int, int]] = {}
    by_technology = sorted(metered.credits.values(), key=lambda c: c.attributes.technology)
    for credit in by_technology:
        row = day.setdefault(credit.attributes.technology, {})
        start = credit.attributes.interval_start
        row[start] = row.get(start, 0) + credit.issued_wh
    try:
        pictures = draw_places(
            day,
            {name: dict(zip(PLACES, books.sum_places(name), strict=True))
             for name in books.technologies},
            title="A day of grid A, and where each of its Wh is",
            path=folder / PICTURE,
        )  # fmt: skip
    except MissingExtra as error:
        stage.say(f"no picture: {error.cause}; {error.remedy}", is_event=True)
        return ()
    for path in pictures:
        stage.say(f"picture: {path}")
    return pictures
