"""Pulling the plug at any moment: killed, without room, with a journal cut off at its end."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from plurichain.chain.auctions import AuctionQueries
from tests.localnet.bidding.conftest import MONEY, Person
from tests.localnet.crash.conftest import Field, Recording
from tests.localnet.crash.play import (
    Case,
    Sale,
    find_wrong_money,
    judge,
    play,
    read_money,
)
from tests.localnet.crash.points import BROADCAST, Point
from tests.localnet.crash.truth import read_included

QUANTITY = 100
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
LONG_TIMEOUT_S = 900
STEP = 9
"""One point in so many is in every run of the tests; all are in the long one."""

Stop = tuple[str, Point]


def test_the_recorded_run_touches_nothing_beside_storage_and_transport(
    recording: Recording,
) -> None:
    assert recording.run.violations == []
    labels = [point.label for point in recording.points]
    assert labels.count(BROADCAST) == 2
    for label in ("rename chains.json", "commit vault.db", "commit journal.db", "send block"):
        assert label in labels
    print(f"{len(labels)} points, {sum(point.is_change for point in recording.points)} changes")


@pytest.mark.timeout(600)
def test_bidders_stopped_at_some_points_end_right(
    field: Field, recording: Recording, make_gate: Callable[[], object]
) -> None:
    """A spread of the points, and those around each broadcast."""
    points = recording.points
    sends = [point.number for point in points if point.label == BROADCAST]
    near = {number + step for number in sends for step in (0, 1, 2)}
    kills = [p for p in points if p.number % STEP == 1 or p.number in near]
    fulls = [p for p in points if p.is_storage][::STEP]
    cuts = [p for p in points if p.number in {number + 1 for number in sends}]
    stops: list[Stop] = [("kill", point) for point in kills]
    stops += [("limit", point) for point in fulls] + [("cut", point) for point in cuts]
    cases = _make_cases(field, recording, stops)
    _play_all(field, cases, make_gate)


@pytest.mark.long
@pytest.mark.timeout(LONG_TIMEOUT_S)
def test_a_bidder_killed_at_any_point_ends_right(
    field: Field, recording: Recording, make_gate: Callable[[], object]
) -> None:
    cases = _make_cases(field, recording, [("kill", point) for point in recording.points])
    _play_all(field, cases, make_gate)


@pytest.mark.long
@pytest.mark.timeout(LONG_TIMEOUT_S)
def test_a_bidder_without_room_at_any_write_ends_right(
    field: Field, recording: Recording, make_gate: Callable[[], object]
) -> None:
    """The system refuses longer files from that write on, until the bidder has said so."""
    points = [point for point in recording.points if point.is_storage]
    cases = _make_cases(field, recording, [("limit", point) for point in points])
    _play_all(field, cases, make_gate)


@pytest.mark.long
@pytest.mark.timeout(LONG_TIMEOUT_S)
@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root mounts a file system"
)
def test_a_bidder_whose_disk_is_full_at_any_write_ends_right(
    field: Field, recording: Recording, make_gate: Callable[[], object], tmp_path: Path
) -> None:
    """A small file system for each, filled to its last byte by another program."""
    points = [point for point in recording.points if point.is_storage]
    with contextlib.ExitStack() as stack:
        folders = [stack.enter_context(_mount(tmp_path / str(p.number))) for p in points]
        people = [field.make_people(1, folder=folder)[0] for folder in folders]
        stops = [("fill", point) for point in points]
        cases = _make_cases(field, recording, stops, people)
        for case, folder in zip(cases, folders, strict=True):
            case.filler = str(folder / "filler")
        _play_all(field, cases, make_gate)


@contextlib.contextmanager
def _mount(folder: Path) -> Iterator[Path]:
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("this machine does not let its root mount a tmpfs")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.long
@pytest.mark.timeout(LONG_TIMEOUT_S)
def test_a_bidder_whose_journal_is_cut_at_any_point_ends_right(
    field: Field, recording: Recording, make_gate: Callable[[], object]
) -> None:
    """Killed, and the last page of the journal gone, as after a power cut on a disk that lied."""
    points = [
        point
        for before, point in zip(recording.points, recording.points[1:], strict=False)
        if before.is_change or point.is_change
    ]
    cases = _make_cases(field, recording, [("cut", point) for point in points])
    _play_all(field, cases, make_gate)


# --- playing ------------------------------------------------------------------------------------


def _make_cases(
    field: Field,
    recording: Recording,
    stops: Sequence[Stop],
    people: Sequence[Person] | None = None,
) -> list[Case]:
    people = people or field.make_people(len(stops))
    sales = _create_sales(field, recording, len(stops))
    cases = []
    for index, (person, (do, point)) in enumerate(zip(people, stops, strict=True)):
        sale = sales[index % 2]
        cases.append(
            Case(
                person,
                sale,
                person.write_bid((QUANTITY, 100 + index), side=sale.side),
                read_money(MONEY),
                do,
                point,
                way="doctor" if index % 3 == 2 else "auto",
                size=SIZES[index % len(SIZES)],
            )
        )
    return cases


def _create_sales(field: Field, recording: Recording, count: int) -> list[Sale]:
    """Create a purchase and a sale for ``count`` bidders, long enough for all of them."""
    pace_s = recording.pace_s / (os.cpu_count() or 1)
    commit_s, reveal_s = int(4 + 2.5 * count * pace_s), int(6 + 2 * count * pace_s)
    windows = {"commit_window": f'"{commit_s}s"', "reveal_window": f'"{reveal_s}s"'}
    # Half of them are served.
    lot = str(QUANTITY * max(count // 4, 1))
    sales = []
    for side, terms in SALES.items():
        changes = {key: value.format(lot=lot) for key, value in terms.items()}
        sales.append(Sale(field.create_auction(**changes, **windows), side))
    return sales


def _play_all(field: Field, cases: Sequence[Case], make_gate: Callable[[], object]) -> None:
    """Play all cases at once and judge them by the chain; prints what came of it."""
    first_height = field.client.get_latest_header().height
    with ThreadPoolExecutor(len(cases)) as pool:
        list(pool.map(lambda case: play(case, field.stable, make_gate), cases))
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
            wrong = find_wrong_money(
                case.person, sale.side, case.money, mine, result, field.client.get_balances(address)
            )
            case.faults += [wrong] if wrong else []
        checked = field.town.run("auction", "result", str(sale.auction_id), "--check")
        assert checked.status == 0, checked.err
    _report(cases)


def _report(cases: Sequence[Case]) -> None:
    for do in sorted({case.do for case in cases}):
        of_kind = [case for case in cases if case.do == do]
        survived = sum(not case.faults for case in of_kind)
        exact = sum(bool((case.runs[0].met or {}).get("exact")) for case in of_kind)
        print(f"\n{do}: {len(of_kind)} points, {survived} survived, {exact} met exactly", end="")
    refused = sum("refused in a block" in note for case in cases for note in case.notes)
    print(f"\n{refused} of {len(cases)} bidders paid a fee for a transaction without effect")
    bad = [f"{case.name}: {fault}" for case in cases for fault in case.faults]
    assert not bad, "\n".join(bad)
