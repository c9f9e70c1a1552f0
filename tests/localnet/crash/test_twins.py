"""Two processes of one bidder at once: the same bid, and two bids for one auction."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from plurichain.chain.auctions.queries import AuctionQueries
from plurichain.keyring import Keyring
from plurichain.vault import Vault
from tests.localnet.bidding.conftest import MONEY, Person
from tests.localnet.crash.conftest import Field
from tests.localnet.crash.judging import find_wrong_money
from tests.localnet.crash.play import read_money
from tests.localnet.crash.stable import Run
from tests.localnet.crash.truth import Included, find_repeats, read_included

if TYPE_CHECKING:
    from plurichain.vault import Opening

PAIRS = 3
TIMEOUT_S = 120.0


def _write_bid(person: Person, name: str, price: int) -> str:
    entry = {"kind": "schedule", "side": "sell", "steps": [[100, price]]}
    return person.write(f"{name}.json", json.dumps(entry))


def _start(
    field: Field, person: Person, auction_id: int, bid: str, *, home: Path | None = None
) -> Run:
    command = ["bid", "auto", "--auction-id", str(auction_id), "--bid", bid, "--output", "ndjson"]
    return field.stable.start(person.name, home or person.home, [command])


def _finish(runs: list[Run], *, may_fail: bool = False) -> list[dict[str, Any]]:
    """Wait for all; returns what each that ended well printed last: where the bid stands."""
    for run in runs:
        status = run.wait_for_end(timeout_s=TIMEOUT_S)
        assert status == 0 or (may_fail and status == 1), run.text
    return [json.loads(run.lines[-1]) for run in runs if run.status == 0]


def _read_vault(person: Person) -> tuple[Opening, ...]:
    key = Keyring.open("test", person.home / "keys", is_localnet=True).get(person.name)
    with Vault.open(Path(person.home), key) as vault:
        return vault.list_all()


@dataclass(frozen=True, slots=True)
class Twins:
    """What became of one bidder's two processes."""

    person: Person
    auction_id: int
    runs: list[Run]
    ends: list[dict[str, Any]]
    included: list[Included]


def _play(field: Field) -> tuple[list[Twins], list[Twins], Twins]:
    """Play pairs with the same bid, pairs with two, and one on two machines."""
    first_height = field.client.get_latest_header().height
    people = field.make_people(2 * PAIRS + 1)
    # As long as so many starts take on a machine that does other things as well.
    window_s = 8 * max(0.4 * os.getloadavg()[0] / (os.cpu_count() or 1), 1.0)
    window = f'"{int(window_s * 1000)}ms"'
    auction_id = field.create_auction(commit_window=window, reveal_window=window)
    started = []
    for index, person in enumerate(people):
        prices = (100, 100) if index < PAIRS else (100, 200)
        bids = [_write_bid(person, f"bid{price}", price) for price in prices]
        homes = [person.home, person.home]
        if index == 2 * PAIRS:
            homes[1] = person.home.with_name("other-machine")
            shutil.copytree(person.home, homes[1])
        runs = [
            _start(field, person, auction_id, bid, home=home)
            for bid, home in zip(bids, homes, strict=True)
        ]
        started.append((person, runs))
    ended = [
        (person, runs, _finish(runs, may_fail=person is people[-1])) for person, runs in started
    ]
    included = read_included(field.client, first_height)
    found = [
        Twins(person, auction_id, runs, ends, included[str(person.address)])
        for person, runs, ends in ended
    ]
    return found[:PAIRS], found[PAIRS:-1], found[-1]


def _judge(field: Field, twins: Twins, *, refused: int = 0) -> None:
    result = AuctionQueries(field.client).get_result(twins.auction_id)
    assert result is not None
    assert list(find_repeats(twins.included)) == []
    in_vain = [tx for tx in twins.included if tx.code]
    assert len(in_vain) <= refused, f"fees for nothing: {in_vain}"
    balances = field.client.get_balances(twins.person.address)
    money = read_money(MONEY)
    wrong = find_wrong_money(twins.person, "sell", money, twins.included, result, balances)
    assert wrong == ""


@pytest.mark.timeout(400)
def test_two_processes_of_one_bidder_end_with_one_bid(field: Field) -> None:
    """All pairs are played at once: they wait for the same deadlines."""
    same, other, apart = _play(field)
    for each in same:
        _judge_the_same_bid(field, each)
    for each in other:
        _judge_two_bids(field, each)
    _judge_two_machines(field, apart)


def _judge_the_same_bid(field: Field, each: Twins) -> None:
    """It is sealed, committed and revealed once, whoever of the two did which."""
    first, second = each.ends
    assert first["committed_attempt"] == second["committed_attempt"] == 1
    assert first["allocation"] == second["allocation"] == "100"
    assert [tx.kind for tx in each.included] == ["commit", "reveal"]
    _judge(field, each)
    assert [opening.attempt for opening in _read_vault(each.person)] == [1]


def _judge_two_bids(field: Field, each: Twins) -> None:
    """The one sealed last stands; both runs tell so, and neither brings its own back."""
    first, second = each.ends
    assert first == second | {"block_time": first["block_time"]}
    assert first["committed_attempt"] == first["sealed_attempt"] == 2
    assert [run.has_step("overtaken") for run in each.runs].count(True) == 1
    _judge(field, each)
    commits = [tx.content for tx in each.included if tx.kind == "commit"]
    assert commits in ([2], [1, 2])
    newest = max(_read_vault(each.person), key=lambda opening: opening.attempt)
    [revealed] = [bytes.fromhex(tx.content) for tx in each.included if tx.kind == "reveal"]
    assert revealed == newest.bid_bytes


def _judge_two_machines(field: Field, each: Twins) -> None:
    """Neither knows the other's opening: the one whose commitment stands reveals it."""
    _judge(field, each, refused=1)
    accepted = [tx for tx in each.included if tx.code == 0]
    assert [tx.kind for tx in accepted].count("reveal") == 1
    [end] = each.ends
    commits = [tx.content for tx in accepted if tx.kind == "commit"]
    assert end["committed_attempt"] == commits[-1]
    assert len(commits) <= 2
    [loser] = [run for run in each.runs if run.status]
    assert f"attempt {commits[-1]}" in loser.text
    assert "help: " in loser.text
