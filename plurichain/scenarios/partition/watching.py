"""What the tracker knows, read from its database while it writes, beside what is true."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plurichain.errors import CheckFailed
from plurichain.ibc.packet_story import StoryClass
from plurichain.scenarios.partition.cast import OTHER
from plurichain.scenarios.partition.sending import SECOND_NS
from plurichain.scenarios.scenes import Shown
from plurichain.tracker.store import PacketStore
from plurichain.tracker.views import PacketRow, list_packets, opened_view

if TYPE_CHECKING:
    from plurichain.scenarios.grids.stage import GridStage
    from plurichain.scenarios.partition.sending import Sent
    from plurichain.scenarios.partition.truth import Moment, Truth
    from plurichain.scenarios.partition.world import World


@dataclass(frozen=True, slots=True)
class Reading:
    """How far the tracker has read a grid: the last block and its time; None: none yet."""

    height: int | None
    time_ns: int | None


@dataclass(frozen=True, slots=True)
class Knowledge:
    """All packets that the tracker knows, by the grid that sent them, and how far it read."""

    readings: Mapping[str, Reading]
    rows: Mapping[str, tuple[PacketRow, ...]]

    def count(self, here: str) -> Counter[StoryClass]:
        """Return how many packets of a grid are in each class, as far as is known."""
        return Counter(row.story for row in self.rows[here])

    def has_read(self, name: str, moment: Moment) -> bool:
        """Tell whether a grid was read up to a moment."""
        return (self.readings[name].height or 0) >= moment.height


def take_knowledge(world: World) -> Knowledge:
    """Read the tracker's database. Raises StorageError."""
    grids = world.stage.grids
    with PacketStore.open(world.database) as store, opened_view(store) as chains:
        found = tuple(list_packets(store, chains))
    readings = {}
    for name, grid in grids.items():
        chain = chains.get(grid.chain_id)
        known = Reading(None, None) if chain is None else Reading(chain.height, chain.time_ns)
        readings[name] = known
    rows = {
        name: tuple(row for row in found if row.chain_id == grid.chain_id)
        for name, grid in grids.items()
    }
    return Knowledge(readings, rows)


def wait_until_read(world: World, moments: Mapping[str, Moment], *, timeout_s: float) -> Knowledge:
    """Wait until the tracker has read all grids up to ``moments``. Raises HarnessError."""

    def count() -> int:
        known = take_knowledge(world)
        return sum(known.has_read(name, moment) for name, moment in moments.items())

    world.stage.wait_until(
        "grids that the tracker has read up to now", count, len(moments), timeout_s=timeout_s
    )
    return take_knowledge(world)


def compare(stage: GridStage, known: Knowledge, truth: Truth, sent: Sequence[Sent]) -> Shown:
    """Return a table of what the tracker shows beside what is true."""
    rows = []
    for here in stage.grids:
        counts, true_counts = known.count(here), truth.count(here)
        is_stale = not known.has_read(here, truth.moments[here])
        way = f"{stage.grids[here].title} to {stage.grids[OTHER[here]].title}"
        rows += [
            (way, story.value, str(counts[story]), str(true_counts.get(story, 0)))
            for story in StoryClass
            if counts[story] or true_counts.get(story)
        ]
        shown = f"{sum(counts.values())}{', then unknown' if is_stale else ''}"
        total = sum(each.parcel.here == here for each in sent)
        rows.append((way, "sent in all", shown, str(total)))
    columns = ("packets from", "class", "the tracker", "true")
    return Shown("What the tracker knows, and what is true", columns, tuple(rows),
                 frozenset(columns[2:]))  # fmt: skip


def validate_knowledge(stage: GridStage, known: Knowledge, truth: Truth) -> int:
    """Return how many packets are in the class that the chains' state says.

    Raises CheckFailed for the first that is not, or that one of the two does not know.
    """
    checked = 0
    for here, grid in stage.grids.items():
        told = {row.sequence: row.story for row in known.rows[here]}
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


def format_age(now: Moment, reading: Reading) -> str:
    """Return how long before ``now`` the last block that was read was made."""
    if reading.time_ns is None:
        return "never read"
    return f"{(now.time_ns - reading.time_ns) / SECOND_NS:.1f} s ago"
