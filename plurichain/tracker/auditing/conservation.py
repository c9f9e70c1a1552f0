"""The money of every token over every channel, held against the equation of design 3.4.

Both chains are asked at heights that are one moment of both, and the packets are taken as
they stood then, so that it holds while traffic flows. What is not known exactly makes an
equation unknown, and never broken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Final

from plurichain.errors import NodeError
from plurichain.ibc.conservation import ChannelBalance, OriginBalance, Verdict
from plurichain.ibc.packet import ProtocolVersion
from plurichain.ibc.token_move import TokenMove, compute_underway
from plurichain.tracker.auditing.heights import choose_heights
from plurichain.tracker.auditing.moves import Moment, Unsettled, list_unsettled
from plurichain.tracker.auditing.tokens import (
    ChannelPair,
    Side,
    TokenCrossing,
    list_crossings,
    list_pairs,
)
from plurichain.tracker.coverage import ChainView, load_chains
from plurichain.tracker.reading import End

if TYPE_CHECKING:
    from plurichain.tracker.auditing.chain_state import ChainState
    from plurichain.tracker.store import PacketStore

#: Ports of contracts keep their money elsewhere than in the bank's escrow accounts.
CONTRACT_PORTS: Final = "wasm."


@dataclass(frozen=True, slots=True)
class TokenAudit:
    """One token over one channel. ``given``: the part of a surplus that was sent by hand.

    ``balance`` and the heights are None where they are not known; ``reason`` says why, or
    what a difference is.
    """

    crossing: TokenCrossing
    verdict: Verdict
    reason: str = ""
    height: int | None = None
    peer_height: int | None = None
    balance: ChannelBalance | None = None


@dataclass(frozen=True, slots=True)
class OriginAudit:
    """One credit on the chain that issued it."""

    chain_id: str
    denom: str
    height: int
    balance: OriginBalance

    @property
    def verdict(self) -> Verdict:
        """Whether all that was issued is there or retired."""
        return Verdict.HOLDS if self.balance.holds else Verdict.BROKEN


class _Unknown(Exception):
    """Something that keeps an equation from being judged; the message is the reason."""


def audit_tokens(store: PacketStore, states: Mapping[str, ChainState]) -> list[TokenAudit]:
    """Return the audit of every token over every channel that the tracker knows.

    ``states`` by chain id; a chain that is not among them makes its tokens unknown. Raises
    StorageError alone: nodes that do not answer are a reason, too.
    """
    found: list[TokenAudit] = []
    pairs = sorted(list_pairs(store), key=lambda pair: (pair.a.chain_id, pair.b.chain_id))
    for _, joined in groupby(pairs, key=lambda pair: (pair.a.chain_id, pair.b.chain_id)):
        found += _audit_chains(store, states, list(joined))
    return found


def audit_origins(
    states: Mapping[str, ChainState], *, report: Callable[[str], None]
) -> Iterator[OriginAudit]:
    """Yield issued = supply + retired of every credit of every chain that issues any.

    A chain that does not answer has no rows; ``report`` is told why, in one line.
    """
    for chain_id, state in sorted(states.items()):
        try:
            height = state.get_head()
            issued = state.list_issued(height) or ()
            supplies, retired = (
                (state.get_supplies(height), state.get_retired(height)) if issued else ({}, {})
            )
        except NodeError as error:
            report(f"{chain_id}: its credits were not audited: {error.cause}")
            continue
        for credit in issued:
            denom = credit.denom
            balance = OriginBalance(credit.issued_wh, supplies.get(denom, 0), retired.get(denom, 0))
            yield OriginAudit(chain_id, denom, height, balance)


def _audit_chains(
    store: PacketStore, states: Mapping[str, ChainState], pairs: Sequence[ChannelPair]
) -> list[TokenAudit]:
    """Audit all channels between the same two chains, at one moment of both."""
    crossings = {pair: list_crossings(store, pair) for pair in pairs}
    if not any(crossings.values()):
        return []
    try:
        moments, unsettled = _take_moment(store, states, pairs)
    except _Unknown as problem:
        return [
            TokenAudit(crossing, Verdict.UNKNOWN, str(problem))
            for pair in pairs
            for crossing in crossings[pair]
        ]
    return [
        _audit_token(states, crossing, moments, unsettled[pair])
        for pair in pairs
        for crossing in crossings[pair]
    ]


def _take_moment(
    store: PacketStore, states: Mapping[str, ChainState], pairs: Sequence[ChannelPair]
) -> tuple[dict[str, Moment], dict[ChannelPair, list[Unsettled]]]:
    """Choose the heights, and read what was under way at them.

    No lock is held on the database: what blocks up to a height told never changes.
    """
    chain_ids = (pairs[0].a.chain_id, pairs[0].b.chain_id)
    heads = {chain_id: _ask_head(states, chain_id) for chain_id in chain_ids}
    chains = load_chains(store)
    for chain_id in chain_ids:
        if chain_id not in chains:
            raise _Unknown(f"nothing of {chain_id} was read")
    for pair in pairs:
        for side in (pair.a, pair.b):
            _validate_coverage(chains[side.chain_id], side)
    limits = {each: min(heads[each], chains[each].height) for each in chain_ids}
    heights = choose_heights(store, pairs, limits)
    if min(heights.values()) < 1:
        raise _Unknown("too little was read of one of the chains: packets came before it")
    moments = {each: _ask_moment(states[each], each, heights[each]) for each in chain_ids}
    return moments, {pair: list(list_unsettled(store, pair, moments)) for pair in pairs}


def _validate_coverage(chain: ChainView, side: Side) -> None:
    """Raise _Unknown unless all was read that a chain said since the end was opened."""
    end = End(ProtocolVersion.CLASSIC, side.port, side.channel)
    if chain.has_read_end(end, None):
        return
    gaps = [f"{each.first} to {each.last}" for each in chain.ranges if each.state != "read"]
    first = chain.ranges[0].first if chain.ranges else chain.height
    if first > max(chain.opened.get(end, 0), 1):
        gaps.insert(0, f"1 to {first - 1}")
    raise _Unknown(f"blocks {', '.join(gaps)} of {chain.chain_id} were not read")


def _ask_head(states: Mapping[str, ChainState], chain_id: str) -> int:
    if chain_id not in states:
        raise _Unknown(f"{chain_id} was not asked")
    try:
        return states[chain_id].get_head()
    except NodeError as error:
        raise _Unknown(f"{chain_id} does not answer: {error.cause}") from error


def _ask_moment(state: ChainState, chain_id: str, height: int) -> Moment:
    try:
        return Moment(chain_id, height, state.get_time_ns(height))
    except NodeError as error:
        raise _Unknown(f"{chain_id} does not tell of block {height}: {error.cause}") from error


def _audit_token(
    states: Mapping[str, ChainState],
    crossing: TokenCrossing,
    moments: Mapping[str, Moment],
    unsettled: Sequence[Unsettled],
) -> TokenAudit:
    owner, peer = moments[crossing.owner.chain_id], moments[crossing.peer.chain_id]
    audit = TokenAudit(crossing, Verdict.UNKNOWN, height=owner.height, peer_height=peer.height)
    try:
        _validate_port(crossing)
        _compare_commitments(states, moments, unsettled, crossing)
        moves = _choose_moves(unsettled, crossing)
        balance = _ask_balance(states, crossing, owner, peer, moves)
        given = None
        if balance.difference > 0:
            given = states[owner.chain_id].get_given(owner.height, crossing.denom)
    except _Unknown as problem:
        return replace(audit, reason=str(problem))
    except NodeError as error:
        return replace(audit, reason=error.cause)
    verdict = balance.judge(given)
    return replace(audit, verdict=verdict, balance=balance, reason=_explain(balance, verdict))


def _validate_port(crossing: TokenCrossing) -> None:
    for side in (crossing.owner, crossing.peer):
        if side.port.startswith(CONTRACT_PORTS):
            raise _Unknown(f"{side} is a contract's: what it holds is not in the bank")


def _compare_commitments(
    states: Mapping[str, ChainState],
    moments: Mapping[str, Moment],
    unsettled: Sequence[Unsettled],
    crossing: TokenCrossing,
) -> None:
    """Raise _Unknown unless what is open by the blocks is what is open in state."""
    for side in (crossing.owner, crossing.peer):
        height = moments[side.chain_id].height
        told = {each.sequence for each in unsettled if each.sender == side and each.is_open}
        held = set(states[side.chain_id].list_open(height, side.port, side.channel))
        if told != held:
            odd = min(told ^ held)
            where = "in state and in no block" if odd in held else "in blocks and not in state"
            raise _Unknown(f"packet {odd} of {side} is open at {height} {where} that was read")


def _choose_moves(unsettled: Sequence[Unsettled], crossing: TokenCrossing) -> list[TokenMove]:
    for each in unsettled:
        if each.move is None and each.is_open:
            raise _Unknown(f"packet {each.sequence} of {each.sender} cannot be read")
    return [each.move for each in unsettled if each.move and each.crossing == crossing]


def _ask_balance(
    states: Mapping[str, ChainState],
    crossing: TokenCrossing,
    owner: Moment,
    peer: Moment,
    moves: Sequence[TokenMove],
) -> ChannelBalance:
    here, there = states[owner.chain_id], states[peer.chain_id]
    side = crossing.owner
    escrow = here.get_escrow(owner.height, side.port, side.channel).get(crossing.denom, 0)
    supply = there.get_supplies(peer.height).get(crossing.voucher, 0)
    retired = there.get_retired(peer.height).get(crossing.voucher, 0)
    underway = compute_underway(moves, owner.height, peer.height)
    return ChannelBalance.make(escrow, supply, retired, underway)


def _explain(balance: ChannelBalance, verdict: Verdict) -> str:
    if not balance.difference:
        return ""
    if balance.difference < 0:
        return f"{-balance.difference} vouchers without backing"
    if verdict is Verdict.HOLDS:
        return f"surplus: {balance.difference} sent to the escrow account by hand"
    return f"surplus: {balance.difference} more in escrow than anybody can claim"
