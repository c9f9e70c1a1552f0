"""The auction module's queries, answered in plain values. All pages are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plurichain.auction.names import Phase
from plurichain.chain.auctions.terms import read_terms_message
from plurichain.chain.auctions.views import (
    read_auction,
    read_commitment,
    read_params,
    read_parked_payout,
    read_result,
    read_reveal,
)
from plurichain.chain.convert import read_coins
from plurichain.chain.nodes.paging import read_pages
from plurichain.chain.pb.plurichain.auction.v1 import query_pb2, query_pb2_grpc
from plurichain.errors import BadReply, NotFound

if TYPE_CHECKING:
    from plurichain.auction.state import (
        AuctionParams,
        AuctionState,
        CommitmentState,
        ParkedPayout,
        ResultState,
        RevealState,
    )
    from plurichain.auction.terms import Terms
    from plurichain.chain.nodes.client import ChainClient
    from plurichain.chain.nodes.grpc_channel import HeightPin
    from plurichain.identifiers import Address
    from plurichain.units import Coin


@dataclass(frozen=True, slots=True)
class InvariantCheck:
    """The outcome of one invariant of the module."""

    name: str
    is_broken: bool
    detail: str


@dataclass(frozen=True, slots=True)
class InvariantReport:
    """All invariants at a height: what the module account holds, and what it owes."""

    checks: tuple[InvariantCheck, ...]
    height: int
    held: tuple[Coin, ...]
    owed: tuple[Coin, ...]


class AuctionQueries:
    """Reads the auction module through one client."""

    def __init__(self, client: ChainClient) -> None:
        self._client = client

    def get_params(self) -> AuctionParams:
        """Return the module's limits."""
        reply = self._ask("Params", query_pb2.QueryParamsRequest(), "auction params")
        return read_params(reply.params)

    def get_auction(self, auction_id: int) -> AuctionState:
        """Return one auction. Raises NotFound."""
        request = query_pb2.QueryAuctionRequest(auction_id=auction_id)
        reply = self._ask_for(auction_id, "Auction", request)
        state = read_auction(reply.auction, self._prefix)
        if state.id != auction_id:
            raise BadReply(f"asked for auction {auction_id}, the node answered {state.id}")
        return state

    def list_auctions(
        self, phase: Phase | None = None, creator: Address | None = None
    ) -> list[AuctionState]:
        """Return auctions by id, all or of one phase or creator or both."""

        def read(page: Any, pin: HeightPin) -> Any:
            request = query_pb2.QueryAuctionsRequest(
                phase=0 if phase is None else int(phase),  # type: ignore[arg-type]
                creator="" if creator is None else str(creator),
                pagination=page,
            )
            return self._ask("Auctions", request, "auctions", pin)

        found = read_pages(read, lambda reply: reply.auctions)
        return [read_auction(item, self._prefix) for item in found]

    def get_terms(self, auction_id: int) -> tuple[Terms, bytes, bytes]:
        """Return (terms, their canonical bytes, their hash) as the node says. Raises NotFound."""
        request = query_pb2.QueryTermsRequest(auction_id=auction_id)
        reply = self._ask_for(auction_id, "Terms", request)
        return read_terms_message(reply.terms), reply.terms_bytes, reply.terms_hash

    def get_commitment(self, auction_id: int, bidder: Address) -> CommitmentState | None:
        """Return one bidder's commitment, None if there is none."""
        request = query_pb2.QueryCommitmentRequest(auction_id=auction_id, bidder=str(bidder))
        try:
            reply = self._ask("Commitment", request, f"commitment of {bidder}")
        except NotFound:
            return None
        return read_commitment(reply.commitment, self._prefix)

    def list_commitments(self, auction_id: int) -> list[CommitmentState]:
        """Return the commitments of an auction."""

        def read(page: Any, pin: HeightPin) -> Any:
            request = query_pb2.QueryCommitmentsRequest(auction_id=auction_id, pagination=page)
            return self._ask_for(auction_id, "Commitments", request, pin)

        found = read_pages(read, lambda reply: reply.commitments)
        return [read_commitment(item, self._prefix) for item in found]

    def get_reveal(self, auction_id: int, bidder: Address) -> RevealState | None:
        """Return one bidder's opening, None if there is none."""
        request = query_pb2.QueryRevealRequest(auction_id=auction_id, bidder=str(bidder))
        try:
            reply = self._ask("Reveal", request, f"reveal of {bidder}")
        except NotFound:
            return None
        return read_reveal(reply.reveal, self._prefix)

    def list_reveals(self, auction_id: int) -> list[RevealState]:
        """Return the openings of an auction."""

        def read(page: Any, pin: HeightPin) -> Any:
            request = query_pb2.QueryRevealsRequest(auction_id=auction_id, pagination=page)
            return self._ask_for(auction_id, "Reveals", request, pin)

        found = read_pages(read, lambda reply: reply.reveals)
        return [read_reveal(item, self._prefix) for item in found]

    def get_result(self, auction_id: int) -> ResultState | None:
        """Return what an auction came to with all its awards, None while it has no result."""
        head: list[Any] = []

        def read(page: Any, pin: HeightPin) -> Any:
            request = query_pb2.QueryResultRequest(auction_id=auction_id, pagination=page)
            reply = self._ask("Result", request, f"result of auction {auction_id}", pin)
            head.append(reply.result)
            return reply

        try:
            awards = read_pages(read, lambda reply: reply.result.awards)
        except NotFound:
            return None
        return read_result(head[0], awards, self._prefix)

    def list_parked_payouts(self, owner: Address | None = None) -> list[ParkedPayout]:
        """Return payouts that wait for their owners, all or of one owner."""

        def read(page: Any, pin: HeightPin) -> Any:
            request = query_pb2.QueryParkedPayoutsRequest(
                owner="" if owner is None else str(owner), pagination=page
            )
            return self._ask("ParkedPayouts", request, "parked payouts", pin)

        found = read_pages(read, lambda reply: reply.parked_payouts)
        return [read_parked_payout(item, self._prefix) for item in found]

    def get_invariants(self) -> InvariantReport:
        """Have the node run every invariant of the module on its latest state."""
        reply = self._ask("Invariants", query_pb2.QueryInvariantsRequest(), "auction invariants")
        return InvariantReport(
            checks=tuple(
                InvariantCheck(item.name, bool(item.broken), item.detail) for item in reply.checks
            ),
            height=int(reply.height),
            held=read_coins(reply.held),
            owed=read_coins(reply.owed),
        )

    @property
    def _prefix(self) -> str:
        return self._client.network.prefix

    def _ask(self, method: str, request: Any, what: str, pin: HeightPin | None = None) -> Any:
        channel = self._client.grpc
        stub = query_pb2_grpc.QueryStub(channel.raw)
        return channel.call(getattr(stub, method), request, what=what, pin=pin)

    def _ask_for(
        self, auction_id: int, method: str, request: Any, pin: HeightPin | None = None
    ) -> Any:
        try:
            return self._ask(method, request, f"auction {auction_id}", pin)
        except NotFound as error:
            raise NotFound(
                f"the chain {self._client.network.chain_id} has no auction {auction_id}",
                remedy="plurichain auction list shows all",
            ) from error
