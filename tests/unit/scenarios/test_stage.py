from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from plurichain.bidding.moments import SECOND_NS
from plurichain.chain.types import Header
from plurichain.errors import HarnessError
from plurichain.scenarios import stage as stage_module
from plurichain.scenarios.scenes import Counted, Scene
from plurichain.scenarios.stage import Stage


class FakeClient:
    """A chain whose time passes by a second with every look at it."""

    def __init__(self, time_ns: int) -> None:
        self.time_ns = time_ns

    def get_latest_header(self) -> Header:
        self.time_ns += SECOND_NS
        return Header(1, self.time_ns, "c")


def make_stage(
    scenes: list[Scene], *, programs: tuple[Any, ...] = (), time_ns: int = 0, healthy: bool = True
) -> Stage:
    def validate_healthy() -> None:
        if not healthy:
            raise HarnessError("node0 panicked")

    chain: Any = SimpleNamespace(validate_healthy=validate_healthy)
    group: Any = SimpleNamespace(programs=list(programs))
    client: Any = FakeClient(time_ns)
    none: Any = None
    return Stage(chain, none, none, client, none, group, none, scenes.append, 0.0)


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage_module, "POLL_S", 0.0)


def test_waiting_reports_each_change_once() -> None:
    scenes: list[Scene] = []
    counts = iter([0, 0, 2, 2, 3])
    make_stage(scenes).wait_until("bids", lambda: next(counts), 3, timeout_s=5)

    assert scenes == [Counted("bids", 0, 3), Counted("bids", 2, 3), Counted("bids", 3, 3)]


def test_waiting_has_a_deadline() -> None:
    with pytest.raises(HarnessError, match=r"bids: 1 of 3 after 0 s"):
        make_stage([]).wait_until("bids", lambda: 1, 3, timeout_s=0)


def test_a_failed_program_ends_the_wait_at_once() -> None:
    def validate_running() -> None:
        raise HarnessError("bakery ended")

    program = SimpleNamespace(validate_running=validate_running)
    with pytest.raises(HarnessError, match="bakery ended"):
        make_stage([], programs=(program,)).wait_until("bids", lambda: 1, 3, timeout_s=60)


def test_a_chain_that_panics_ends_the_wait_at_once() -> None:
    with pytest.raises(HarnessError, match="panicked"):
        make_stage([], healthy=False).wait_until("bids", lambda: 1, 3, timeout_s=60)


def test_a_deadline_is_counted_in_seconds_of_block_time() -> None:
    scenes: list[Scene] = []
    begin_ns = 10 * SECOND_NS + 5
    stage = make_stage(scenes, time_ns=begin_ns - SECOND_NS)
    stage.wait_for_deadline("time", begin_ns=begin_ns, deadline_ns=begin_ns + 2 * SECOND_NS)

    assert scenes == [Counted("time, in seconds", done, 2) for done in (0, 1, 2)]


def test_a_deadline_is_not_over_before_its_time() -> None:
    """A fraction of a second counts as one that is still to come."""
    scenes: list[Scene] = []
    stage = make_stage(scenes, time_ns=-SECOND_NS)
    stage.wait_for_deadline("time", begin_ns=0, deadline_ns=SECOND_NS + 1)

    assert stage.client.time_ns == 2 * SECOND_NS  # type: ignore[attr-defined]
    assert scenes[-1] == Counted("time, in seconds", 2, 2)
