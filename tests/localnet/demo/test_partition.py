"""`plurichain demo partition` as a user runs it, once, to its end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.localnet.demo.scenes import find_table, list_said

pytestmark = pytest.mark.timeout(600)

STORY = "partition"
GRIDS = ("a", "b")


@pytest.fixture(scope="module")
def ending(scenes: list[dict[str, Any]]) -> dict[str, Any]:
    """What the run came to."""
    return scenes[-1]


def test_the_cut_catches_packets_and_a_relayer_is_killed(
    scenes: list[dict[str, Any]], ending: dict[str, Any]
) -> None:
    """Something was on its way when the line was cut, and one of two relayers died."""
    caught = {
        story: sum(ending["at_cut"][here].get(story, 0) for here in GRIDS)
        for story in ("unreceived", "ack-pending")
    }

    assert sum(caught.values()) > 0, ending["at_cut"]
    assert any("relayer one is killed (SIGKILL)" in line for line in list_said(scenes))
    assert any(line.startswith("relayer two runs on") for line in list_said(scenes))


def test_both_auctions_happen_within_the_cut(ending: dict[str, Any]) -> None:
    """By block times of its own grid each begins, is cleared and paid while nothing crosses."""
    for name in GRIDS:
        held = ending["auctions"][name]
        moments = (
            int(ending["cut_ns"][name]),
            int(held["created_ns"]),
            int(held["commit_deadline_ns"]),
            int(held["reveal_deadline_ns"]),
            int(held["cleared_ns"]),
            int(ending["healed_ns"][name]),
        )
        assert list(moments) == sorted(set(moments)), (name, moments)
        assert int(held["bought_wh"]) == int(held["retired_wh"]) == 14_219


def test_each_town_buys_energy_of_both_grids(scenes: list[dict[str, Any]]) -> None:
    """What had come over the link before the cut is sold while it is away."""
    rows = find_table(scenes, "Two auctions that needed no link")

    assert [row[0] for row in rows] == ["grid A", "grid B"]
    for _, _, bids, of_a, of_b, bought, _, cleared in rows:
        assert bids == "8"
        assert int(of_a) > 0 < int(of_b)
        assert int(of_a) + int(of_b) == int(bought)
        assert cleared.endswith("s after the cut")


def test_some_packets_time_out_and_the_others_arrive_after_the_cut(
    ending: dict[str, Any],
) -> None:
    """Those in a hurry are paid back; whatever else the cut had caught is acknowledged."""
    waves, after = ending["waves"], ending["after"]
    refunded = sum(after[here]["refunded"] for here in GRIDS)
    acked = sum(after[here]["acked"] for here in GRIDS)
    acked_at_cut = sum(ending["midway"]["true"][here]["acked"] for here in GRIDS)

    assert refunded == waves["hasty"] > 0
    assert acked == sum(waves.values()) - waves["hasty"]
    assert acked - acked_at_cut >= waves["patient"] > 0
    assert all(set(after[here]) == {"acked", "refunded"} for here in GRIDS), after
    assert ending["refunds"] == {"paid": waves["hasty"]}


def test_nothing_gets_through_the_cut(scenes: list[dict[str, Any]], ending: dict[str, Any]) -> None:
    """By the block times of every packet; what was sent into it waits until it is over."""
    waves, held_up = ending["waves"], ending["held_up"]

    assert held_up >= waves["patient"] + waves["hasty"] > 0
    assert held_up < sum(waves.values())
    line = f"not one packet got through while the line was cut: {held_up} waited for it"
    assert line in list_said(scenes)


def test_the_tracker_never_takes_unknown_for_none(
    scenes: list[dict[str, Any]], ending: dict[str, Any]
) -> None:
    """In the middle of the cut it says which grid it does not see, and that nothing is exact."""
    midway = ending["midway"]
    known, true = midway["known"], midway["true"]
    rows = find_table(scenes, "What the tracker knows")
    of_b = {row[1]: row[3] for row in rows if row[0] == "grid B to grid A"}
    expired = [row[3:] for row in rows if row[1] == "expired"]

    assert midway["is_current"] == {"a": True, "b": False}
    assert midway["is_exact"] == {"a": False, "b": False}
    assert of_b["all"].endswith(" + unknown")
    assert of_b["exact?"] == "no"
    assert expired == [["unknown", "12"], ["unknown", "12"]]
    assert "0" not in {row[3] for row in rows}
    # What it says is what was true when it last could look: nothing is settled before it is.
    for here in GRIDS:
        assert sum(filter(None, known[here].values())) <= sum(true[here].values())
        assert 20 <= known[here]["acked"] <= true[here]["acked"]
    assert sum(filter(None, known["b"].values())) < sum(true["b"].values())
    assert any("grid B is read up to block" in line and "cannot reach" in line
               for line in list_said(scenes))  # fmt: skip


def test_the_audit_is_unknown_to_who_cannot_see_and_holds_for_who_can(
    ending: dict[str, Any],
) -> None:
    """One grid out of reach: unknown, not fine and not broken; with both it holds, in flight."""
    midway = ending["midway"]
    places = {name: int(amount) for name, amount in midway["places_wh"].items()}

    assert set(midway["blind_audit"]) == {"unknown"}
    assert set(midway["seeing_audit"]) == {"holds"}
    assert midway["seeing_audit"]["holds"] >= midway["blind_audit"]["unknown"] > 0
    assert places["on the way"] > 0 < places["to be refunded"]
    assert sum(places.values()) == int(ending["issued_wh"])
    assert set(ending["audit"]) == {"holds"}


def test_not_one_wh_is_lost_or_doubled(
    scenes: list[dict[str, Any]], ending: dict[str, Any]
) -> None:
    """What was issued is held or retired, to the Wh, and the table adds up."""
    places = {name: int(amount) for name, amount in ending["places_wh"].items()}
    *rows, total = find_table(scenes, "Where every Wh is")

    assert int(ending["issued_wh"]) == sum(places.values()) == 797_684
    assert places["on the way"] == places["to be refunded"] == 0
    assert places["retired on grid A"] + places["retired on grid B"] == 2 * 14_219
    columns = list(zip(*rows, strict=True))[1:]
    assert [str(sum(map(int, column))) for column in columns] == total[1:]


def test_the_tracker_ends_with_all_that_an_undisturbed_one_knows(
    scenes: list[dict[str, Any]],
) -> None:
    """Every class is that of the chains, and the whole database that of one never cut off."""
    said = list_said(scenes)

    assert "the tracker has each of the 136 packets in the class that the chains say" in said
    assert any(line.startswith("the tracker knows just what the second one knows")
               for line in said)  # fmt: skip


def test_it_says_its_seed_and_draws_pictures(
    scenes: list[dict[str, Any]], ending: dict[str, Any]
) -> None:
    """One picture, as SVG and PNG; the seed is on the screen."""
    names = {Path(path).name for path in ending["pictures"]}

    assert any(line.startswith("seed 0:") for line in list_said(scenes))
    assert names == {"partition.svg", "partition.png"}
    assert all(Path(path).stat().st_size > 10_000 for path in ending["pictures"])
