"""What a bidder ended with, compared with what the chain says it should have."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

from plurichain.chain.journal.journal import Journal
from plurichain.chain.transactions.outcome import OutcomeStatus
from tests.localnet.crash.truth import FEE_DENOM, Included, find_repeats

if TYPE_CHECKING:
    from plurichain.auction.state import ResultState
    from tests.localnet.bidding.conftest import Person
    from tests.localnet.crash.play import Case


def judge(case: Case, included: list[Included], *, failed: int) -> None:
    """Compare what the chain took of a bidder with one commit and one reveal.

    ``failed``: how many of its transactions may be in a block without effect.
    """
    case.faults += find_repeats(included)
    accepted = [each.kind for each in included if each.code == 0]
    case.is_late = accepted in ([], ["commit"])
    if sorted(accepted) != ["commit", "reveal"]:
        case.faults.append(f"the chain took {accepted}")
    refused = [each for each in included if each.code]
    if refused:
        case.notes.append(f"refused in a block: {refused}")
    if len(refused) > failed:
        case.faults.append(f"{len(refused)} transactions failed on the chain: {refused}")


def judge_files(case: Case) -> None:
    """See that the bidder's files are whole, and that its journal says what the chain says."""
    home = case.person.home
    for name in ("journal.db", "vault.db"):
        with contextlib.closing(sqlite3.connect(home / name)) as database:
            [[found]] = database.execute("PRAGMA quick_check(1)").fetchall()
            if found != "ok":
                case.faults.append(f"{name}: {found}")
    with Journal.open(home / "journal.db") as journal:
        entries = journal.list_entries()
    pending = [entry.tx_hash for entry in entries if not entry.outcome.is_final]
    if pending:
        case.faults.append(f"the journal holds {pending} as not settled")
    accepted = sorted(e.purpose for e in entries if e.outcome.status is OutcomeStatus.ACCEPTED)
    if case.do != "cut" and accepted != ["commit", "reveal"]:
        case.faults.append(f"the journal has {accepted} as accepted")
    left = [path.name for path in home.glob(".*")]
    if case.do in {"limit", "fill"} and left:
        case.faults.append(f"half-written files are left: {left}")


def find_wrong_money(
    person: Person,
    side: str,
    money: dict[str, int],
    included: list[Included],
    result: ResultState,
    balances: dict[str, int],
) -> str:
    """Say how what a bidder has differs from what it had, its award and its fees; "" if not.

    The deposit and every escrow have to be back, and each transaction paid for once.
    """
    award = next((row for row in result.awards if row.bidder.raw == person.address.raw), None)
    if award is None:
        return "it is not in the result"
    sign = 1 if side == "sell" else -1
    expected = {
        "ueur": money["ueur"] + sign * award.payment,
        "watthour": money["watthour"] - sign * award.allocation,
        FEE_DENOM: money[FEE_DENOM] - sum(each.fee for each in included),
    }
    return "" if balances == expected else f"it has {balances} instead of {expected}"
