"""The money of every token over every channel, held against the equation of design 3.4.

Both chains are asked at heights that are one moment of both, and the packets are taken as
they stood then, so that it holds while traffic flows. What is not known exactly makes an
equation unknown, and never broken.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Final

from plurichain.errors import NodeError
from plurichain.ibc.conservation import ChannelBalance, OriginBalance, Verdict
from plurichain.ibc.token_move import TokenMove, compute_underway
from plurichain.tracker.auditing.extent import Moment, Unaudited, get_extent, get_extents
from plurichain.tracker.auditing.moments import (
    ask_heads,
    choose_moments,
    validate_pair,
)
from plurichain.tracker.auditing.moves import Unsettled, list_unsettled
from plurichain.tracker.auditing.tokens import (
    ChannelPair,
    TokenCrossing,
    list_crossings,
    list_escrowed,
    list_pairs,
)
from plurichain.tracker.auditing.unread import list_ways
from plurichain.tracker.coverage import load_chains

if TYPE_CHECKING:
    from plurichain.tracker.auditing.chain_state import ChainState
    from plurichain.tracker.coverage import ChainView
    from plurichain.tracker.store import PacketStore

#: Ports of contracts keep their money elsewhere than in the bank's escrow accounts.
CONTRACT_PORTS: Final = "wasm."


@dataclass(frozen=True, slots=True)
class TokenAudit:
    """One token over one channel; the heights are those of its owner's and the other chain.

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


def audit_tokens(store: PacketStore, states: Mapping[str, ChainState]) -> list[TokenAudit]:
    """Return the audit of every token over every channel that the tracker knows.

    ``states`` by chain id; a chain that is not among them makes its tokens unknown. Raises
    StorageError alone: nodes that do not answer are a reason, too.
    """
    found: list[TokenAudit] = []
    chains = load_chains(store)
    pairs = sorted(list_pairs(store), key=_get_chain_ids)
    for _, joined in groupby(pairs, key=_get_chain_ids):
        # Two chains at a time: one that is silent does not hold up the others.
        crossings = {pair: _find_crossings(store, states, chains, pair) for pair in joined}
        found += audit_crossings(store, states, {p: c for p, c in crossings.items() if c})[0]
    return found


def _find_crossings(
    store: PacketStore,
    states: Mapping[str, ChainState],
    chains: Mapping[str, ChainView],
    pair: ChannelPair,
) -> list[TokenCrossing]:
    """Return every token of a channel: of packets, and of the escrow accounts if any was missed."""
    found = dict.fromkeys(list_crossings(store, pair))
    for side in (pair.a, pair.b):
        # What is wrong with a chain is told when it is audited.
        with contextlib.suppress(KeyError, NodeError, Unaudited):
            if not get_extent(chains[side.chain_id], side).is_whole:
                found |= dict.fromkeys(list_escrowed(states[side.chain_id], pair, side))
    return sorted(found, key=lambda each: (each.owner, str(each.path)))


def _get_chain_ids(pair: ChannelPair) -> tuple[str, str]:
    return pair.a.chain_id, pair.b.chain_id


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


def audit_crossings(
    store: PacketStore,
    states: Mapping[str, ChainState],
    crossings: Mapping[ChannelPair, Sequence[TokenCrossing]],
) -> tuple[list[TokenAudit], dict[str, Moment]]:
    """Audit tokens over channels between any chains, all at one moment; returns that too.

    A channel that cannot be audited makes its own tokens unknown and leaves the others.
    Raises StorageError alone.
    """
    chains = load_chains(store)
    heads, reasons = ask_heads(states, crossings), dict[ChannelPair, str]()
    for pair in crossings:
        try:
            validate_pair(pair, chains, heads)
        except Unaudited as problem:
            reasons[pair] = str(problem)
    usable = [pair for pair in crossings if pair not in reasons]
    moments: dict[str, Moment] = {}
    unsettled: dict[ChannelPair, list[Unsettled]] = {}
    try:
        extents = get_extents(usable, chains)
        moments = choose_moments(store, states, list_ways(usable, extents), chains, heads)
    except Unaudited as problem:
        reasons |= dict.fromkeys(usable, str(problem))
    except NodeError as error:
        reasons |= dict.fromkeys(usable, error.cause)
    for pair in (each for each in usable if each not in reasons):
        try:
            # No lock is held on the database: what blocks up to a height told never changes.
            ways = list_ways([pair], extents)
            unsettled[pair] = list(list_unsettled(store, states, ways, moments))
        except Unaudited as problem:
            reasons[pair] = str(problem)
        except NodeError as error:
            reasons[pair] = error.cause
    audits = [
        TokenAudit(crossing, Verdict.UNKNOWN, reasons[pair])
        if pair in reasons
        else _audit_token(states, crossing, moments, unsettled[pair])
        for pair, each in crossings.items()
        for crossing in each
    ]
    return audits, moments


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
    except Unaudited as problem:
        return replace(audit, reason=str(problem))
    except NodeError as error:
        return replace(audit, reason=error.cause)
    verdict = balance.judge(given)
    return replace(audit, verdict=verdict, balance=balance, reason=_explain(balance, verdict))


def _validate_port(crossing: TokenCrossing) -> None:
    for side in (crossing.owner, crossing.peer):
        if side.port.startswith(CONTRACT_PORTS):
            raise Unaudited(f"{side} is a contract's: what it holds is not in the bank")


def _compare_commitments(
    states: Mapping[str, ChainState],
    moments: Mapping[str, Moment],
    unsettled: Sequence[Unsettled],
    crossing: TokenCrossing,
) -> None:
    """Raise Unaudited unless what is open by the blocks is what is open in state."""
    for side in (crossing.owner, crossing.peer):
        height = moments[side.chain_id].height
        told = {each.sequence for each in unsettled if each.sender == side and each.is_open}
        held = set(states[side.chain_id].list_open(height, side.port, side.channel))
        if told != held:
            odd = min(told ^ held)
            where = "in state and in no block" if odd in held else "in blocks and not in state"
            raise Unaudited(f"packet {odd} of {side} is open at {height} {where} that was read")


def _choose_moves(unsettled: Sequence[Unsettled], crossing: TokenCrossing) -> list[TokenMove]:
    for each in unsettled:
        if each.move is None and each.is_open:
            raise Unaudited(f"packet {each.sequence} of {each.sender} cannot be read")
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
