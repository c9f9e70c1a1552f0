"""The moment of several chains that an audit is of, or why there is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plurichain.errors import NodeError
from plurichain.ibc.packet import ProtocolVersion
from plurichain.tracker.auditing.heights import choose_heights
from plurichain.tracker.reading import End

if TYPE_CHECKING:
    from plurichain.tracker.auditing.chain_state import ChainState
    from plurichain.tracker.auditing.tokens import ChannelPair, Side
    from plurichain.tracker.coverage import ChainView
    from plurichain.tracker.store import PacketStore


class Unaudited(Exception):
    """Something that keeps an equation from being judged; the message is the reason."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A height of a chain, and its block time."""

    chain_id: str
    height: int
    time_ns: int


def ask_heads(
    states: Mapping[str, ChainState], pairs: Iterable[ChannelPair]
) -> dict[str, int | str]:
    """Return the newest height of each chain, or why it is not known."""
    found: dict[str, int | str] = {}
    for chain_id in sorted({side.chain_id for pair in pairs for side in (pair.a, pair.b)}):
        if chain_id not in states:
            found[chain_id] = f"{chain_id} was not asked"
            continue
        try:
            found[chain_id] = states[chain_id].get_head()
        except NodeError as error:
            found[chain_id] = f"{chain_id} does not answer: {error.cause}"
    return found


def validate_pair(
    pair: ChannelPair, chains: Mapping[str, ChainView], heads: Mapping[str, int | str]
) -> None:
    """Raise Unaudited unless both chains answer and all was read that they said of the channel."""
    for side in (pair.a, pair.b):
        head = heads[side.chain_id]
        if isinstance(head, str):
            raise Unaudited(head)
        if side.chain_id not in chains:
            raise Unaudited(f"nothing of {side.chain_id} was read")
        _validate_coverage(chains[side.chain_id], side)


def choose_moments(
    store: PacketStore,
    states: Mapping[str, ChainState],
    pairs: Sequence[ChannelPair],
    chains: Mapping[str, ChainView],
    heads: Mapping[str, int | str],
) -> dict[str, Moment]:
    """Return one moment of all chains of ``pairs``, which are valid. Raises Unaudited."""
    chain_ids = sorted({side.chain_id for pair in pairs for side in (pair.a, pair.b)})
    limits = {each: min(int(heads[each]), chains[each].height) for each in chain_ids}
    heights = choose_heights(store, pairs, limits)
    if min(heights.values(), default=1) < 1:
        raise Unaudited("too little was read of one of the chains: packets came before it")
    return {each: _ask_moment(states[each], each, heights[each]) for each in chain_ids}


def _validate_coverage(chain: ChainView, side: Side) -> None:
    """Raise Unaudited unless all was read that a chain said since the end was opened."""
    end = End(ProtocolVersion.CLASSIC, side.port, side.channel)
    if chain.has_read_end(end, None):
        return
    gaps = [f"{each.first} to {each.last}" for each in chain.ranges if each.state != "read"]
    first = chain.ranges[0].first if chain.ranges else chain.height
    if first > max(chain.opened.get(end, 0), 1):
        gaps.insert(0, f"1 to {first - 1}")
    raise Unaudited(f"blocks {', '.join(gaps)} of {chain.chain_id} were not read")


def _ask_moment(state: ChainState, chain_id: str, height: int) -> Moment:
    try:
        return Moment(chain_id, height, state.get_time_ns(height))
    except NodeError as error:
        raise Unaudited(f"{chain_id} does not tell of block {height}: {error.cause}") from error
