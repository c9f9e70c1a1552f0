"""The cut of the story is one: nothing gets through it, and the killed relayer was killed."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from plurichain.encoding.height import Height
from plurichain.errors import CheckFailed
from plurichain.ibc.conservation import Verdict
from plurichain.ibc.packet_story import StoryClass
from plurichain.scenarios.partition import silence
from plurichain.scenarios.partition.auditing import Audit, validate_extent
from plurichain.scenarios.partition.silence import validate_silence
from plurichain.scenarios.partition.truth import Moment, Truth
from plurichain.scenarios.partition.world import FIRST, World
from plurichain.tracker.views import PacketRow
from tests.unit.tracker.grids import HERE, THERE

#: Cut at 100, all that was handed in before is in at 110, whole again after 200.
BEGUN, SETTLED, ENDED = 100, 110, 200


@pytest.fixture(autouse=True)
def short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the node of grid B take in what it has at once, but for one nanosecond."""
    monkeypatch.setattr(silence, "GRACE_NS", 1)


def moments(time_ns: int) -> dict[str, Moment]:
    return {name: Moment(time_ns // 10, time_ns) for name in ("a", "b")}


CUT: Any = SimpleNamespace(
    begun=moments(BEGUN), ended=moments(ENDED), at_cut=Truth(moments(SETTLED), {})
)
ROW = PacketRow(
    chain_id="grid", end=HERE, sequence=1, destination_chain_id="other", destination=THERE,
    story=StoryClass.ACKED, age_ns=None, denom="wh", amount=1, timeout_height=Height(0, 0),
    timeout_ns=0, sent_height=1, sent_time_ns=50, received_time_ns=60, answered_time_ns=60,
    ended_time_ns=70, sent_by=None, received_by=None, ended_by=None, repeats=0,
)  # fmt: skip


def row(sent: int, received: int | None, ended: int | None) -> PacketRow:
    return replace(ROW, sent_time_ns=sent, received_time_ns=received, ended_time_ns=ended)


@pytest.mark.parametrize(
    ("here", "times", "held_up"),
    [
        ("a", (50, 60, 70), 0),
        # On its way when the line was cut: carried to the node of B before, or after the cut.
        ("a", (90, 111, 210), 1),
        ("a", (90, 201, 210), 1),
        ("b", (90, 201, 210), 1),
        # Grid A is told of what a relayer knew already.
        ("b", (90, 120, 210), 1),
        ("a", (90, 99, 130), 0),
        # Sent into the cut.
        ("a", (101, 201, 202), 1),
        ("b", (150, None, 201), 1),
    ],
)
def test_what_waits_for_the_link(
    here: str, times: tuple[int, int | None, int | None], held_up: int
) -> None:
    rows: dict[str, list[PacketRow]] = {"a": [], "b": []} | {here: [row(*times)]}
    assert validate_silence(rows, CUT) == held_up


@pytest.mark.parametrize(
    ("here", "times", "grid"),
    [
        # Over the line to B, or B's own packets ended by what came over it.
        ("a", (90, 112, 210), "b"),
        ("a", (90, 200, 210), "b"),
        ("b", (90, 99, 112), "b"),
        # Nobody can know of these but over the line.
        ("a", (101, 105, 210), "b"),
        ("b", (101, 105, 210), "a"),
        ("b", (101, 200, 210), "a"),
        ("a", (101, None, 200), "a"),
        ("b", (101, None, 104), "b"),
    ],
)
def test_whatever_gets_through_is_noticed(
    here: str, times: tuple[int, int | None, int | None], grid: str
) -> None:
    rows: dict[str, list[PacketRow]] = {"a": [], "b": []} | {here: [row(*times)]}
    with pytest.raises(CheckFailed, match=f"packet 1 of grid {here} got through .* grid {grid} "):
        validate_silence(rows, CUT)


@pytest.mark.parametrize("status", [-signal.SIGKILL, 1, 0, -signal.SIGTERM])
def test_a_relayer_that_ended_by_itself_was_not_killed(status: int) -> None:
    done: list[str] = []
    program: Any = SimpleNamespace(
        kill=lambda: done.append("killed"), process=SimpleNamespace(returncode=status)
    )
    stage: Any = None
    world = World(stage, stage, Path("nowhere"), {FIRST: program})
    if status == -signal.SIGKILL:
        world.kill_relayer(FIRST)
    else:
        with pytest.raises(CheckFailed, match=f"it had ended with status {status}"):
            world.kill_relayer(FIRST)
    assert done == ["killed"]


@pytest.mark.parametrize(
    ("verdicts", "is_all"),
    [
        ({Verdict.HOLDS: 2}, True),
        ({Verdict.HOLDS: 1, Verdict.UNKNOWN: 1}, True),
        ({Verdict.HOLDS: 1}, False),
        ({Verdict.HOLDS: 3}, False),
        ({}, False),
    ],
)
def test_an_audit_is_of_every_credit_that_was_sent(
    verdicts: Mapping[Verdict, int], is_all: bool
) -> None:
    """One that leaves a token out finds nothing wrong with it."""
    sent: list[Any] = [
        SimpleNamespace(parcel=SimpleNamespace(base_denom=denom)) for denom in ("x", "y", "x")
    ]
    truth: Any = SimpleNamespace(classes=sent)
    audit = Audit(verdicts, (), {})
    if is_all:
        validate_extent(audit, truth)
    else:
        with pytest.raises(CheckFailed, match="2 credits crossed the link"):
            validate_extent(audit, truth)
