"""An end that no block named, and that holds packets all the same."""

from __future__ import annotations

from pathlib import Path

from plurichain.ibc.overdue import Thresholds
from plurichain.tracker.monitoring.snapshot.taking import take_snapshot
from plurichain.tracker.observations import ChannelState, Observations
from plurichain.tracker.store import PacketStore
from tests.unit.tracker.grids import A, B, block

STATE = ChannelState(
    A, "classic", "transfer", "channel-0", asked_ns=90, answered_ns=90, peer_chain_id=B,
    state="open", height=9, commitments=275, unread=275,
)  # fmt: skip


def test_it_is_in_the_snapshot_with_what_no_block_told_of(tmp_path: Path) -> None:
    with PacketStore.open(tmp_path / "packets.db") as store:
        store.take_in(block(A, 9))
        Observations(store).save(STATE)
        (channel,) = take_snapshot(store, 100, Thresholds()).channels
        assert (channel.chain_id, channel.unread, channel.peer_chain_id) == (A, 275, B)
        # Nothing that is open is counted as none while there is so much that nobody saw.
        assert not channel.is_exact
        assert all(count != 0 for story, count in channel.counts.items() if story.is_open)


def test_a_chain_that_is_not_tracked_is_not_in_it(tmp_path: Path) -> None:
    with PacketStore.open(tmp_path / "packets.db") as store:
        Observations(store).save(STATE)
        assert take_snapshot(store, 100, Thresholds()).channels == ()
