"""On a busy machine a story waits longer, and what has expired is sent again."""

from __future__ import annotations

import itertools
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plurichain.chain.sending.sender import TxSender
from plurichain.chain.transactions.outcome import Outcome, OutcomeStatus
from plurichain.errors import HarnessError
from plurichain.scenarios.grids import stage as grid_stage
from plurichain.scenarios.grids.sender import TRIES, PatientSender
from plurichain.scenarios.grids.stage import GridStage
from plurichain.scenarios.pace import LOAD_PER_CORE
from plurichain.scenarios.scenes import Said, Scene

EXPIRED = Outcome("AA", OutcomeStatus.EXPIRED)


def send_scripted(monkeypatch: pytest.MonkeyPatch, outcomes: list[Outcome]) -> tuple[Outcome, int]:
    """Send once to a chain with these outcomes; returns what came back, and after how many."""
    sent: list[dict[str, Any]] = []

    def send(_self: TxSender, _messages: object, **options: Any) -> Outcome:
        sent.append(options)
        return outcomes[len(sent) - 1]

    monkeypatch.setattr(TxSender, "send", send)
    outcome = PatientSender.__new__(PatientSender).send([], purpose="test")
    assert sent == [{"purpose": "test"}] * len(sent)
    return outcome, len(sent)


def test_what_has_expired_is_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    landed = Outcome("BB", OutcomeStatus.ACCEPTED)

    assert send_scripted(monkeypatch, [EXPIRED, EXPIRED, landed, landed]) == (landed, 3)


def test_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    assert send_scripted(monkeypatch, [EXPIRED] * 99) == (EXPIRED, TRIES)


@pytest.mark.parametrize(
    "outcome",
    [
        *(Outcome("AA", status) for status in OutcomeStatus if status != "expired"),
        Outcome("AA", OutcomeStatus.UNKNOWN, is_final=False),
        Outcome("AA", OutcomeStatus.EXPIRED, is_final=False),
    ],
)
def test_what_may_have_been_done_is_sent_once(
    monkeypatch: pytest.MonkeyPatch, outcome: Outcome
) -> None:
    """And what a chain refuses or fails is no matter of time."""
    assert send_scripted(monkeypatch, [outcome, EXPIRED]) == (outcome, 1)


class Clock:
    """Seconds that go by only while somebody sleeps."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def monotonic(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(grid_stage, "time", clock)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    monkeypatch.setattr("os.getloadavg", lambda: (1.0, 1.0, 1.0))
    return clock


def make_stage(scenes: list[Scene]) -> GridStage:
    nobody: Any = types.SimpleNamespace(programs=[])
    chains: Any = {}
    pool: Any = None
    return GridStage(chains, {}, {}, nobody, pool, Path(), scenes.append, 1_000.0)


def count_slowly(clock: Clock, *, step_s: float) -> Iterator[int]:
    began_s = clock.now_s
    while True:
        yield int((clock.now_s - began_s) // step_s)


def test_a_wait_lasts_while_something_goes_on(clock: Clock) -> None:
    counts = count_slowly(clock, step_s=9)
    make_stage([]).wait_until("steps", lambda: next(counts), 20, timeout_s=10)

    assert 180 <= clock.now_s - 1_000 < 182


def test_a_wait_ends_when_nothing_goes_on(clock: Clock) -> None:
    counts = itertools.chain([0, 1, 2], itertools.repeat(2))
    with pytest.raises(HarnessError, match="steps: 2 of 5, and no more for 10 s"):
        make_stage([]).wait_until("steps", lambda: next(counts), 5, timeout_s=10)

    assert 10 <= clock.now_s - 1_000 < 11


def test_a_busy_machine_has_longer(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that has become busy only while it is waited for."""
    monkeypatch.setattr("os.getloadavg", lambda: ((1.0 if clock.now_s < 1_009 else 25.0), 0, 0))
    with pytest.raises(HarnessError, match="no more for 70 s"):
        make_stage([]).wait_until("it", lambda: 0, 1, timeout_s=10)


@pytest.mark.parametrize(
    ("load", "elapsed_s", "slower", "pace"),
    [
        (0.5, 11.0, None, 1),
        (0.5, 25.0, None, 3),
        (25.0, 11.0, None, 7),
        (25.0, 120.0, None, 10),
        (25.0, 120.0, 2, 2),
    ],
)
def test_deadlines_follow_the_load_and_the_way_until_now(
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    load: float,
    elapsed_s: float,
    slower: int | None,
    pace: int,
) -> None:
    """Unless they are told."""
    assert LOAD_PER_CORE == 2
    monkeypatch.setattr("os.getloadavg", lambda: (load, 0.0, 0.0))
    clock.now_s += elapsed_s
    scenes: list[Scene] = []

    assert make_stage(scenes).choose_pace(slower, calm_s=12.0) == pace
    assert [isinstance(each, Said) for each in scenes] == [True] * (pace > 1)
