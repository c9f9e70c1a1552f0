"""What is true of the packets: the state of both grids, asked of their own nodes.

Only the story can do this while the link is cut, because it has the nodes of both grids on
one machine. It is what the tracker's knowledge is held against.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plurichain.chain.nodes.grpc_channel import HeightPin
from plurichain.errors import CheckFailed
from plurichain.ibc.life import PacketClass, PacketMarks, classify_packet
from plurichain.ibc.packet_story import StoryClass
from plurichain.scenarios.partition.cast import OTHER

if TYPE_CHECKING:
    from plurichain.scenarios.grids.stage import GridStage
    from plurichain.scenarios.partition.sending import Sent


@dataclass(frozen=True, slots=True)
class Moment:
    """A block of one grid at which all of its state is read: its height and time, Unix ns."""

    height: int
    time_ns: int

    @property
    def pin(self) -> HeightPin:
        """What pins a query to it."""
        return HeightPin(self.height)


@dataclass(frozen=True, slots=True)
class Truth:
    """The class of each packet at a moment of each grid."""

    moments: Mapping[str, Moment]
    classes: Mapping[Sent, StoryClass]

    def count(self, here: str) -> dict[StoryClass, int]:
        """Return how many of the packets that a grid sent are in each class."""
        counts: dict[StoryClass, int] = {}
        for sent, story in self.classes.items():
            if sent.parcel.here == here:
                counts[story] = counts.get(story, 0) + 1
        return counts

    @property
    def open_count(self) -> int:
        """How many packets are not settled."""
        return sum(story.is_open for story in self.classes.values())


def take_moments(stage: GridStage) -> dict[str, Moment]:
    """Return the last block of each grid."""
    found = {name: grid.client.get_latest_header() for name, grid in stage.grids.items()}
    return {name: Moment(header.height, header.time_ns) for name, header in found.items()}


def take_truth(stage: GridStage, sent: Sequence[Sent]) -> Truth:
    """Judge every packet by the state of both grids. Raises NodeError, CheckFailed.

    While packets are carried the two states do not go together: only for when the link is
    cut or everything is settled.
    """
    moments = take_moments(stage)
    classes: dict[Sent, StoryClass] = {}
    for here in stage.grids:
        leaving = [each for each in sent if each.parcel.here == here]
        classes |= _judge(stage, here, leaving, moments)
    return Truth(moments, classes)


def count_received(stage: GridStage, name: str, sent: Sequence[Sent]) -> int:
    """Return how many of the packets sent to a grid it has received, by its latest state."""
    end = stage.get_end(name, OTHER[name])
    sequences = [each.sequence for each in sent if each.parcel.there == name]
    packets = stage.grids[name].packets
    return len(sequences) - len(
        packets.list_unreceived_packets(end.port, end.channel_id, sequences)
    )


def _judge(
    stage: GridStage, here: str, sent: Sequence[Sent], moments: Mapping[str, Moment]
) -> dict[Sent, StoryClass]:
    there = OTHER[here]
    source, target = stage.get_end(here, there), stage.get_end(there, here)
    sequences = [each.sequence for each in sent]
    committed = stage.grids[here].packets.list_packet_commitments(
        source.port, source.channel_id, pin=moments[here].pin
    )
    if strange := set(committed) - set(sequences):
        raise CheckFailed(f"packets that nobody sent wait on grid {here}: {sorted(strange)}")
    far = stage.grids[there].packets
    pin = moments[there].pin
    unreceived = far.list_unreceived_packets(target.port, target.channel_id, sequences, pin=pin)
    answered = far.list_acknowledged_packets(target.port, target.channel_id, sequences, pin=pin)
    return {
        each: tell_class(
            is_committed=each.sequence in committed,
            is_received=each.sequence not in unreceived,
            is_answered=each.sequence in answered,
            is_due=moments[there].time_ns >= each.timeout_ns,
        )
        for each in sent
    }


def tell_class(
    *, is_committed: bool, is_received: bool, is_answered: bool, is_due: bool
) -> StoryClass:
    """Return the class that the marks of a packet on both chains mean.

    Of a packet that is done they tell what it came to only while nothing of it was refused.
    """
    found = classify_packet(PacketMarks(is_committed, is_received, is_answered, is_due=is_due))
    if found is PacketClass.DONE:
        return StoryClass.ACKED if is_received else StoryClass.REFUNDED
    return StoryClass[found.name]
