"""After the clearing: award, deposits, balances, the same result again, and a picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plurichain.auction.names import DepositStatus, Phase
from plurichain.bidding.checking import check_result
from plurichain.clearing.clear import compute_result
from plurichain.clearing.problem import compute_problem_from_chain
from plurichain.errors import CheckFailed
from plurichain.pictures.curve import draw_curve
from plurichain.pictures.scale import get_scale
from plurichain.scenarios.ledger import (
    Ledger,
    compute_expected_changes,
    find_imbalances,
    find_wrong_changes,
)
from plurichain.units import get_amount

if TYPE_CHECKING:
    from pathlib import Path

    from plurichain.auction.state import AuctionState, CommitmentState, ResultState
    from plurichain.bidding.account import Observer
    from plurichain.scenarios.processes import Program


@dataclass(frozen=True, slots=True)
class Settlement:
    """How an auction ended, every part of it checked.

    ``names`` maps raw addresses of bidders to what people call them.
    """

    auction: AuctionState
    result: ResultState
    commitments: tuple[CommitmentState, ...]
    names: Mapping[bytes, str]
    before: Ledger
    after: Ledger

    @property
    def forfeited(self) -> dict[str, int]:
        """Those who lost their deposit, and what of it went to the community pool."""
        amount = get_amount(self.auction.deposit, self.auction.terms.payment_denom)
        return {
            self.names[row.bidder.raw]: amount
            for row in self.commitments
            if row.deposit_status is DepositStatus.FORFEITED
        }


def compute_changes(settlement: Settlement, town: str) -> dict[tuple[str, str], int]:
    """Return what every balance has to have changed by, from the award and the forfeits."""
    money = settlement.auction.terms.payment_denom
    return compute_expected_changes(
        settlement.auction,
        settlement.result,
        settlement.names,
        town=town,
        forfeits={name: {money: amount} for name, amount in settlement.forfeited.items()},
    )


def validate_settlement(settlement: Settlement, town: str) -> None:
    """Raise CheckFailed unless money and energy are conserved and went where they should."""
    before, after = settlement.before, settlement.after
    wrong = find_imbalances(before, after)
    wrong += find_wrong_changes(before, after, compute_changes(settlement, town))
    if wrong:
        raise CheckFailed(
            f"balances do not add up: {'; '.join(wrong)}",
            remedy="run it again with --keep and look at the chain's blocks",
        )


def validate_result(observer: Observer, auction_id: int) -> None:
    """Raise CheckFailed unless the Python rules come to the chain's result."""
    differences = check_result(observer, auction_id).differences
    if differences:
        raise CheckFailed(
            f"the chain's result is not what follows from its openings: {'; '.join(differences)}",
            remedy="keep the blocks and report it",
        )


def validate_reports(settlement: Settlement, programs: Mapping[str, Program]) -> None:
    """Raise CheckFailed if a bidder's own program ended with another result than the chain's."""
    awards = {settlement.names[row.bidder.raw]: row for row in settlement.result.awards}
    for name, program in programs.items():
        last = program.read_steps()[-1]
        row = awards[name]
        reported = (last.get("allocation"), last.get("payment"))
        if reported != (str(row.allocation), str(row.payment)):
            raise CheckFailed(
                f"{name} reports {reported[0]} units for {reported[1]}, the chain "
                f"{row.allocation} for {row.payment}",
                remedy="run it again with --keep and look at what the program wrote",
            )


def validate_cleared(auction: AuctionState) -> None:
    """Raise CheckFailed unless the auction was cleared."""
    if auction.phase is not Phase.CLEARED:
        raise CheckFailed(
            f"auction {auction.id} ended as {auction.phase.text}: {auction.failure}",
            remedy="run it again with --keep and look at the node's log",
        )


def draw_picture(
    observer: Observer, settlement: Settlement, folder: Path, name: str
) -> tuple[Path, Path]:
    """Draw the revealed curve with the award as ``name``.svg and .png in a folder."""
    auction, result = settlement.auction, settlement.result
    terms = auction.terms
    reveals = observer.queries.list_reveals(auction.id)
    problem = compute_problem_from_chain(terms, result.tie_seed, reveals)
    rule = terms.payment_rule.text.replace("_", " ")
    return draw_curve(
        problem,
        compute_result(problem),
        labels={raw.hex(): label for raw, label in settlement.names.items()},
        title=f"{terms.title or name} (payment rule: {rule})",
        scale=get_scale(terms.lot_denom, terms.payment_denom),
        path=folder / name,
    )
