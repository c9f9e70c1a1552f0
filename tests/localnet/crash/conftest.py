"""A chain, a town that holds auctions, a stable of bidders, and a recorded run."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from plurichain.chain.nodes.client import ChainClient
from plurichain.units import parse_coins
from tests.localnet.bidding.conftest import MONEY, Person, _make_person, change_terms
from tests.localnet.crash.points import Point
from tests.localnet.crash.stable import Run, Stable

if TYPE_CHECKING:
    from plurichain.config import Network
    from plurichain.harness import Faucet, LocalChain

TOWN_MONEY = "1000000000ueur,100000000watthour,1000000upluri"
GAS_PRICE = Fraction(1, 100)
"""Fees are real, so that one that is paid twice is seen in the balance."""


@dataclass(slots=True)
class Field:
    """Where bidders are played: one chain, one town, one stable."""

    network: Network
    client: ChainClient
    faucet: Faucet
    stable: Stable
    folder: Path
    town: Person
    people: int = 0

    def make_people(self, count: int, *, folder: Path | None = None) -> list[Person]:
        """Make bidders with a home, a key and the usual money each."""
        made = []
        for _ in range(count):
            self.people += 1
            name = f"b{self.people}"
            made.append(_make_person((folder or self.folder) / name / "home", name, self.network))
        if not made:
            return made
        self.faucet.fund({person.address: parse_coins(MONEY) for person in made})
        return made

    def create_auction(self, **changes: str) -> int:
        """Have the town create an auction, with exactly these windows."""
        path = self.town.write("terms.toml", change_terms(**changes))
        return int(self.town.run_json("auction", "create", path)["auction_id"])


@pytest.fixture(scope="session")
def field(
    localnet_chain: LocalChain, localnet_faucet: Faucet, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Field]:
    """Give the field of this session."""
    folder = tmp_path_factory.mktemp("crash")
    network = replace(localnet_chain.network(), gas_price=GAS_PRICE)
    town = _make_person(folder / "town" / "home", "town", network)
    localnet_faucet.fund({town.address: parse_coins(TOWN_MONEY)})
    before = os.environ.get("PLURICHAIN_HOME")
    with Stable() as stable, ChainClient(network) as client:
        yield Field(network, client, localnet_faucet, stable, folder, town)
    assert os.environ.get("PLURICHAIN_HOME") == before


@dataclass(frozen=True, slots=True)
class Recording:
    """The points of a run that nothing stopped, and how long it took to commit."""

    points: tuple[Point, ...]
    pace_s: float
    run: Run


@pytest.fixture(scope="session")
def recording(field: Field) -> Recording:
    """Record one bidder from `bid seal` to the settlement."""
    for window_s in (4, 15, 45):
        [person] = field.make_people(1)
        auction_id = field.create_auction(
            commit_window=f'"{window_s}s"', reveal_window=f'"{window_s}s"'
        )
        place = ["--auction-id", str(auction_id), "--bid", person.write_bid((100, 100))]
        began_s = time.monotonic()
        run = field.stable.start(
            person.name,
            person.home,
            [["bid", "seal", *place], ["bid", "auto", *place, "--output", "ndjson"]],
            {"do": "record"},
        )
        run.wait(lambda: run.has_step("waiting"), "commitment", timeout_s=120)  # noqa: B023
        pace_s = time.monotonic() - began_s
        if run.wait_for_end(timeout_s=120) == 0:
            return Recording(tuple(Point(*point) for point in run.points), pace_s, run)
    raise AssertionError(f"no bid came through in time: {run.text}")
