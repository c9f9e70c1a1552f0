"""What `plurichain ibc packets` says of packets that no block told of."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from plurichain.tracker.blocks import Absence, Missing
from plurichain.tracker.observations import ChannelState, Observations
from plurichain.tracker.store import PacketStore
from tests.unit.cli.conftest import Run
from tests.unit.tracker import grids
from tests.unit.tracker.grids import A, B, add_routes, event, packet, signed

RunCommand = Callable[..., Run]
STATE = ChannelState(
    A, "classic", "transfer", "channel-0", asked_ns=90, answered_ns=90, peer_chain_id=B,
    state="open", height=9, commitments=276, unread=275,
)  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> PacketStore:
    opened = PacketStore.open(tmp_path / "packets.db")
    add_routes(opened)
    return opened


def list_channels(run_command: RunCommand, tmp_path: Path) -> tuple[list[dict[str, object]], str]:
    shown = run_command(
        "ibc", "packets", "--by-channel", "--output", "json",
        "--database", str(tmp_path / "packets.db"),
    )  # fmt: skip
    assert shown.status == 0
    return json.loads(shown.out), shown.err


def test_they_are_counted_beside_those_that_are_known(
    run: RunCommand, store: PacketStore, tmp_path: Path
) -> None:
    grids.run(store, A, 9, {3: signed(event("send_packet", packet(276)))})
    Observations(store).save(STATE)
    (row,), said = list_channels(run, tmp_path)
    assert (row["packets"], row["unread"], row["state"]) == ({"unknown": 1}, 275, "open")
    assert (row["state_height"], row["state_answered_ns"], row["state_error"]) == (9, "90", None)
    assert "275 packets were in state after block 9 and in no block that was read" in said


def test_a_channel_with_nothing_else_is_listed(
    run: RunCommand, store: PacketStore, tmp_path: Path
) -> None:
    grids.run(store, A, 9, {})
    Observations(store).save(replace(STATE, commitments=275))
    (row,), said = list_channels(run, tmp_path)
    assert (row["packets"], row["unread"], row["to"]) == ({}, 275, B)
    assert "in no list" in said
    shown = run("ibc", "packets", "--database", str(tmp_path / "packets.db"))
    assert "275 packets" in shown.err


@pytest.mark.parametrize(
    "state",
    [None, replace(STATE, answered_ns=None, commitments=None, unread=None, error="no answer")],
)
def test_what_was_never_answered_is_unknown_and_not_none(
    run: RunCommand, store: PacketStore, tmp_path: Path, state: ChannelState | None
) -> None:
    grids.run(store, A, 9, {3: signed(event("send_packet", packet(1)))})
    if state is not None:
        Observations(store).save(state)
    (row,), said = list_channels(run, tmp_path)
    assert row["unread"] is None
    assert row["state_error"] == (None if state is None else "no answer")
    assert "in no list" not in said
    cells, said = read_table(run, tmp_path)
    assert cells["unread"] == "-"
    assert (f"{A}: transfer/channel-0: its state was not told" in said) is (state is not None)


def read_table(run_command: RunCommand, tmp_path: Path) -> tuple[dict[str, str], str]:
    """Return the only row of the table of channels by its columns, and what was noted."""
    shown = run_command(
        "ibc", "packets", "--by-channel", "--database", str(tmp_path / "packets.db")
    )
    head, line = shown.out.splitlines()
    assert max(len(head), len(line)) <= 100
    return dict(zip(head.split(), line.split(), strict=True)), shown.err


def test_the_table_of_channels_fits_a_terminal_and_says_what_is_not_known(
    run: RunCommand, store: PacketStore, tmp_path: Path
) -> None:
    grids.run(store, A, 9, {3: signed(event("send_packet", packet(276)))})
    grids.run(store, B, 7, {})
    Observations(store).save(STATE)
    cells, _ = read_table(run, tmp_path)
    assert cells == {
        "chain_id": A, "channel": "transfer/channel-0", "to": B, "open": "1", "oldest_s": "6.000",
        "unread": "275", "state": "open", "read": "9/7", "packets": "unreceived=1",
    }  # fmt: skip


def test_what_is_open_is_a_lower_bound_where_blocks_are_missing(
    run: RunCommand, store: PacketStore, tmp_path: Path
) -> None:
    store.take_in(grids.block(A, 20, signed(event("send_packet", packet(276)))))
    cells, _ = read_table(run, tmp_path)
    assert (cells["open"], cells["read"], cells["packets"]) == (">=1", "20/-", "unknown=1")
    store.take_in(Missing(A, 21, 29, Absence.PRUNED))
    store.take_in(grids.block(A, 30))
    cells, _ = read_table(run, tmp_path)
    assert (cells["open"], cells["read"]) == (">=1", "30!/-")
