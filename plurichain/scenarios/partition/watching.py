"""What the tracker knows, read from its database while it writes, beside what is true."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from plurichain.errors import CheckFailed
from plurichain.ibc.overdue import Thresholds
from plurichain.ibc.packet_story import StoryClass
from plurichain.scenarios.partition.cast import OTHER
from plurichain.scenarios.partition.sending import SECOND_NS
from plurichain.scenarios.scenes import Shown
from plurichain.tracker.monitoring.snapshot.taking import take_snapshot
from plurichain.tracker.store import PacketStore
from plurichain.tracker.views import PacketRow, list_packets, opened_view

if TYPE_CHECKING:
    from plurichain.scenarios.grids.stage import GridStage
    from plurichain.scenarios.partition.truth import Moment, Truth
    from plurichain.scenarios.partition.world import World
    from plurichain.tracker.monitoring.snapshot.items import ChainItem, ChannelItem

UNKNOWN = "unknown"
MEANINGS: Final[Mapping[StoryClass, str]] = {
    StoryClass.UNRECEIVED: "sent, and not received",
    StoryClass.EXPIRED: "its time is over, and it was not paid back",
    StoryClass.RECEIVED_UNACKED: "received, and not acknowledged there yet",
    StoryClass.ACK_PENDING: "received; the acknowledgement is not back",
    StoryClass.ACKED: "received and acknowledged",
    StoryClass.REFUNDED: "timed out and paid back",
    StoryClass.UNKNOWN: "sent; what would tell more was not read",
}


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What monitors show: how each grid was read, and what each sent, by name of the grid."""

    chains: Mapping[str, ChainItem]
    channels: Mapping[str, ChannelItem]

    def get_count(self, here: str, story: StoryClass) -> int | None:
        """Return how many packets of a grid are in a class, None if that is not known."""
        return self.channels[here].counts[story]

    def format_count(self, here: str, story: StoryClass) -> str:
        """Return a count as it may be shown: none of a class is certain only while all is seen."""
        count = self.get_count(here, story)
        return str(count) if count or (count == 0 and self.channels[here].is_exact) else UNKNOWN

    def count_sent(self, here: str) -> int:
        """Return how many packets of a grid were seen sent."""
        return sum(count or 0 for count in self.channels[here].counts.values())

    def format_as_of(self, name: str, now: Moment) -> str:
        """Return up to which block a grid was read, and how long before ``now`` that was."""
        chain = self.chains[name]
        if chain.height is None or chain.time_ns is None:
            return "never read"
        # The tracker may have read on since.
        age_s = max(now.time_ns - chain.time_ns, 0) / SECOND_NS
        return f"read up to block {chain.height}, {age_s:.1f} s ago"


def take_knowledge(world: World) -> Knowledge:
    """Look at the tracker's database as its monitors do. Raises StorageError."""
    names = {grid.chain_id: name for name, grid in world.stage.grids.items()}
    with PacketStore.open(world.database) as store:
        snapshot = take_snapshot(store, time.time_ns(), Thresholds())
    return Knowledge(
        {names[item.chain_id]: item for item in snapshot.chains},
        {names[item.chain_id]: item for item in snapshot.channels},
    )


def wait_until_stale(world: World, *, timeout_s: float) -> None:
    """Wait until the tracker has noticed that grid B does not answer, and sees grid A.

    Raises HarnessError.
    """

    def count() -> int:
        chains = take_knowledge(world).chains
        return int(chains["a"].is_current and not chains["b"].is_current)

    world.stage.wait_until(
        "the tracker has noticed that grid B does not answer", count, 1, timeout_s=timeout_s
    )


def wait_until_read(world: World, moments: Mapping[str, Moment], *, timeout_s: float) -> None:
    """Wait until the tracker has read all grids up to ``moments``. Raises HarnessError."""
    wanted = {world.stage.grids[name].chain_id: each.height for name, each in moments.items()}
    with PacketStore.open(world.database) as store:

        def count() -> int:
            read = {each.chain_id: each.height for each in store.list_cursors()}
            return sum(read.get(chain_id, 0) >= height for chain_id, height in wanted.items())

        world.stage.wait_until(
            "grids that the tracker has read up to then", count, len(wanted), timeout_s=timeout_s
        )


def list_rows(world: World) -> dict[str, tuple[PacketRow, ...]]:
    """Return all packets that the tracker knows, by the grid that sent them."""
    with PacketStore.open(world.database) as store, opened_view(store) as chains:
        found = tuple(list_packets(store, chains))
    return {
        name: tuple(row for row in found if row.chain_id == grid.chain_id)
        for name, grid in world.stage.grids.items()
    }


def compare(stage: GridStage, known: Knowledge, truth: Truth) -> Shown:
    """Return a table of what the tracker knows beside what is true."""
    rows = []
    for here in stage.grids:
        true = truth.count(here)
        way = f"{stage.grids[here].title} to {stage.grids[OTHER[here]].title}"
        rows += [
            (way, story.value, MEANINGS.get(story, ""), known.format_count(here, story),
             str(true.get(story, 0)))
            for story in StoryClass
            if known.get_count(here, story) or true.get(story)
        ]  # fmt: skip
        is_current = (known.chains[here].height or 0) >= truth.moments[here].height
        sent = f"{known.count_sent(here)}" + ("" if is_current else f" + {UNKNOWN}")
        rows.append((way, "all", "sent until now", sent, str(sum(true.values()))))
        is_exact = "yes" if known.channels[here].is_exact else "no"
        rows.append((way, "exact?", "all there is, as of now", is_exact, "yes"))
    columns = ("packets", "class", "which means", "the tracker", "true")
    return Shown("What the tracker knows, and what is true at this moment", columns, tuple(rows),
                 frozenset(columns[3:]))  # fmt: skip


def validate_rows(stage: GridStage, rows: Mapping[str, tuple[PacketRow, ...]], truth: Truth) -> int:
    """Return how many packets are in the class that the chains' state says.

    Raises CheckFailed for the first that is not, or that one of the two does not know.
    """
    checked = 0
    for here, grid in stage.grids.items():
        told = {row.sequence: row.story for row in rows[here]}
        true = {
            sent.sequence: story
            for sent, story in truth.classes.items()
            if sent.parcel.here == here
        }
        for sequence in sorted(told.keys() | true.keys()):
            if told.get(sequence) != true.get(sequence):
                raise CheckFailed(
                    f"packet {sequence} of {grid.title}: the tracker says "
                    f"{told.get(sequence)}, the chains say {true.get(sequence)}"
                )
            checked += 1
    return checked
