"""Which chains of a test session are ended before it ends; the chains are stand-ins."""

from __future__ import annotations

import itertools
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from plurichain.harness import session_chains
from plurichain.harness.session_chains import SessionChains


@dataclass(eq=False)
class StandIn:
    chain_id: str
    folder: Path
    running: bool = True
    removed: bool = False

    def is_running(self) -> bool:
        return self.running

    def stop(self, *, remove: bool) -> None:
        self.running, self.removed = False, remove

    def describe_folder(self) -> str:
        return f"{self.chain_id} was kept"

    def detach(self) -> None:
        self.running = False


@pytest.fixture(autouse=True)
def stand_ins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Starts:
        @staticmethod
        def start(topology: str, folder: Path) -> StandIn:
            return StandIn(topology, folder)

    monkeypatch.setattr(session_chains, "LocalChain", Starts)
    numbers = itertools.count()
    monkeypatch.setattr(
        tempfile, "mkdtemp", lambda prefix: str(tmp_path / f"{prefix}{next(numbers)}")
    )


def start(chains: SessionChains, name: str, owner: object) -> StandIn:
    chains.owner = owner
    return cast("StandIn", chains.start(cast("Any", name)))


def test_only_what_nobody_needs_is_ended_and_once() -> None:
    chains = SessionChains(keep_running=False)
    shared, own, by_test = (
        start(chains, name, owner) for name, owner in [("s", "shared"), ("o", "own"), ("t", None)]
    )

    assert chains.end_unneeded(lambda owner: owner is not None, failed=False) == []
    assert (shared.running, own.running, by_test.running) == (True, True, False)
    assert by_test.removed
    assert chains.end_unneeded(lambda owner: owner == "shared", failed=True) == ["o was kept"]
    assert (shared.running, own.running, own.removed) == (True, False, False)
    assert chains.end(failed=False) == []
    assert not shared.running


def test_what_is_to_run_on_is_left_alone() -> None:
    chains = SessionChains(keep_running=True)
    kept = start(chains, "k", None)

    assert chains.end_unneeded(lambda _owner: False, failed=False) == []
    assert kept.running
