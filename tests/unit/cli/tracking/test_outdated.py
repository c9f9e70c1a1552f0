"""What is listed of chains that are not read up to now: an empty list is not all is well."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from plurichain.tracker.blocks import TrackedBlock
from plurichain.tracker.observations import Contact, Observations
from plurichain.tracker.store import PacketStore
from tests.unit.cli.conftest import Run
from tests.unit.tracker.grids import SECOND_NS, A, B

RunCommand = Callable[..., Run]
LISTS = (
    ("packets", "--open"),
    ("packets", "--class", "unknown", "--output", "json"),
    ("packets", "--by-channel"),
    ("relayers",),
    ("journeys",),
)


def keep(path: Path, age_s: int, error: str | None = None) -> str:
    """A database of two chains, of which A was read and asked some seconds ago, B is of now."""
    now_ns = time.time_ns()
    with PacketStore.open(path) as store:
        for chain_id, then_ns in ((A, now_ns - age_s * SECOND_NS), (B, now_ns)):
            store.take_in(TrackedBlock(chain_id, 7, 7, then_ns, "", "", (), ()))
            asked_ns = now_ns if error else then_ns
            Observations(store).save(
                Contact(chain_id, "town", asked_ns, then_ns, 7, then_ns, is_catching_up=False,
                        error=error if chain_id == A else None)
            )  # fmt: skip
    return str(path)


@pytest.mark.parametrize("words", LISTS)
def test_a_tracker_that_is_not_at_work_is_said_beside_what_it_knew(
    run: RunCommand, tmp_path: Path, words: tuple[str, ...]
) -> None:
    told = run("ibc", *words, "--database", keep(tmp_path / "packets.db", 7_200))
    assert f"{A}: all is as of its block 7, 2 h ago: nobody asks it now" in told.err
    assert f"{B}: all is as of" not in told.err


def test_a_chain_that_is_silent_is_said_with_how_old_it_is(run: RunCommand, tmp_path: Path) -> None:
    database = keep(tmp_path / "packets.db", 40, "connection refused")
    told = run("ibc", "packets", "--open", "--database", database)
    assert f"{A}: all is as of its block 7, 40 s ago: no node of it answers now" in told.err


def test_of_chains_that_are_read_up_to_now_nothing_is_said(run: RunCommand, tmp_path: Path) -> None:
    told = run("ibc", "packets", "--open", "--database", keep(tmp_path / "packets.db", 0))
    assert told == Run(0, "no such packets\n", "")


def test_a_chain_that_was_asked_and_not_read(run: RunCommand, tmp_path: Path) -> None:
    now_ns = time.time_ns()
    with PacketStore.open(tmp_path / "packets.db") as store:
        Observations(store).save(Contact(A, "town", now_ns, now_ns, 7, now_ns))
    told = run("ibc", "packets", "--database", str(tmp_path / "packets.db"))
    assert f"{A}: nothing of it is known: no block of it is read yet" in told.err
