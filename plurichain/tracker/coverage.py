"""How much of each chain was read, and what follows for what is said of a packet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from plurichain.tracker.reading import End

if TYPE_CHECKING:
    from plurichain.tracker.store import PacketStore

READ = "read"
CLOCKS_APART_NS: Final = 120 * 10**9
"""How far the block times of two chains may be apart: a chain of slow blocks, or one that stood
still, receives a packet at an earlier time of its own than that of its sending. A light client
takes no header that is as far ahead of its own chain as ``max_clock_drift``, which relayers set
to 40 seconds: what is proven to a chain at a time was done before that and the drift."""


@dataclass(frozen=True, slots=True)
class Range:
    """Blocks ``first`` to ``last``: read, or why not. The time is that of the first, if known."""

    first: int
    last: int
    state: str
    first_time_ns: int | None


@dataclass(frozen=True, slots=True)
class ChainView:
    """A chain as it was read: up to which block, of which time (None: not known)."""

    chain_id: str
    height: int
    time_ns: int | None
    ranges: tuple[Range, ...]
    opened: dict[End, int]
    closed: dict[End, int]

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing between the first and the last block that were read."""
        return all(each.state == READ for each in self.ranges)

    @property
    def tail(self) -> Range | None:
        """The blocks up to the last one that were read without a gap; None: the last was not."""
        last = self.ranges[-1] if self.ranges else None
        return last if last is not None and last.state == READ else None

    def has_read_since(self, height: int) -> bool:
        """Tell whether every block from ``height`` to the last was read."""
        return self.tail is not None and self.tail.first <= height

    def has_read_end(self, end: End, sent_time_ns: int | None) -> bool:
        """Tell whether all was read that an end may have said of a packet sent at this time."""
        tail = self.tail
        if tail is None:
            return False
        if tail.first <= max(self.opened.get(end, 0), 1):
            return True
        return is_surely_after(sent_time_ns, tail.first_time_ns)


def is_surely_after(time_ns: int | None, other_ns: int | None) -> bool:
    """Tell whether a block stands after one of another chain, however their clocks differ.

    By block times; one that is not known (None) stands surely after none.
    """
    if time_ns is None or other_ns is None:
        return False
    return time_ns >= other_ns + CLOCKS_APART_NS


def load_chains(store: PacketStore) -> dict[str, ChainView]:
    """Return all chains of the store by their ids."""
    ranges: dict[str, list[Range]] = {}
    for chain_id, first, last, state, time_ns in store.query(
        "SELECT * FROM coverage ORDER BY chain_id, first"
    ):
        begun = None if time_ns is None else int(time_ns)
        ranges.setdefault(chain_id, []).append(Range(first, last, state, begun))
    opened: dict[str, dict[End, int]] = {}
    closed: dict[str, dict[End, int]] = {}
    for chain_id, protocol, port, channel, *heights in store.query("SELECT * FROM channel_end"):
        for kept, height in zip((opened, closed), heights, strict=True):
            if height is not None:
                kept.setdefault(chain_id, {})[End(protocol, port, channel)] = height
    return {
        each.chain_id: ChainView(
            each.chain_id,
            each.height,
            each.time_ns,
            tuple(ranges.get(each.chain_id, ())),
            opened.get(each.chain_id, {}),
            closed.get(each.chain_id, {}),
        )
        for each in store.list_cursors()
    }
