"""Many bidders at once in two shared auctions, judged together when both are settled.

How long a phase has to last depends on the machine and on what else it does. A bidder that
was too late is played once more, with all the time it may need: only one that is late every
time has failed.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plurichain.chain.auctions.queries import AuctionQueries
from tests.localnet.bidding.conftest import MONEY, Person
from tests.localnet.crash.judging import find_wrong_money, judge, judge_files
from tests.localnet.crash.play import Case, Sale, play, play_hunted, read_money
from tests.localnet.crash.truth import read_included

if TYPE_CHECKING:
    from tests.localnet.crash.conftest import Field, Recording
    from tests.localnet.crash.points import Point
    from tests.localnet.crash.stable import Stable

QUANTITY = 100
ROUNDS = 3
SALES = {
    "sell": {"quantity": "{lot}", "max_quantity": "100"},
    "buy": {
        "side": '"forward"',
        "quantity": "{lot}",
        "max_quantity": "100",
        "reserve_price": "10",
        "price_limit": "900",
    },
}
SIZES = (0, 4096, 40_000)
"""Greatest sizes of files where there is no room: a database, its log, and a small file end
in different places."""


@dataclass(frozen=True, slots=True)
class Stop:
    """What is done to one bidder, and where; ``make_home`` gives (bidder, filler of its disk).

    ``size``: after how many bytes a write is torn. ``kills``: see ``Case``.
    """

    do: str
    point: Point
    size: int | None = None
    kills: tuple[int, ...] = ()
    make_home: Callable[[], tuple[Person, str]] | None = None


def play_stops(field: Field, recording: Recording, stops: Sequence[Stop]) -> None:
    """Play one bidder a stop; prints what came of it. Raises AssertionError for any fault."""
    done: list[Case] = []
    patience = 1
    late = 0
    while stops:
        cases = _play_round(field, recording, stops, patience)
        again = [case for case in cases if case.is_late and patience < 2 ** (ROUNDS - 1)]
        done += [case for case in cases if case not in again]
        stops = [stop for stop, case in zip(stops, cases, strict=True) if case in again]
        late += len(again)
        patience *= 2
    _report(done, late)


def _play_round(
    field: Field, recording: Recording, stops: Sequence[Stop], patience: int
) -> list[Case]:
    cases = _make_cases(field, recording, stops, patience)
    first_height = field.client.get_latest_header().height
    # No more may start at once than there are cores for, and some.
    places = threading.BoundedSemaphore(2 * (os.cpu_count() or 1))
    with ThreadPoolExecutor(len(cases)) as pool:
        list(pool.map(lambda case: _play(case, field.stable, lambda: places), cases))
    included = read_included(field.client, first_height)
    queries = AuctionQueries(field.client)
    for sale in {case.sale for case in cases}:
        result = queries.get_result(sale.auction_id)
        assert result is not None, f"auction {sale.auction_id} has no result"
        for case in (case for case in cases if case.sale == sale):
            address = case.person.address
            mine = included[str(address)]
            # Who has forgotten what it sent may send it again: refused, at the price of a fee.
            judge(case, mine, failed=1 if case.do == "cut" else 0)
            judge_files(case)
            wrong = find_wrong_money(
                case.person, sale.side, case.money, mine, result, field.client.get_balances(address)
            )
            case.faults += [wrong] if wrong else []
        checked = field.town.run("auction", "result", str(sale.auction_id), "--check")
        assert checked.status == 0, checked.err
    return cases


def _play(case: Case, stable: Stable, gate: Callable[[], Any]) -> None:
    (play_hunted if case.kills else play)(case, stable, gate)


def _make_cases(
    field: Field, recording: Recording, stops: Sequence[Stop], patience: int
) -> list[Case]:
    people = iter(field.make_people(sum(stop.make_home is None for stop in stops)))
    homes = [stop.make_home() if stop.make_home else (next(people), "") for stop in stops]
    starts = sum(1 + len(stop.kills) for stop in stops)
    sales = _create_sales(field, recording, starts, patience, lots=max(len(stops) // 4, 1))
    cases = []
    for index, (stop, (person, filler)) in enumerate(zip(stops, homes, strict=True)):
        sale = sales[index % 2]
        cases.append(
            Case(
                person,
                sale,
                person.write_bid((QUANTITY, 100 + index), side=sale.side),
                read_money(MONEY),
                stop.do,
                stop.point,
                way="doctor" if index % 3 == 2 else "auto",
                size=SIZES[index % len(SIZES)] if stop.size is None else stop.size,
                filler=filler,
                kills=stop.kills,
            )
        )
    return cases


def _create_sales(
    field: Field, recording: Recording, starts: int, patience: int, *, lots: int
) -> tuple[Sale, ...]:
    """Create a purchase and a sale that last long enough for so many starts of a bidder.

    ``lots``: how many bidders of each can be served, of twice as many.
    """
    pace_s = patience * starts * recording.pace_s / (os.cpu_count() or 1)
    commit_s, reveal_s = int(4 * patience + 2.5 * pace_s), int(5 * patience + 1.5 * pace_s)
    windows = {"commit_window": f'"{commit_s}s"', "reveal_window": f'"{reveal_s}s"'}
    lot = str(QUANTITY * lots)
    sales = []
    for side, terms in SALES.items():
        changes = {key: value.format(lot=lot) for key, value in terms.items()}
        sales.append(Sale(field.create_auction(**changes, **windows), side))
    return tuple(sales)


def _report(cases: Sequence[Case], late: int) -> None:
    for do in sorted({case.do for case in cases}):
        of_kind = [case for case in cases if case.do == do]
        survived = sum(not case.faults for case in of_kind)
        exact = sum(bool((case.runs[0].met or {}).get("exact")) for case in of_kind)
        print(f"\n{do}: {len(of_kind)} points, {survived} survived, {exact} met exactly", end="")
    refused = sum("refused in a block" in note for case in cases for note in case.notes)
    print(f"\n{refused} of {len(cases)} bidders paid a fee for a transaction without effect")
    print(f"{late} played once more because they were too late")
    bad = [f"{case.name}: {fault}" for case in cases for fault in case.faults]
    assert not bad, "\n".join(bad)
