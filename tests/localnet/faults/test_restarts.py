"""The only node is killed and started again in every phase, while bidders' services run."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from plurichain.chain import ChainClient
from plurichain.chain.auctions.queries import AuctionQueries
from plurichain.errors import NodeError
from plurichain.harness import LocalChain
from tests.localnet.bidding.conftest import Person, create_auction, make_person, town
from tests.localnet.faults.conftest import list_heights, scale

__all__ = ["make_person", "town"]

PHASES = ("committing", "committed", "revealing", "clearing", "after")
BIDS = ((1000, 100),)  # each is a process, and windows go on while a node is down


class Service:
    """`bid auto` of one person, with what it says."""

    def __init__(self, person: Person, auction_id: int, bid: tuple[int, int]) -> None:
        command = ("bid", "auto", "--auction-id", str(auction_id), "--bid", person.write_bid(bid))
        self.person = person
        self.bid = bid
        self.steps: list[dict[str, Any]] = []
        self.process: subprocess.Popen[str] = person.start(
            *command, "--output", "ndjson", "--timeout", "1"
        )
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.steps.append(json.loads(line))

    def count(self, name: str) -> int:
        return [step.get("step") for step in self.steps].count(name)

    def finish(self) -> dict[str, Any]:
        assert self.process.wait(240) == 0, self.process.stderr and self.process.stderr.read()
        self._thread.join(30)
        return self.steps[-1]


def wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 240
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


@pytest.mark.parametrize(
    "phases",
    [PHASES, *(pytest.param((phase,), marks=pytest.mark.long) for phase in PHASES)],
    ids="+".join,
)
def test_the_node_dies_in_each_phase(
    phases: tuple[str, ...],
    town: Person,
    make_person: Callable[..., Person],
    localnet_chain: LocalChain,
    direct: ChainClient,
) -> None:
    (node,) = localnet_chain.nodes
    killed: list[str] = []

    def die(phase: str) -> None:
        if phase in phases:
            node.kill()
            node.start()
            killed.append(phase)

    # The node is away for two or three seconds of each, more than once.
    windows = {"commit_window": f'"{scale(16)}s"', "reveal_window": f'"{scale(14)}s"'}
    auction_id = create_auction(town, **windows)
    auction = AuctionQueries(direct).get_auction(auction_id)
    people = [make_person(f"steady-{number}") for number in range(len(BIDS))]
    before = [direct.get_balances(person.address) for person in people]
    services = [Service(person, auction_id, bid) for person, bid in zip(people, BIDS, strict=True)]

    def count_signed() -> int:
        return sum(each.count("tx_signed") for each in services)

    wait_until(lambda: count_signed() > 0, "a commit is signed")
    die("committing")
    wait_until(lambda: _count_commits(direct, auction_id) == len(people), "all have committed")
    die("committed")
    signed = count_signed()
    wait_until(lambda: count_signed() > signed, "a reveal is signed")
    die("revealing")
    wait_until(
        lambda: _get_time(direct) >= auction.reveal_deadline_ns - 400_000_000, "the reveals end"
    )
    die("clearing")
    wait_until(lambda: _get_time(direct) >= auction.reveal_deadline_ns, "the clearing")
    die("after")
    assert tuple(killed) == phases
    localnet_chain.wait_ready()

    ends = [service.finish() for service in services]
    checked = town.run("auction", "result", str(auction_id), "--check", "--output", "json")
    assert checked.status == 0, checked.err
    for service, end, had in zip(services, ends, before, strict=True):
        quantity, price = service.bid
        assert (end["phase"], end["revealed"], end["admissible"]) == ("cleared", True, True)
        assert end["allocation"] == str(quantity)
        assert int(end["payment"]) >= quantity * price
        has = direct.get_balances(service.person.address)
        # The deposit is back, the lot delivered, the payment there: to the unit.
        assert has["ueur"] == had["ueur"] + int(end["payment"])
        assert has["watthour"] == had["watthour"] - quantity
        _check_transactions(service.person, direct)


def _check_transactions(person: Person, direct: ChainClient) -> None:
    """One commit and one reveal took effect, each in one block, and nothing is open."""
    entries = person.run_json("tx", "list")
    accepted = [row for row in entries if row["status"] == "accepted"]
    assert sorted(row["purpose"] for row in accepted) == ["commit", "reveal"]
    assert all(row["final"] for row in entries)
    for row in accepted:
        first = max(row["height"] - 20, 1)
        assert list_heights(direct, row["tx_hash"], first) == [row["height"]]


def _count_commits(client: ChainClient, auction_id: int) -> int:
    try:
        return len(AuctionQueries(client).list_commitments(auction_id))
    except NodeError:
        return 0


def _get_time(client: ChainClient) -> int:
    try:
        return client.get_latest_header().time_ns
    except NodeError:
        return 0
