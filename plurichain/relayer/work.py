"""What a relayer has to do: one piece of work for one packet, or for one channel's end.

Work belongs to a *lane*, the one-way road from a source of proofs to a host where the
messages are sent. A packet that travels along its lane is received on the host; for one
that travels the other way, the host gets the answer: an acknowledgement or a time-out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, StrEnum
from typing import NamedTuple

from plurichain.ibc.packet import Order, Packet

PROOF_BYTES = 1_400
"""What a message has beside its packet's data: proof, names, heights."""


class WorkKind(StrEnum):
    """Which message does it."""

    RECEIVE = "receive"
    ACKNOWLEDGE = "acknowledge"
    TIMEOUT = "timeout"
    TIMEOUT_ON_CLOSE = "timeout_on_close"
    CLOSE = "close"


class Direction(Enum):
    """Which way the packet goes, seen from the host; of each, one work at a time can be done."""

    INBOUND = "inbound"
    RETURN = "return"
    CHANNEL = "channel"


DIRECTIONS = {
    WorkKind.RECEIVE: Direction.INBOUND,
    WorkKind.ACKNOWLEDGE: Direction.RETURN,
    WorkKind.TIMEOUT: Direction.RETURN,
    WorkKind.TIMEOUT_ON_CLOSE: Direction.RETURN,
    WorkKind.CLOSE: Direction.CHANNEL,
}


class EndName(NamedTuple):
    """Port and channel: an end's name on its chain."""

    port: str
    channel: str

    def __str__(self) -> str:
        return f"{self.port}/{self.channel}"


@dataclass(frozen=True, slots=True)
class Route:
    """A channel as a lane sees it: its end on the source and its end on the host."""

    source: EndName
    host: EndName
    order: Order


class WorkKey(NamedTuple):
    """Names a work within its lane: the host's end, the direction, and the sequence."""

    direction: Direction
    host: EndName
    sequence: int

    def __str__(self) -> str:
        return f"{self.host} {self.direction.value} {self.sequence}"


@dataclass(frozen=True, slots=True)
class Work:
    """One thing to do.

    ``height`` is the source's height whose state proves it, or any later one. ``packet``
    is None only for CLOSE. ``tries`` counts attempts that failed. Works of different
    ``group`` are not sent together: a batch that failed was split into them; 0 is that
    of all that did not fail yet.
    """

    kind: WorkKind
    route: Route
    packet: Packet | None
    height: int
    acknowledgement: bytes = b""
    tries: int = 0
    group: int = 0

    @property
    def key(self) -> WorkKey:
        """The name of this work in its lane."""
        return WorkKey(DIRECTIONS[self.kind], self.route.host, self.sequence)

    @property
    def sequence(self) -> int:
        """The packet's sequence, 0 for a channel's end."""
        return 0 if self.packet is None else self.packet.sequence

    @property
    def is_ordered(self) -> bool:
        """Whether it must be done after those of lower sequences."""
        return self.route.order is Order.ORDERED

    @property
    def data_bytes(self) -> int:
        """How many bytes the packet brings along."""
        return len(self.acknowledgement) + (0 if self.packet is None else len(self.packet.data))

    def retry(self, group: int | None = None) -> Work:
        """Return it as it is to be tried again, in another group if one is given."""
        return replace(self, tries=self.tries + 1, group=self.group if group is None else group)


def compute_size(work: Work) -> int:
    """Return about how many bytes a work's message will have."""
    return work.data_bytes + PROOF_BYTES
