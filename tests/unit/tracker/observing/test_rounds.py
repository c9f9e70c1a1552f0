"""What the rounds of an observer note of a chain, whatever the questions come to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from plurichain.errors import BadReply, NodeError, NodeTimeout, ProofError
from plurichain.tracker.observations import Observations
from plurichain.tracker.observing import observer
from plurichain.tracker.observing.contacts import ContactBook
from plurichain.tracker.observing.observer import ObserverSettings, _ChainObserver
from plurichain.tracker.store import PacketStore
from tests.unit.tracker.grids import A
from tests.unit.tracker.observing.made_chain import MadeChain, watch


class Commitments:
    """Comparing that comes to ``outcome``."""

    def __init__(self) -> None:
        self.outcome: Exception | None = None

    def observe(self) -> bool:
        if self.outcome is not None:
            raise self.outcome
        return False


class Rounds:
    """An observer of one chain; ``said`` are its reports."""

    def __init__(self, store: PacketStore) -> None:
        self.said: list[str] = []
        self.book = ContactBook(Observations(store), {A: "town"})
        chain = watch(store, MadeChain(A), self.said)
        self.asking = _ChainObserver(chain, self.book, frozenset(), ObserverSettings())
        self.commitments = Commitments()
        self.asking._commitments = cast("Any", self.commitments)

    def compare(self, outcome: Exception | None) -> str | None:
        """Have a round of comparing come to this; returns the chain's error after it."""
        self.commitments.outcome = outcome
        self.asking._ask_commitments()
        return self.book.get(A).error


@pytest.fixture
def rounds(tmp_path: Path) -> Iterator[Rounds]:
    with PacketStore.open(tmp_path / "packets.db") as store:
        yield Rounds(store)


def test_a_false_proof_is_an_error_of_the_chain_until_one_holds(rounds: Rounds) -> None:
    for _ in range(3):
        assert rounds.compare(ProofError("it leads to another root")) == "it leads to another root"
    assert rounds.said == [f"{A}: it leads to another root"]
    assert rounds.compare(None) is None


@pytest.mark.parametrize("error", [NodeError("refused"), BadReply("odd")])
def test_what_cannot_be_compared_for_long_is_told(
    rounds: Rounds, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """One call that fails is none; a node that gives no headers for hours proves nothing."""
    assert rounds.compare(error) is None
    monkeypatch.setattr(observer, "COMPARED_S", 0.0)
    assert rounds.compare(error) == str(error)
    assert rounds.compare(None) is None
    monkeypatch.setattr(observer, "COMPARED_S", 3_600.0)
    assert rounds.compare(error) is None


def test_channels_that_are_never_told_are_not_asked_for_every_round(
    rounds: Rounds, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hub lists thousands of clients for minutes; what blocks named is observed all the same."""
    asked: list[object] = []

    def find(*arguments: object) -> object:
        asked.append(arguments)
        raise NodeTimeout("no answer within 10 s in all")

    monkeypatch.setattr(observer, "find_quiet_ends", find)
    for _ in range(3):
        assert rounds.asking._list_ends() == {}
    assert len(asked) == 1
    monkeypatch.setattr(observer, "LONGEST_REST_S", 0.0)
    rounds.asking._ends_due_s = 0.0
    for _ in range(3):
        rounds.asking._list_ends()
    assert len(asked) == 4
