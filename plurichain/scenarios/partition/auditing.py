"""Is a Wh missing? Asked as the tracker can ask, and by one that nothing is hidden from.

The tracker reaches grid B over the link alone. Beside it stands a second one, for the story
only, which reads the nodes of both grids, whatever becomes of the link: it shows what an
audit comes to where nothing is unknown, and what the first should know in the end.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from plurichain.chain.ibc.queries import IbcQueries
from plurichain.chain.nodes.client import ChainClient
from plurichain.errors import CheckFailed
from plurichain.ibc.conservation import Verdict
from plurichain.ibc.refunds import RefundVerdict
from plurichain.scenarios.grids.grid import CALL_TIMEOUT_S
from plurichain.tracker.auditing.chain_state import LiveState
from plurichain.tracker.auditing.conservation import TokenAudit, audit_tokens
from plurichain.tracker.auditing.refunds import list_refunds
from plurichain.tracker.blocks import TrackedBlock
from plurichain.tracker.dump import dump_store
from plurichain.tracker.live import LiveSource, find_route
from plurichain.tracker.store import PacketStore

if TYPE_CHECKING:
    from plurichain.config import Network
    from plurichain.scenarios.partition.truth import Truth
    from plurichain.scenarios.partition.world import World

WITNESS_DATABASE: Final = "witness.db"
#: How long the tracker's auditor waits for one answer while a grid is cut off.
BLIND_CALL_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Audit:
    """Verdicts on every token that crossed the link, and why some are not known."""

    verdicts: Mapping[Verdict, int]
    reasons: tuple[str, ...]
    heights: Mapping[str, int]
    """At which block of each chain, by its id; empty where nothing is known."""

    def describe(self) -> str:
        """Return what it came to, in words."""
        said = [f"{verdict} for {count} tokens" for verdict, count in self.verdicts.items()]
        return ", ".join(said) or "nothing crossed the link"

    def is_all(self, verdict: Verdict) -> bool:
        """Whether there are tokens, and all have this verdict."""
        return set(self.verdicts) == {verdict}


def validate_extent(audit: Audit, truth: Truth) -> None:
    """Raise CheckFailed unless an audit is of every credit that was sent over the link."""
    crossed = len({sent.parcel.base_denom for sent in truth.classes})
    audited = sum(audit.verdicts.values())
    if audited != crossed:
        raise CheckFailed(f"{crossed} credits crossed the link, and {audited} were audited")


def audit_as_tracker(world: World, *, call_s: float = CALL_TIMEOUT_S) -> Audit:
    """Audit by what the tracker has read, and by the nodes as it reaches them."""
    networks = {each.chain_id: each for each in world.known_networks.values()}
    with PacketStore.open(world.database) as store:
        return _audit(store, networks, call_s)


def _audit(store: PacketStore, networks: Mapping[str, Network], call_s: float) -> Audit:
    with contextlib.ExitStack() as stack:
        states = {
            chain_id: LiveState(stack.enter_context(ChainClient(network, timeout_s=call_s)))
            for chain_id, network in networks.items()
        }
        return _sum_up(audit_tokens(store, states))


def _sum_up(audits: list[TokenAudit]) -> Audit:
    heights: dict[str, int] = {}
    for each in audits:
        for side, height in ((each.crossing.owner, each.height),
                             (each.crossing.peer, each.peer_height)):  # fmt: skip
            if height is not None:
                heights[side.chain_id] = height
    return Audit(
        dict(Counter(each.verdict for each in audits)),
        tuple(sorted({each.reason for each in audits if each.reason})),
        heights,
    )


class Witness:
    """A tracker in this process, with a database of its own and a cable to both grids."""

    def __init__(self, world: World) -> None:
        grids = world.stage.grids.values()
        self._networks = {grid.chain_id: grid.network for grid in grids}
        self._clients = {grid.chain_id: grid.client for grid in grids}
        self._store = PacketStore.open(world.stage.folder / WITNESS_DATABASE)

    def read_up_to(self, heights: Mapping[str, int]) -> None:
        """Take in every block of each chain, by its id, up to a height. Raises NodeError."""
        for chain_id, height in heights.items():
            source = LiveSource(self._clients[chain_id], first=1)
            cursor = self._store.get_cursor(chain_id)
            known = None if cursor is None else cursor.height
            while known is None or known < height:
                news = source.read_after(known)
                if news is None:
                    continue
                if not isinstance(news, TrackedBlock):
                    raise CheckFailed(f"{chain_id}: block {news.first} is {news.reason.value}")
                self._store.take_in(news)
                known = news.height
            for end in self._store.list_unrouted(chain_id):
                route = find_route(IbcQueries(self._clients[chain_id]), chain_id, end)
                if route is not None:
                    self._store.add_route(route)

    def audit(self) -> Audit:
        """Audit by all that was read, and by the grids' own nodes."""
        return _audit(self._store, self._networks, CALL_TIMEOUT_S)

    def dump(self) -> list[str]:
        """Return all that it knows."""
        return list(dump_store(self._store))

    def close(self) -> None:
        """Close its database."""
        self._store.close()


@contextlib.contextmanager
def open_witness(world: World) -> Iterator[Witness]:
    """Open a witness with an empty database."""
    witness = Witness(world)
    try:
        yield witness
    finally:
        witness.close()


def validate_same(world: World, witness: Witness) -> int:
    """Return of how many rows both know the same, the tracker having ended.

    The witness reads up to where the tracker came to. Raises CheckFailed for a difference.
    """
    with PacketStore.open(world.database) as store:
        witness.read_up_to({each.chain_id: each.height for each in store.list_cursors()})
        told = list(dump_store(store))
    seen = witness.dump()
    if told != seen:
        odd = min(set(told) ^ set(seen))
        raise CheckFailed(f"the tracker knows otherwise than one that was never cut off: {odd}")
    return len(told)


def check_refunds(world: World) -> Mapping[RefundVerdict, int]:
    """Return how many packets that timed out were paid back, as blocks tell of the money."""
    with PacketStore.open(world.database) as store:
        return dict(Counter(each.verdict for each in list_refunds(store)))
