"""The tables of a town's auction: kWh and EUR for people, the chain's units beside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plurichain.auction.names import Side
from plurichain.scenarios.ledger import Ledger
from plurichain.scenarios.scenes import Shown
from plurichain.units import get_amount

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plurichain.auction.bid import Bid
    from plurichain.auction.state import ResultState
    from plurichain.scenarios.observer import Observation
    from plurichain.scenarios.wording import Wording


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


def tabulate_award(
    result: ResultState, names: Mapping[bytes, str], side: Side, wording: Wording
) -> Shown:
    """Who trades how much for how much."""
    verb = "gets" if side is Side.REVERSE else "pays"
    money, units = f"{verb} {wording.money_unit}", wording.payment_denom
    lines = [(names[row.bidder.raw], row.allocation, row.payment) for row in result.awards]
    lines.sort(key=lambda line: list(names.values()).index(line[0]))
    lines.append(("together", sum(row[1] for row in lines), sum(row[2] for row in lines)))
    columns = ("bidder", wording.lot_unit, wording.lot_denom, money, units, "average ct/kWh")
    if not (wording.is_energy and wording.is_euro):
        columns = (*columns[:5], "average")
    rows = tuple(
        (
            name,
            wording.format_lot_number(allocation),
            str(allocation),
            wording.format_money_number(payment),
            str(payment),
            wording.format_average(payment, allocation),
        )
        for name, allocation, payment in lines
    )
    return Shown("The award", columns, rows, frozenset(columns[1:]), last_is_total=True)


def tabulate_balances(before: Ledger, after: Ledger, wording: Wording) -> Shown:
    """Every balance before the auction and after it, asked from the bank."""
    lot, money = wording.lot_denom, wording.payment_denom
    columns = (
        "account",
        f"{wording.lot_unit} before",
        "after",
        "change",
        f"{wording.money_unit} before",
        "after ",
        "change ",
    )
    rows = [
        (
            holder,
            *_format_change(before.get(holder, lot), after.get(holder, lot), energy=True,
                            wording=wording),
            *_format_change(before.get(holder, money), after.get(holder, money), energy=False,
                            wording=wording),
        )
        for holder in before.balances
    ]  # fmt: skip
    rows.append(
        (
            "all together",
            *_format_change(before.compute_total(lot), after.compute_total(lot), energy=True,
                            wording=wording),
            *_format_change(before.compute_total(money), after.compute_total(money), energy=False,
                            wording=wording),
        )
    )  # fmt: skip
    return Shown(
        f"Balances (1 {wording.lot_unit} = 1000 {lot}, 1 {wording.money_unit} = 1000000 {money})"
        if wording.is_energy and wording.is_euro
        else "Balances",
        columns,
        tuple(rows),
        frozenset(columns[1:]),
        last_is_total=True,
    )


def _format_change(
    before: int, after: int, *, energy: bool, wording: Wording
) -> tuple[str, str, str]:
    write = wording.format_lot_number if energy else wording.format_money_number
    change = after - before
    sign = "+" if change > 0 else ""
    return write(before), write(after), f"{sign}{write(change)}" if change else "-"
