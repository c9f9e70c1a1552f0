"""`plurichain demo grids` as a user runs it, once, to its end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.localnet.demo.scenes import find_table, list_said

pytestmark = pytest.mark.timeout(600)

STORY = "grids"


def test_every_wh_is_in_one_place(scenes: list[dict[str, Any]]) -> None:
    """What was metered was issued, and is found again on three chains."""
    ending = scenes[-1]
    places = {name: int(amount) for name, amount in ending["places_wh"].items()}

    assert ending["metered_wh"] == ending["issued_wh"]
    assert sum(places.values()) == int(ending["issued_wh"])
    # The day of the example: 797684 Wh made, and 13250 Wh that batteries gave back.
    assert int(ending["issued_wh"]) == 810_934
    assert places["charged on grid A"] == 15_058
    assert all(places.values()), places


def test_the_table_adds_up(scenes: list[dict[str, Any]]) -> None:
    """The last row of what is shown is the sum of the rows above it, column by column."""
    *rows, total = find_table(scenes, "Where every Wh is")
    columns = list(zip(*rows, strict=True))[1:-1]

    assert [str(sum(map(int, column))) for column in columns] == total[1:-1]


def test_two_hundred_credits_crossed_and_some_went_on(scenes: list[dict[str, Any]]) -> None:
    """A relayer was killed on the way, and nothing was lost or came twice."""
    said = list_said(scenes)

    assert scenes[-1]["transfers"] == 220
    assert any("SIGKILL" in line for line in said)
    assert any(line.startswith("1404 equations over 468 credits") for line in said)


def test_origins_are_shown_two_hops_away(scenes: list[dict[str, Any]]) -> None:
    """A credit that is retired on grid C names grid A over both hops."""
    rows = find_table(scenes, "The first 3 of each")
    far = [row for row in rows if row[0] == "grid C"]

    assert len(far) == 3
    assert all(row[4] == "grid-a-1" and row[5].count("/") == 3 for row in far)


def test_vouchers_are_sold_in_a_sealed_auction(scenes: list[dict[str, Any]]) -> None:
    """The town gets what it wanted, and everybody who sells is paid at least its price."""
    *rows, total = find_table(scenes, "Sold on grid B")

    assert int(total[1]) == int(scenes[-1]["sold_wh"]) > 0
    assert all(int(paid) >= 90 * int(sold) for _, sold, _, paid in rows)


def test_pictures_are_drawn(scenes: list[dict[str, Any]]) -> None:
    """One picture, as SVG and PNG."""
    names = {Path(path).name for path in scenes[-1]["pictures"]}

    assert names == {"grids.svg", "grids.png"}
    assert all(Path(path).stat().st_size > 10_000 for path in scenes[-1]["pictures"])
