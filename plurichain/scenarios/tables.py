"""The tables of a town's auction: kWh and EUR for people, the chain's units beside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plurichain.auction.names import Side
from plurichain.scenarios.ledger import FAUCET
from plurichain.scenarios.scenes import Shown
from plurichain.units import get_amount

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plurichain.auction.bid import Bid
    from plurichain.scenarios.ledger import Ledger
    from plurichain.scenarios.observer import Observation
    from plurichain.scenarios.settlement import Settlement
    from plurichain.scenarios.wording import Wording

#: Digits of money after the point, so that columns line up; more where it takes more.
PLACES = 3


def tabulate_bids(bids: Mapping[str, Bid], side: Side, wording: Wording) -> Shown:
    """What each bidder is going to seal."""
    offered = "offers" if side is Side.REVERSE else "wants"
    rows = []
    for name, bid in bids.items():
        steps = ", ".join(
            f"{wording.format_lot(step.quantity)} at {wording.format_price(step.price)}"
            for step in bid.steps
        )
        rows.append((name, wording.format_lot(bid.total_quantity), steps))
    return Shown("What each bidder knows of itself, and nobody else does",
                 ("bidder", offered, "in steps"), tuple(rows), frozenset({offered}))  # fmt: skip


def tabulate_observation(seen: Observation, names: Mapping[str, str], wording: Wording) -> Shown:
    """The commitments as an observer without a key sees them."""
    rows = tuple(
        (
            names.get(commit.bidder, commit.bidder),
            str(commit.height),
            f"{commit.bid_commitment[:16]}…",
            wording.format_money(get_amount(commit.deposit, wording.payment_denom)),
            ", ".join(map(str, commit.deposit)),
        )
        for commit in seen.commits
    )
    return Shown(
        f"What an observer reads in blocks 1 to {seen.height}",
        ("bidder", "block", "commitment", "deposit", "in units"),
        rows,
        frozenset({"block", "deposit", "in units"}),
    )


def tabulate_award(settlement: Settlement, wording: Wording) -> Shown:
    """Who trades how much for how much, and what became of each deposit."""
    terms = settlement.auction.terms
    verb = "gets" if terms.side is Side.REVERSE else "pays"
    awards = {row.bidder.raw: (row.allocation, row.payment) for row in settlement.result.awards}
    deposits = {row.bidder.raw: row.deposit_status.text for row in settlement.commitments}
    average = "ct/kWh on average" if wording.is_energy and wording.is_euro else "on average"
    columns = (
        "bidder",
        wording.lot_unit,
        wording.lot_denom,
        f"{verb} {wording.money_unit}",
        wording.payment_denom,
        average,
        "deposit",
    )
    lines = [
        (name, *awards.get(raw, (0, 0)), deposits.get(raw, "none"))
        for raw, name in settlement.names.items()
    ]
    lines.append(("together", sum(row[1] for row in lines), sum(row[2] for row in lines), ""))
    rows = tuple(
        (
            name,
            wording.format_lot_number(allocation),
            str(allocation),
            wording.format_money_number(payment, places=PLACES),
            str(payment),
            wording.format_average(payment, allocation),
            deposit,
        )
        for name, allocation, payment, deposit in lines
    )
    return Shown("The award", columns, rows, frozenset(columns[1:6]), last_is_total=True)


def tabulate_balances(before: Ledger, after: Ledger, wording: Wording) -> Shown:
    """Every balance before the auction and after it, as the bank told.

    The faucet, which has all other coins of the chain, is left out.
    """
    columns = (
        "account",
        f"{wording.lot_unit} before",
        "after",
        "change",
        f"{wording.money_unit} before",
        # Names of columns are told apart by what is around them, as people see them.
        "after ",
        "change ",
    )
    holders = [holder for holder in before.balances if holder != FAUCET]
    rows = [_make_balance_row(holder, (holder,), before, after, wording) for holder in holders]
    rows.append(_make_balance_row("together", holders, before, after, wording))
    return Shown(
        "Balances before the auction and after it, as the bank tells them",
        columns,
        tuple(rows),
        frozenset(columns[1:]),
        last_is_total=True,
    )


def _make_balance_row(
    label: str, holders: Sequence[str], before: Ledger, after: Ledger, wording: Wording
) -> tuple[str, ...]:
    def write_money(amount: int) -> str:
        return wording.format_money_number(amount, places=PLACES)

    cells = [label]
    for denom, write in (
        (wording.lot_denom, wording.format_lot_number),
        (wording.payment_denom, write_money),
    ):
        first = sum(before.get(holder, denom) for holder in holders)
        last = sum(after.get(holder, denom) for holder in holders)
        sign = "+" if last > first else ""
        cells += [write(first), write(last), sign + write(last - first) if last != first else "-"]
    return tuple(cells)
