"""Waiting: what is warned of, when, and how often. The clock here is scripted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from plurichain.bidding.account import Observer
from plurichain.bidding.patience import Patience
from plurichain.bidding.progress import Progress
from plurichain.errors import NodeTimeout, NodeUnreachable, WrongChain

SECOND = 1_000_000_000


@dataclass(slots=True)
class World:
    """A clock that moves when somebody sleeps, and a chain that may not follow it."""

    get_block_time: Callable[[float], int]
    now_s: float = 100.0
    slept_s: list[float] = field(default_factory=list)
    told: list[Progress] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept_s.append(seconds)
        self.now_s += seconds
        assert len(self.slept_s) < 10_000, "waits for ever"


class _Watcher(Observer):
    """An observer whose block time comes from a script."""

    __slots__ = ("world",)
    world: World

    def get_block_time_ns(self) -> int:
        return self.world.get_block_time(self.world.now_s)


def make_patience(world: World) -> Patience:
    observer = _Watcher(None, None, "c-1", world.told.append)  # type: ignore[arg-type]
    object.__setattr__(observer, "world", world)
    return Patience(observer, clock=lambda: world.now_s, sleep=world.sleep)


def follow(now_s: float) -> int:
    """Block time that follows the clock."""
    return int(now_s * 10) * SECOND // 10


def wait(world: World, until_s: float) -> int:
    return make_patience(world).wait_for_block_time(
        int(until_s * SECOND), deadline_ns=int((until_s + 20) * SECOND), what="reveal"
    )


def test_a_chain_that_moves_is_waited_for_in_silence() -> None:
    world = World(follow)
    seen_ns = wait(world, 160)

    assert 160 * SECOND <= seen_ns < 161 * SECOND
    assert world.told == []
    assert max(world.slept_s) <= 2.0


def test_time_that_has_come_is_not_waited_for() -> None:
    world = World(follow)
    assert wait(world, 50) == 100 * SECOND
    assert world.slept_s == []


def test_a_chain_that_stands_still_is_told_early_and_again() -> None:
    world = World(lambda now_s: follow(min(now_s, 110)) if now_s < 150 else follow(now_s))
    wait(world, 160)

    assert {step.name for step in world.told} == {"chain_still"}
    assert all(step.is_warning for step in world.told)
    assert "made no block for 3 s" in world.told[0].text or "4 s" in world.told[0].text
    assert "left to reveal" in world.told[0].text
    assert 3 <= len(world.told) <= 5, "about every ten seconds"


@pytest.mark.parametrize("error", [NodeUnreachable("no connection"), NodeTimeout("no answer")])
def test_a_silent_node_is_tried_again_and_told_at_once(error: Exception) -> None:
    def ask(now_s: float) -> int:
        if 110 < now_s < 140:
            raise error
        return follow(now_s)

    world = World(ask)
    wait(world, 160)

    assert world.told[0].name == "node_silent"
    assert str(error) in world.told[0].text
    assert 3 <= len(world.told) <= 5
    # What is left is estimated by this clock while nobody answers.
    assert "about 1 min" in world.told[0].text
    assert "about 4" in world.told[-1].text


def test_it_says_when_it_may_be_too_late() -> None:
    def ask(now_s: float) -> int:
        if 110 < now_s < 200:
            raise NodeTimeout("no answer")
        return follow(now_s)

    world = World(ask)
    wait(world, 160)

    assert "it may be too late to reveal by" in world.told[-1].text


def test_a_wrong_chain_ends_the_waiting() -> None:
    def ask(_now_s: float) -> int:
        raise WrongChain("another chain")

    with pytest.raises(WrongChain):
        wait(World(ask), 160)
