"""The moment of several chains that an audit is of, or why there is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from plurichain.errors import NodeError
from plurichain.tracker.auditing.extent import Moment, Unaudited, get_extent
from plurichain.tracker.auditing.heights import choose_heights
from plurichain.tracker.auditing.tokens import ChannelPair
from plurichain.tracker.auditing.unread import (
    ask_next_sequences,
    find_unanswered,
    validate_moment,
)

if TYPE_CHECKING:
    from plurichain.tracker.auditing.chain_state import ChainState
    from plurichain.tracker.auditing.unread import Way
    from plurichain.tracker.coverage import ChainView
    from plurichain.tracker.store import PacketStore


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
    """Raise Unaudited unless both chains answer and something was read of them lately."""
    for side in (pair.a, pair.b):
        head = heads[side.chain_id]
        if isinstance(head, str):
            raise Unaudited(head)
        if side.chain_id not in chains:
            raise Unaudited(f"nothing of {side.chain_id} was read")
        get_extent(chains[side.chain_id], side)


def choose_moments(
    store: PacketStore,
    states: Mapping[str, ChainState],
    ways: Sequence[Way],
    chains: Mapping[str, ChainView],
    heads: Mapping[str, int | str],
) -> dict[str, Moment]:
    """Return one moment of all chains of ``ways``. Raises Unaudited, NodeError."""
    chain_ids = sorted({way.sender.chain_id for way in ways})
    limits = {each: min(int(heads[each]), chains[each].height) for each in chain_ids}
    pairs = sorted({ChannelPair(*sorted((way.sender, way.receiver))) for way in ways})
    following = ask_next_sequences(states, ways, limits)
    while True:
        heights = choose_heights(store, pairs, limits, following)
        if min(heights.values(), default=1) < 1:
            raise Unaudited("too little was read of one of the chains: packets came before it")
        early = {
            way: height
            for way in ways
            if (height := find_unanswered(store, states, way, heights)) is not None
        }
        if not early:
            break
        for way, height in early.items():
            limits[way.sender.chain_id] = min(limits[way.sender.chain_id], height - 1)
    moments = {each: _ask_moment(states[each], each, heights[each]) for each in chain_ids}
    for way in ways:
        validate_moment(store, way, moments, following)
    return moments


def _ask_moment(state: ChainState, chain_id: str, height: int) -> Moment:
    try:
        return Moment(chain_id, height, state.get_time_ns(height))
    except NodeError as error:
        raise Unaudited(f"{chain_id} does not tell of block {height}: {error.cause}") from error
