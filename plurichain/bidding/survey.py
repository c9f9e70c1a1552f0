"""All sealed bids of a vault on all networks: looked up together, never one by one.

The chain is asked by auction, not by bid, and for several auctions at once: a thousand
bids cost a few answers each page of them.
"""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from plurichain.auction.names import Phase
from plurichain.bidding.auctions import Sighting
from plurichain.bidding.standing import BidStanding, Standing, compute_command, compute_standing
from plurichain.chain.auctions.queries import AuctionQueries
from plurichain.chain.nodes.client import ChainClient
from plurichain.config import ChainMemory
from plurichain.errors import ConfigError, NodeError, NotFound, StorageError
from plurichain.identifiers import Address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from plurichain.auction.state import AuctionState, CommitmentState
    from plurichain.config import Network
    from plurichain.vault import SealedBid

MANY_AUCTIONS = 64
"""From here on all auctions of the chain are listed instead of each being asked for."""
MANY_BIDDERS = 4
"""From here on all commitments of an auction are listed."""
WORKERS = 8

_OPEN = frozenset({Phase.COMMITTING, Phase.WAITING, Phase.REVEALING})

_Place = tuple[int, bytes]


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a chain says: ``parked`` and ``revealed`` are (auction, bidder) pairs."""

    block_time_ns: int
    auctions: Mapping[int, AuctionState]
    commitments: Mapping[_Place, CommitmentState]
    revealed: frozenset[_Place]
    parked: frozenset[_Place]


def survey_bids(
    sealed: Iterable[SealedBid],
    networks: Sequence[Network],
    *,
    get_key_names: Callable[[Network], Mapping[bytes, str]],
    timeout_s: float,
) -> tuple[BidStanding, ...]:
    """Return one row a bidder and auction, what needs action first, then by time left.

    ``get_key_names`` gives the names of a network's keys by raw address. A chain that
    cannot be asked makes its bids ``unknown``; it never hides those of another.
    """
    by_chain: dict[str, list[SealedBid]] = defaultdict(list)
    for each in sealed:
        by_chain[each.chain_id].append(each)
    known = {network.chain_id: network for network in networks}

    def survey(chain_id: str) -> list[BidStanding]:
        bids = _group(by_chain[chain_id])
        network = known.get(chain_id)
        if network is None:
            note = f"no network names the chain {chain_id}: `plurichain network add`, `bid forget`"
            return [_make_unknown(chain_id, None, "", place, bids[place], note) for place in bids]
        names = get_key_names(network)
        try:
            facts = _ask_chain(network, list(bids), timeout_s)
        except (NodeError, ConfigError, StorageError) as error:
            return [
                _make_unknown(
                    chain_id, network, names.get(place[1], ""), place, bids[place], error.cause
                )
                for place in bids
            ]
        return [_judge(network, names, place, bids[place], facts) for place in bids]

    with ThreadPoolExecutor(WORKERS) as pool:
        rows = [row for part in pool.map(survey, sorted(by_chain)) for row in part]
    return tuple(sorted(rows, key=_get_urgency))


def _get_urgency(row: BidStanding) -> tuple[object, ...]:
    is_over = row.standing in {Standing.OVER, Standing.REVEALED}
    left_ns = row.left_ns if row.left_ns is not None else 1 << 64
    return not row.needs_action, is_over, left_ns, row.chain_id, row.auction_id, row.key


def _group(sealed: Iterable[SealedBid]) -> dict[_Place, list[SealedBid]]:
    bids: dict[_Place, list[SealedBid]] = defaultdict(list)
    for each in sealed:
        bids[each.auction_id, each.bidder].append(each)
    return bids


def _ask_chain(network: Network, places: Sequence[_Place], timeout_s: float) -> _Facts:
    """Ask one chain all that the bids need. Raises NodeError."""
    bidders: dict[int, list[Address]] = defaultdict(list)
    for auction_id, bidder in places:
        bidders[auction_id].append(Address(bidder, network.prefix))
    memory = ChainMemory.open()
    with (
        ChainClient(network, timeout_s=timeout_s, memory=memory) as client,
        ThreadPoolExecutor(WORKERS) as pool,
    ):
        client.check()
        queries = AuctionQueries(client)
        parked = pool.submit(queries.list_parked_payouts)
        header = client.get_latest_header()
        auctions = _get_auctions(queries, pool, sorted(bidders))
        is_open = [
            each.id for each in auctions.values() if Sighting(each, header.time_ns).phase in _OPEN
        ]
        commitments: dict[_Place, CommitmentState] = {}
        revealed: set[_Place] = set()

        def ask(auction_id: int) -> None:
            for commitment in _get_commitments(queries, auction_id, bidders[auction_id]):
                commitments[auction_id, commitment.bidder.raw] = commitment
            if Sighting(auctions[auction_id], header.time_ns).phase is Phase.REVEALING:
                for bidder in _get_revealed(queries, auction_id, bidders[auction_id]):
                    revealed.add((auction_id, bidder))

        list(pool.map(ask, is_open))
        waiting = frozenset((each.auction_id, each.owner.raw) for each in parked.result())
    return _Facts(header.time_ns, auctions, commitments, frozenset(revealed), waiting)


def _get_auctions(
    queries: AuctionQueries, pool: ThreadPoolExecutor, ids: Sequence[int]
) -> dict[int, AuctionState]:
    if len(ids) >= MANY_AUCTIONS:
        wanted = set(ids)
        return {each.id: each for each in queries.list_auctions() if each.id in wanted}

    def get(auction_id: int) -> AuctionState | None:
        try:
            return queries.get_auction(auction_id)
        except NotFound:
            return None

    return {each.id: each for each in pool.map(get, ids) if each}


def _get_commitments(
    queries: AuctionQueries, auction_id: int, bidders: Sequence[Address]
) -> list[CommitmentState]:
    if len(bidders) >= MANY_BIDDERS:
        return queries.list_commitments(auction_id)
    found = (queries.get_commitment(auction_id, bidder) for bidder in bidders)
    return [each for each in found if each]


def _get_revealed(
    queries: AuctionQueries, auction_id: int, bidders: Sequence[Address]
) -> list[bytes]:
    if len(bidders) >= MANY_BIDDERS:
        return [each.bidder.raw for each in queries.list_reveals(auction_id)]
    return [each.raw for each in bidders if queries.get_reveal(auction_id, each)]


def _judge(
    network: Network,
    names: Mapping[bytes, str],
    place: _Place,
    sealed: Sequence[SealedBid],
    facts: _Facts,
) -> BidStanding:
    auction_id, bidder = place
    auction = facts.auctions.get(auction_id)
    key = names.get(bidder, "")
    if auction is None:
        note = "the chain has no such auction: it began anew, or the bid was sealed offline"
        gone = _make_unknown(network.chain_id, network, key, place, sealed, note)
        # Nothing can be at stake on a chain that does not know of it.
        return replace(gone, standing=Standing.OVER, command="")
    sighting = Sighting(auction, facts.block_time_ns)
    commitment = facts.commitments.get(place)
    standing = compute_standing(
        sighting.phase,
        is_committed=commitment is not None,
        has_opening=any(
            each.is_intact and commitment and each.bid_commitment == commitment.bid_commitment
            for each in sealed
        ),
        is_revealed=place in facts.revealed,
        is_parked=place in facts.parked,
    )
    deadline, ends_ns = _find_deadline(auction, sighting.phase, standing)
    is_staked = commitment is not None and standing is not Standing.REVEALED
    return BidStanding(
        network=network.name,
        chain_id=network.chain_id,
        auction_id=auction_id,
        bidder=Address(bidder, network.prefix),
        key=key,
        attempt=max(each.attempt for each in sealed),
        phase=sighting.phase,
        standing=standing,
        deadline=deadline,
        left_ns=None if ends_ns is None else ends_ns - facts.block_time_ns,
        at_stake=auction.deposit if is_staked else (),
        command=compute_command(standing, auction_id, network=network.name, key=key),
    )


def _find_deadline(
    auction: AuctionState, phase: Phase, standing: Standing
) -> tuple[str, int | None]:
    if standing is Standing.OVER or phase not in _OPEN:
        return "", None
    if standing is Standing.NOT_COMMITTED:
        return "commit", auction.commit_deadline_ns
    if standing is Standing.COMMITTED:
        return "reveal begins", auction.commit_deadline_ns
    return "reveal", auction.reveal_deadline_ns


def _make_unknown(
    chain_id: str,
    network: Network | None,
    key: str,
    place: _Place,
    sealed: Sequence[SealedBid],
    note: str,
) -> BidStanding:
    auction_id, bidder = place
    return BidStanding(
        network=network.name if network else "",
        chain_id=chain_id,
        auction_id=auction_id,
        bidder=Address(bidder, network.prefix) if network else None,
        key=key,
        attempt=max(each.attempt for each in sealed),
        phase=None,
        standing=Standing.UNKNOWN,
        deadline="",
        left_ns=None,
        at_stake=(),
        command=f"plurichain network show {network.name} --check" if network else "",
        note=note,
    )
