"""What an audit is of: a moment of each chain, and how much was read of its channels until then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plurichain.ibc.packet import ProtocolVersion
from plurichain.tracker.reading import End

if TYPE_CHECKING:
    from plurichain.tracker.auditing.tokens import ChannelPair, Side
    from plurichain.tracker.coverage import ChainView, Range


class Unaudited(Exception):
    """Something that keeps an equation from being judged; the message is the reason."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A height of a chain, and its block time."""

    chain_id: str
    height: int
    time_ns: int


@dataclass(frozen=True, slots=True)
class Extent:
    """What was read of one chain about a channel end of it.

    ``is_whole``: everything since the end was opened. Else everything from block ``first`` on,
    of block time ``first_time_ns``; of packets before it state must tell what has to be known.
    """

    is_whole: bool
    first: int
    first_time_ns: int | None


def get_extents(
    pairs: Iterable[ChannelPair], chains: Mapping[str, ChainView]
) -> dict[Side, Extent]:
    """Return the extent of every end. Raises Unaudited where the last blocks were not read."""
    return {side: get_extent(chains[side.chain_id], side) for p in pairs for side in (p.a, p.b)}


def get_extent(chain: ChainView, side: Side) -> Extent:
    """Return what was read of an end. Raises Unaudited where the last blocks were not read."""
    tail = chain.tail
    if tail is None:
        gaps = [each for each in chain.ranges if each.state != "read"]
        raise Unaudited(f"blocks {_list_spans(gaps)} of {chain.chain_id} were not read")
    is_whole = chain.has_read_end(End(ProtocolVersion.CLASSIC, side.port, side.channel), None)
    return Extent(is_whole, tail.first, tail.first_time_ns)


def _list_spans(ranges: Iterable[Range]) -> str:
    return ", ".join(f"{each.first} to {each.last}" for each in ranges)
