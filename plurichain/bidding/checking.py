"""The result of an auction computed again from what the chain published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plurichain.auction.admissibility import find_inadmissible
from plurichain.auction.commitment import compute_bid_commitment
from plurichain.auction.names import Phase
from plurichain.auction.ties import compute_tie_seed
from plurichain.bidding.auctions import get_sighting
from plurichain.clearing.clear import compute_result
from plurichain.clearing.problem import compute_problem_from_chain
from plurichain.errors import NotFound, PhaseError

if TYPE_CHECKING:
    from plurichain.auction.state import AuctionState, ResultState, RevealState
    from plurichain.bidding.account import Observer
    from plurichain.clearing.result import ClearingResult


@dataclass(frozen=True, slots=True)
class ResultCheck:
    """A result and every way in which it is not what follows from the openings."""

    auction: AuctionState
    result: ResultState
    differences: tuple[str, ...]


def get_result(observer: Observer, auction_id: int) -> tuple[AuctionState, ResultState]:
    """Return an auction with its result; raises PhaseError while there is none, NotFound."""
    sighting = get_sighting(observer, auction_id)
    auction = sighting.auction
    if auction.phase is Phase.FAILED:
        raise PhaseError(
            f"auction {auction_id} failed: {auction.failure}",
            remedy="deposits and escrows of those who revealed have returned",
        )
    result = observer.queries.get_result(auction_id)
    if result is None:
        raise PhaseError(
            f"auction {auction_id} is {sighting.phase.text}: it has no result",
            remedy=f"`plurichain auction watch {auction_id}` waits for it",
        )
    return auction, result


def check_result(observer: Observer, auction_id: int) -> ResultCheck:
    """Compute a result again by the Python rules from the chain's own openings.

    Also checked: that every opening opens its commitment, that admissibility follows from
    the terms, and the tie seed. Raises PhaseError, NotFound, BadReply, NodeError.
    """
    auction, result = get_result(observer, auction_id)
    reveals = observer.queries.list_reveals(auction_id)
    commitments = {
        row.bidder.raw: row.bid_commitment for row in observer.queries.list_commitments(auction_id)
    }
    differences = []
    for reveal in reveals:
        wanted = commitments.get(reveal.bidder.raw)
        if wanted is None:
            raise NotFound(f"{reveal.bidder} has a reveal but no commitment")
        differences += _check_opening(observer.chain_id, auction, reveal, wanted)
    admissible = [reveal for reveal in reveals if reveal.admissible]
    tie_seed = compute_tie_seed(
        observer.chain_id, auction_id, ((row.bidder.raw, row.salt) for row in admissible)
    )
    if tie_seed != result.tie_seed:
        differences.append(f"tie_seed: chain {result.tie_seed.hex()}, computed {tie_seed.hex()}")
    problem = compute_problem_from_chain(auction.terms, tie_seed, reveals)
    differences += _compare(result, compute_result(problem))
    return ResultCheck(auction, result, tuple(differences))


def _check_opening(
    chain_id: str, auction: AuctionState, reveal: RevealState, bid_commitment: bytes
) -> list[str]:
    found = []
    computed = compute_bid_commitment(
        chain_id=chain_id,
        auction_id=auction.id,
        bidder=reveal.bidder.raw,
        terms_hash=auction.terms_hash,
        bid_bytes=reveal.bid_bytes,
        salt=reveal.salt,
    )
    if computed != bid_commitment:
        found.append(f"{reveal.bidder}: the opening does not open the commitment")
    reason = find_inadmissible(reveal.bid_bytes, auction.terms)
    if (reason or "") != reveal.reason or reveal.admissible == bool(reason):
        found.append(
            f"{reveal.bidder}: chain says {reveal.reason or 'admissible'}, "
            f"computed {reason or 'admissible'}"
        )
    return found


def _compare(chain: ResultState, computed: ClearingResult) -> list[str]:
    pairs: list[tuple[str, int | None, int | None]] = [
        ("welfare", chain.welfare, computed.welfare),
        ("clearing_price", chain.clearing_price, computed.clearing_price),
        ("surplus", chain.surplus, computed.surplus),
    ]
    rows = {row.bidder.hex: row for row in chain.awards}
    for name in sorted(rows.keys() | computed.allocation.keys()):
        row = rows.get(name)
        bidder = str(row.bidder) if row else name
        pairs += [
            (
                f"{bidder} allocation",
                row.allocation if row else None,
                computed.allocation.get(name),
            ),
            (f"{bidder} payment", row.payment if row else None, computed.payment.get(name)),
        ]
    return [
        f"{what}: chain {on_chain}, computed {again}"
        for what, on_chain, again in pairs
        if on_chain != again
    ]
