"""Where a credit is: what each chain holds of it under which name, and what is between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from plurichain.errors import NodeError
from plurichain.ibc.conservation import ChannelBalance, Verdict
from plurichain.ibc.denom import DenomPath, Hop, voucher_denom
from plurichain.ibc.token_move import Underway
from plurichain.tracker.auditing.chain_state import TRANSFER_PORT
from plurichain.tracker.auditing.conservation import TokenAudit
from plurichain.tracker.auditing.tokens import Side, TokenCrossing

if TYPE_CHECKING:
    from plurichain.energy.state import Origin, Retirement
    from plurichain.tracker.auditing.credit_source import CreditSource


NOWHERE: Final = Side("", "", "")
"""The other end of a channel whose own chain does not say where it leads."""


@dataclass(frozen=True, slots=True)
class CreditPlace:
    """A credit under one name in one chain's bank, at a height; amounts in Wh.

    ``escrowed`` is what left over each channel and still belongs here; ``is_genuine``: it
    came from the chain that issued it, by channels of which both ends say so. ``origin`` is
    what the chain itself says, None if it does not know of credits.
    """

    chain_id: str
    path: DenomPath
    height: int
    supply: int
    retired: int
    escrowed: Mapping[str, int]
    origin: Origin | None
    retirements: tuple[Retirement, ...]
    is_genuine: bool

    @property
    def denom(self) -> str:
        """What the chain's bank calls it."""
        return voucher_denom(self.path)

    @property
    def held(self) -> int:
        """What is nobody's but the accounts of this chain."""
        return self.supply - sum(self.escrowed.values())


@dataclass(slots=True)
class Geography:
    """Which places a credit has reached, and over which channels, as both ends of each say."""

    places: dict[tuple[str, str], bool] = field(default_factory=dict)
    """(chain id, path): whether it is genuine."""
    crossings: dict[TokenCrossing, None] = field(default_factory=dict)
    unreached: dict[TokenCrossing, None] = field(default_factory=dict)
    """Those that lead to chains which were not asked, or to ``NOWHERE``."""


def explore(
    sources: Mapping[str, CreditSource], heights: Mapping[str, int], base: str, origin_chain: str
) -> Geography:
    """Return every place and channel of a credit. Raises NodeError.

    Begun at the chain that issued it, by what its escrow accounts hold and by the vouchers
    that chains know; vouchers of the same name that lead elsewhere are places too, and not
    genuine.
    """
    found, arrivals = Geography(), _list_arrivals(sources, base)
    waiting = [(origin_chain, DenomPath((), base))] if origin_chain in sources else []
    while waiting:
        chain_id, path = waiting.pop()
        if found.places.get((chain_id, str(path))):
            continue
        found.places[chain_id, str(path)] = True
        known = [each for each in arrivals if (each.owner.chain_id, each.path) == (chain_id, path)]
        for crossing in dict.fromkeys(
            [*known, *_list_held(sources, heights[chain_id], chain_id, path)]
        ):
            if not _is_agreed(sources, crossing):
                found.unreached[crossing] = None
                continue
            found.crossings[crossing] = None
            waiting.append((crossing.peer.chain_id, _get_path_there(crossing)))
    for chain_id, source in sorted(sources.items()):
        for path in source.list_paths(base):
            found.places.setdefault((chain_id, str(path)), False)
        if source.state.get_supplies(heights[chain_id]).get(base):
            found.places.setdefault((chain_id, base), False)
    return found


def _get_path_there(crossing: TokenCrossing) -> DenomPath:
    hop = Hop(crossing.peer.port, crossing.peer.channel)
    return DenomPath((hop, *crossing.path.hops), crossing.path.base)


def _list_arrivals(sources: Mapping[str, CreditSource], base: str) -> list[TokenCrossing]:
    """Return the channels over which vouchers came, as both chains say.

    Also where nothing is left: it may all be back, or retired. What a chain alone claims
    took nothing from anybody.
    """
    found = []
    for chain_id, source in sorted(sources.items()):
        for path in source.list_paths(base):
            owner = _follow(source, chain_id, path.hops[0].channel)
            if owner is not None:
                here = Side(chain_id, path.hops[0].port, path.hops[0].channel)
                found.append(TokenCrossing(owner, here, DenomPath(path.hops[1:], base)))
    return [each for each in found if _is_agreed(sources, each)]


def _list_held(
    sources: Mapping[str, CreditSource], height: int, chain_id: str, path: DenomPath
) -> Iterator[TokenCrossing]:
    """Yield the channels whose escrow accounts hold a token of a place."""
    source, denom = sources[chain_id], voucher_denom(path)
    for channel in source.list_channels():
        if source.state.get_escrow(height, TRANSFER_PORT, channel).get(denom):
            peer = _follow(source, chain_id, channel) or NOWHERE
            yield TokenCrossing(Side(chain_id, TRANSFER_PORT, channel), peer, path)


def _follow(source: CreditSource, chain_id: str, channel: str) -> Side | None:
    """Return where a channel leads, as its own chain says."""
    route = source.find_route(channel)
    if route is None or route.chain_id != chain_id:
        return None
    return Side(route.peer_chain_id, route.peer.port, route.peer.channel)


def _is_agreed(sources: Mapping[str, CreditSource], crossing: TokenCrossing) -> bool:
    """Whether both chains were asked and each says that its end leads to the other's.

    A chain id is no proof of a chain: another one may call itself the same.
    """
    sides = (crossing.owner, crossing.peer)
    return all(
        here.chain_id in sources
        and _follow(sources[here.chain_id], here.chain_id, here.channel) == there
        for here, there in (sides, sides[::-1])
    )


def read_place(
    source: CreditSource,
    chain_id: str,
    path: DenomPath,
    height: int,
    crossings: Mapping[TokenCrossing, None],
    *,
    is_genuine: bool,
) -> CreditPlace:
    """Return what a chain holds of a credit under one name. Raises NodeError."""
    denom, state = voucher_denom(path), source.state
    escrowed = {
        each.owner.channel: state.get_escrow(height, TRANSFER_PORT, each.owner.channel).get(
            denom, 0
        )
        for each in crossings
        if each.owner.chain_id == chain_id and each.path == path
    }
    return CreditPlace(
        chain_id,
        path,
        height,
        supply=state.get_supplies(height).get(denom, 0),
        retired=state.get_retired(height).get(denom, 0),
        escrowed=escrowed,
        origin=source.find_origin(denom),
        retirements=tuple(source.list_retirements(denom, height)),
        is_genuine=is_genuine,
    )


def audit_by_state(
    sources: Mapping[str, CreditSource],
    heights: Mapping[str, int],
    crossing: TokenCrossing,
    problem: str = "",
) -> TokenAudit:
    """Audit a crossing by what two banks show alone: it holds, or nobody can say.

    No packet is known, so that whatever is between the two may be on its way. ``problem``
    says why the packets that a tracker has read do not explain it, "" without a tracker.
    """
    owner, peer = crossing.owner, crossing.peer
    here, there = heights[owner.chain_id], heights[peer.chain_id]
    states = sources[owner.chain_id].state, sources[peer.chain_id].state
    try:
        balance = ChannelBalance.make(
            states[0].get_escrow(here, owner.port, owner.channel).get(crossing.denom, 0),
            states[1].get_supplies(there).get(crossing.voucher, 0),
            states[1].get_retired(there).get(crossing.voucher, 0),
            Underway(),
        )
        waiting = len(states[0].list_open(here, owner.port, owner.channel))
        waiting += len(states[1].list_open(there, peer.port, peer.channel))
    except NodeError as error:
        return TokenAudit(crossing, Verdict.UNKNOWN, error.cause, here, there)
    if balance.holds and not waiting:
        return TokenAudit(crossing, Verdict.HOLDS, "", here, there, balance)
    reason = _explain_unknown(balance, waiting, problem)
    return TokenAudit(crossing, Verdict.UNKNOWN, reason, here, there, balance)


def _explain_unknown(balance: ChannelBalance, waiting: int, problem: str) -> str:
    """Return why two banks alone do not say whether all is there."""
    if waiting:
        are, it = ("packet is on its", "it") if waiting == 1 else ("packets are on their", "them")
        why = f": {problem}" if problem else f", and no tracker has read {it}"
        return f"{waiting} {are} way{why}"
    why = f"; {problem}" if problem else ""
    return (
        f"they differ by {balance.difference} Wh and no packet is on its way: one was asked "
        f"a moment before the other, or money is missing; ask again{why}"
    )
