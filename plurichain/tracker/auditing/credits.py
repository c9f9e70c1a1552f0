"""A credit followed from its meter to wherever it is: on which chains, on its way, retired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plurichain.energy.denom import is_credit_denom, parse_credit_denom
from plurichain.errors import NodeError, NotFound
from plurichain.ibc.conservation import Verdict
from plurichain.ibc.denom import VOUCHER_PREFIX, DenomPath
from plurichain.ibc.packet import ProtocolVersion
from plurichain.tracker.auditing.conservation import TokenAudit, audit_crossings
from plurichain.tracker.auditing.credit_origin import CreditOrigin, find_credit_origin
from plurichain.tracker.auditing.credit_places import (
    CreditPlace,
    Geography,
    audit_by_state,
    explore,
    read_place,
)
from plurichain.tracker.auditing.tokens import ChannelPair, TokenCrossing, list_pairs
from plurichain.tracker.reading import End
from plurichain.tracker.views import PacketRow, find_packet, opened_view

if TYPE_CHECKING:
    from plurichain.tracker.auditing.credit_source import CreditSource
    from plurichain.tracker.store import PacketStore


@dataclass(frozen=True, slots=True)
class CreditTrace:
    """Everything about one credit. ``hops`` are its packets by time, empty without a tracker.

    ``issued`` is None where the chain that issued it was not asked. ``found`` is what is
    held, retired and on its way, of genuine places; ``is_tracked``: the packets were read.
    ``lags`` says by how much block time, in nanoseconds, each chain was already further when
    it was asked (None: it does not tell); a chain that is told as of its newest block is not
    in it.
    """

    denom: str
    origin: CreditOrigin
    places: tuple[CreditPlace, ...]
    crossings: tuple[TokenAudit, ...]
    unreached: tuple[TokenCrossing, ...]
    hops: tuple[PacketRow, ...]
    is_tracked: bool
    lags: Mapping[str, int | None]

    @property
    def issued(self) -> int | None:
        """What was ever issued of it, in Wh."""
        return self.origin.issued_wh

    @property
    def held(self) -> int:
        """What accounts hold, on all chains."""
        return sum(place.held for place in self.places if place.is_genuine)

    @property
    def retired(self) -> int:
        """What was retired, on all chains."""
        return sum(place.retired for place in self.places if place.is_genuine)

    @property
    def under_way(self) -> int:
        """What is between two chains, or was given to an escrow account."""
        balances = [each.balance for each in self.crossings if each.balance is not None]
        return sum(
            each.escrow - each.counterparty_supply - each.counterparty_retired for each in balances
        )

    @property
    def found(self) -> int:
        """All that is anywhere."""
        return self.held + self.retired + self.under_way

    @property
    def is_retired_twice(self) -> bool:
        """Whether more was retired than was ever issued, or than ever came to a chain."""
        if self.issued is not None and self.retired > self.issued:
            return True
        return any(
            each.verdict is Verdict.BROKEN
            and each.balance is not None
            and each.balance.counterparty_retired > each.balance.escrow
            for each in self.crossings
        )

    @property
    def verdict(self) -> Verdict:
        """Whether everything that was issued is somewhere, once."""
        verdicts = {each.verdict for each in self.crossings}
        if Verdict.BROKEN in verdicts or self.is_retired_twice or not self._is_proven:
            return Verdict.BROKEN
        is_known = self.issued is not None and not self.unreached and self._is_begun
        if not is_known or Verdict.UNKNOWN in verdicts:
            return Verdict.UNKNOWN
        return Verdict.HOLDS if self.found == self.issued else Verdict.BROKEN

    @property
    def _is_begun(self) -> bool:
        """Whether it was issued at all at the moment that the places are of."""
        home = self.origin.attributes.origin_chain
        heights = [place.height for place in self.places if place.chain_id == home]
        issue = self.origin.issue
        return issue is None or issue.height <= min(heights, default=0)

    @property
    def _is_proven(self) -> bool:
        return self.origin.is_hash_proven and self.origin.is_reading_proven is not False


def find_base(sources: Mapping[str, CreditSource], denom: str) -> str:
    """Return the name on its origin chain of a credit's denom, "wh.…" or a voucher.

    Raises EnergyError if it is no credit, NotFound if no chain knows the voucher, NodeError.
    """
    if denom.startswith(VOUCHER_PREFIX):
        known = (source.find_path(denom) for _, source in sorted(sources.items()))
        path = next((path for path in known if path is not None), None)
        if path is None:
            raise NotFound(
                f"none of the networks knows the voucher {denom}",
                remedy="name the network that has it with --network",
            )
        denom = path.base
    if not is_credit_denom(denom):
        parse_credit_denom(denom)
    return denom


def trace_credit(
    sources: Mapping[str, CreditSource], denom: str, store: PacketStore | None
) -> CreditTrace:
    """Return where a credit comes from and where every Wh of it is.

    ``sources`` by chain id; ``store`` is the tracker's, None without one: then what is
    between two chains is seen and not explained. Raises EnergyError, NotFound, NodeError,
    StorageError.
    """
    base = find_base(sources, denom)
    heights = {chain_id: source.state.get_head() for chain_id, source in sources.items()}
    origin = find_credit_origin(sources, heights, base)
    if origin is None:
        raise NotFound(
            f"none of the networks knows the attributes of {base}",
            remedy="add the network of the chain that issued it, or record its attributes",
        )
    map_ = explore(sources, heights, base, origin.attributes.origin_chain)
    heads = dict(heights)
    audits = _audit(sources, heights, list(map_.crossings), store)
    return CreditTrace(
        base,
        origin,
        _read_places(sources, heights, map_),
        tuple(audits),
        tuple(map_.unreached),
        hops=() if store is None else _list_hops(store, base),
        is_tracked=store is not None and bool(store.list_cursors()),
        lags=_compute_lags(sources, heads, heights),
    )


def _compute_lags(
    sources: Mapping[str, CreditSource], heads: Mapping[str, int], heights: Mapping[str, int]
) -> dict[str, int | None]:
    """Return how old what is told of each chain was when it was asked, where it was not new."""
    lags: dict[str, int | None] = {}
    for chain_id, height in heights.items():
        if height < heads[chain_id]:
            state = sources[chain_id].state
            try:
                lags[chain_id] = state.get_time_ns(heads[chain_id]) - state.get_time_ns(height)
            except NodeError:
                lags[chain_id] = None
    return lags


def _audit(
    sources: Mapping[str, CreditSource],
    heights: dict[str, int],
    crossings: Sequence[TokenCrossing],
    store: PacketStore | None,
) -> list[TokenAudit]:
    """Audit by packets where they were read, else by state.

    ``heights`` go to one moment, but for chains of which that moment told nothing: a node
    may have dropped the state in which a tracker stopped.
    """
    tracked: dict[ChannelPair, list[TokenCrossing]] = {}
    pairs = set() if store is None else set(list_pairs(store))
    for crossing in crossings:
        pair = ChannelPair(*sorted((crossing.owner, crossing.peer)))
        if pair in pairs:
            tracked.setdefault(pair, []).append(crossing)
    audits: list[TokenAudit] = []
    if store is not None and tracked:
        states = {chain_id: source.state for chain_id, source in sources.items()}
        audits, moments = audit_crossings(store, states, tracked)
        heights |= {
            side.chain_id: moments[side.chain_id].height
            for audit in audits
            if audit.balance is not None
            for side in (audit.crossing.owner, audit.crossing.peer)
        }
    kept = [each for each in audits if each.balance is not None]
    judged = {each.crossing for each in kept}
    problems = {each.crossing: each.reason for each in audits}
    return kept + [
        audit_by_state(sources, heights, crossing, problems.get(crossing, ""))
        for crossing in crossings
        if crossing not in judged
    ]


def _read_places(
    sources: Mapping[str, CreditSource], heights: Mapping[str, int], map_: Geography
) -> tuple[CreditPlace, ...]:
    leaving = map_.crossings | map_.unreached
    return tuple(
        read_place(
            sources[chain_id],
            chain_id,
            DenomPath.parse(path),
            heights[chain_id],
            leaving,
            is_genuine=is_genuine,
        )
        for (chain_id, path), is_genuine in map_.places.items()
    )


def _list_hops(store: PacketStore, base: str) -> tuple[PacketRow, ...]:
    """Return the packets that carried a credit, the first sent first."""
    found: list[PacketRow] = []
    with opened_view(store) as chains:
        for chain_id, port, channel, sequence in store.query(
            "SELECT chain_id, port, channel, sequence FROM sent WHERE protocol = ?"
            " AND (denom = ? OR denom LIKE ?)",
            (ProtocolVersion.CLASSIC.value, base, f"%/{base}"),
        ):
            end = End(ProtocolVersion.CLASSIC, port, channel)
            row = find_packet(store, chains, chain_id, end, int(sequence))
            if row is not None:
                found.append(row)
    found.sort(key=lambda row: (row.sent_time_ns or 0, row.chain_id, row.sent_height, row.sequence))
    return tuple(found)
