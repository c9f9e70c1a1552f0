"""`bid auto`: seal, commit, wait, reveal, wait, as a device does it unattended.

Each round looks at the chain and takes one step (auto_steps). A run that was killed, or
that lost its node, begins again with the same look and does nothing twice: what the
journal has under way is waited for first, what stands on chain is not sent again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plurichain.auction.bid import encode_bid
from plurichain.bidding.auctions import get_sighting
from plurichain.bidding.auto_steps import AutoStep, compute_auto_step
from plurichain.bidding.committing import commit_opening
from plurichain.bidding.moments import format_span
from plurichain.bidding.overtaking import OwnAttempt
from plurichain.bidding.patience import Patience
from plurichain.bidding.persisting import PASSING
from plurichain.bidding.revealing import find_opening, reveal_own_bid
from plurichain.bidding.risks import RiskWatch, compute_clock_risks
from plurichain.bidding.sealing import seal_bid
from plurichain.bidding.status import get_bid_status
from plurichain.errors import (
    DiskFull,
    FundsShort,
    PhaseError,
    TlsFailed,
    TransactionError,
    VaultError,
)

if TYPE_CHECKING:
    from plurichain.auction.bid import Bid
    from plurichain.auction.state import CommitmentState
    from plurichain.bidding.account import Bidder
    from plurichain.bidding.auctions import Sighting
    from plurichain.bidding.status import BidStatus
    from plurichain.errors import PlurichainError
    from plurichain.vault import Opening

MAX_FAILURES = 8
"""How often the chain may refuse before a run gives up: each time may cost a fee."""


def run_auto(
    bidder: Bidder,
    auction_id: int,
    bid: Bid,
    bid_file_digest: bytes,
    *,
    until_result: bool = True,
    patience: Patience | None = None,
) -> BidStatus:
    """Bring a bid through an auction; returns where it stands at the end.

    ``until_result`` False ends once the bid is open on the chain. Raises BidError for a
    bid that the terms would forfeit, PhaseError if it is too late, VaultError if the
    opening is lost; silence of the node and short money are warned of and tried again
    while there is time.
    """
    run = _Run(bidder, auction_id, bid, bid_file_digest, patience or Patience(bidder))
    while True:
        try:
            if run.take_step(until_result=until_result):
                return get_bid_status(bidder, auction_id)
        except (*PASSING, DiskFull, FundsShort, PhaseError, TransactionError) as error:
            run.absorb(error)


@dataclass(slots=True)
class _Run:
    """One run of `bid auto`."""

    bidder: Bidder
    auction_id: int
    bid: Bid
    bid_file_digest: bytes
    patience: Patience
    failures: int = 0
    said: set[str] = field(default_factory=set)
    sighting: Sighting | None = None
    is_too_late: bool = False
    opening: Opening | None = None
    own: OwnAttempt = field(default_factory=OwnAttempt)

    def take_step(self, *, until_result: bool) -> bool:
        """Look at the chain, do the next thing; returns True when there is no next."""
        self.bidder.resume()
        self.sighting = get_sighting(self.bidder, self.auction_id)
        self.patience.see(self.sighting.block_time_ns)
        auction = self.sighting.auction
        me = self.bidder.key.address
        commitment = self.bidder.queries.get_commitment(self.auction_id, me)
        is_revealed = self.bidder.queries.get_reveal(self.auction_id, me) is not None
        step = compute_auto_step(
            self.sighting.phase,
            is_committed=commitment is not None,
            is_wanted_bid=self._is_wanted(self.sighting, commitment),
            is_revealed=is_revealed,
        )
        if step is AutoStep.COMMIT:
            opening = seal_bid(self.bidder, self.auction_id, self.bid, self.bid_file_digest)
            self.own.attempt = opening.attempt
            commit_opening(self.bidder, opening)
        elif step is AutoStep.WAIT_FOR_REVEAL:
            self._say_wait("the reveal", auction.commit_deadline_ns)
            watch = RiskWatch(self.bidder, auction, self.opening)
            self.patience.wait_for_block_time(
                auction.commit_deadline_ns,
                deadline_ns=auction.reveal_deadline_ns,
                what="reveal",
                on_look=watch.look,
            )
        elif step is AutoStep.REVEAL:
            self._warn_of_closing(self.sighting)
            reveal_own_bid(
                self.bidder,
                self.auction_id,
                bid=self.bid,
                bid_file_digest=self.bid_file_digest,
            )
        elif step is AutoStep.WAIT_FOR_RESULT and until_result:
            self._wait_for_result()
        elif step is AutoStep.TOO_LATE:
            self.is_too_late = True
            raise self._make_too_late()
        else:
            return True
        return False

    def _is_wanted(self, sighting: Sighting, commitment: CommitmentState | None) -> bool:
        """Tell whether the standing commitment can be opened and holds the wanted bid."""
        if commitment is None:
            return False
        try:
            opening = find_opening(
                self.bidder, sighting.auction, commitment, self.bid, self.bid_file_digest
            )
        except VaultError:
            if self.own.gives_way(commitment.attempt):
                raise self._make_given_way(commitment.attempt) from None
            return False
        self.opening = opening
        if opening.bid_bytes == encode_bid(self.bid):
            self.own.attempt = commitment.attempt
            return True
        return self._is_overtaken(commitment.attempt)

    def _is_overtaken(self, attempt: int) -> bool:
        """Tell whether another bid than the wanted one goes on, and say so once."""
        if not self.own.is_overtaken(attempt):
            return False
        text = (
            f"attempt {attempt}, sealed later by another run, replaces this bid; "
            "this run goes on with it"
        )
        if text not in self.said:
            self.said.add(text)
            self.bidder.tell("overtaken", text, is_warning=True, attempt=attempt)
        return True

    def _make_given_way(self, attempt: int) -> VaultError:
        return VaultError(
            f"attempt {attempt} of auction {self.auction_id} was sealed on another machine with "
            f"the key of {self.bidder.key.address}, which goes on bidding",
            remedy="let one of the two bid; the one whose attempt is on the chain reveals it",
        )

    def _warn_of_closing(self, sighting: Sighting) -> None:
        """Say that the reveal is late, and again each time that it has to be tried again."""
        auction, now_ns = sighting.auction, sighting.block_time_ns
        for risk in compute_clock_risks(
            block_time_ns=now_ns,
            clock_ns=now_ns,
            begins_ns=auction.commit_deadline_ns,
            ends_ns=auction.reveal_deadline_ns,
            max_lag_ns=0,
            what="reveal",
        ):
            self.bidder.tell(risk.name, risk.text, is_warning=True)

    def _wait_for_result(self) -> None:
        assert self.sighting is not None
        deadline_ns = self.sighting.auction.reveal_deadline_ns
        self._say_wait("the result", deadline_ns)
        seen_ns = self.patience.wait_for_block_time(
            deadline_ns, deadline_ns=deadline_ns, what="see the result"
        )
        # The result comes with a block after the deadline; a further one shows that it came.
        if seen_ns == self.sighting.block_time_ns:
            self.patience.wait_for_block_time(
                seen_ns + 1, deadline_ns=deadline_ns, what="see the result"
            )

    def absorb(self, error: PlurichainError) -> None:
        """Warn of an error that may pass, and pause; raise it if trying again is no use."""
        if self.is_too_late or isinstance(error, TlsFailed):
            raise error
        cause, name = error.cause, "node_silent"
        if isinstance(error, DiskFull):
            cause, name = f"{error.cause} ({error.remedy})", "disk_full"
        if self.sighting is None:
            if not isinstance(error, (*PASSING, DiskFull)):
                raise error
            self.patience.tolerate(cause, deadline_ns=0, what="commit", name=name)
            return
        if isinstance(error, TransactionError | PhaseError):
            # A phase may end between the look and the block; the next look tells.
            self.failures += 1
            if self.failures >= MAX_FAILURES:
                raise error
        auction, phase = self.sighting.auction, self.sighting.phase
        is_committing = phase.text == "committing"
        deadline_ns = auction.commit_deadline_ns if is_committing else auction.reveal_deadline_ns
        self.patience.tolerate(
            cause,
            deadline_ns=deadline_ns,
            what="commit" if is_committing else "reveal",
            name=name,
        )

    def _make_too_late(self) -> PhaseError:
        assert self.sighting is not None
        late_ns = self.sighting.block_time_ns - self.sighting.auction.commit_deadline_ns
        return PhaseError(
            f"auction {self.auction_id} is {self.sighting.phase.text}: too late to commit a bid by "
            f"{format_span(late_ns)}",
            remedy="nothing was paid; bid in another auction (`plurichain auction list`)",
        )

    def _say_wait(self, what: str, time_ns: int) -> None:
        assert self.sighting is not None
        left = format_span(time_ns - self.sighting.block_time_ns)
        self._say(f"wait {what}", f"waiting for {what}, in {left}")

    def _say(self, topic: str, text: str) -> None:
        """Say each thing once, however often the loop comes by."""
        if topic not in self.said:
            self.said.add(topic)
            self.bidder.tell("waiting", text)
