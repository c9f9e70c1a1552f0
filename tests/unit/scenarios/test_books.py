"""The books of both stories, taken from chains that lose, double or rename a single Wh."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from plurichain.energy.names import RetirementPurpose
from plurichain.errors import CheckFailed
from plurichain.ibc.denom import escrow_address
from plurichain.ibc.packet_story import StoryClass
from plurichain.identifiers import Address
from plurichain.scenarios.grids import accounting as grid_books
from plurichain.scenarios.grids.metering import validate_issued
from plurichain.scenarios.grids.travelling import compute_voucher
from plurichain.scenarios.partition import accounting as partition_books
from plurichain.scenarios.partition.truth import Moment, Truth
from plurichain.units import Coin

ONE = "wh.20240917T1200." + "a" * 64
TWO = "wh.20240917T1215." + "b" * 64
NOBODYS = "wh.20240917T1230." + "c" * 64
CHANNELS = {("a", "b"): "channel-0", ("b", "a"): "channel-0", ("b", "c"): "channel-1",
            ("c", "b"): "channel-0"}  # fmt: skip
ODD_WAY = (("b", "a"), ("a", "b"), ("b", "a"))


@dataclass
class Pages:
    """What one chain says; stands for its clients."""

    supplies: dict[str, int] = field(default_factory=dict)
    retired: dict[str, int] = field(default_factory=dict)
    escrows: dict[str, dict[str, int]] = field(default_factory=dict)
    charged: dict[str, int] = field(default_factory=dict)

    def list_supplies(self, *, pin: object = None) -> dict[str, int]:
        return {"upluri": 10**9, **self.supplies}

    def list_retired_totals(self, *, pin: object = None) -> list[Coin]:
        return [Coin(denom, amount) for denom, amount in self.retired.items()]

    def list_retirements(self) -> list[Any]:
        return [
            SimpleNamespace(purpose=RetirementPurpose.STORAGE, coin=Coin(denom, amount))
            for denom, amount in self.charged.items()
        ]

    def get_balances(self, address: Address, *, pin: object = None) -> dict[str, int]:
        found = [held for channel, held in self.escrows.items()
                 if escrow_address("transfer", channel) == address.raw]  # fmt: skip
        return found[0] if found else {}


class World:
    """Chains in a line as a stage, and what was issued on A."""

    def __init__(self, names: str) -> None:
        self.pages = {name: Pages() for name in names}
        self.grids = {
            name: SimpleNamespace(
                title=f"grid {name.upper()}", chain_id=f"grid-{name}-1", client=pages,
                energy=pages, network=SimpleNamespace(prefix="pluri"),
            )
            for name, pages in self.pages.items()
        }  # fmt: skip
        self.stage: Any = SimpleNamespace(grids=self.grids, get_end=self.get_end)

    def get_end(self, here: str, there: str) -> Any:
        return SimpleNamespace(port="transfer", channel_id=CHANNELS[here, there])

    def name(self, denom: str, *way: tuple[str, str]) -> str:
        return compute_voucher(self.stage, denom, *way)


def make_credit(denom: str, issued: int, device: str = "pv") -> Any:
    attributes = SimpleNamespace(technology="solar_pv", device_id=device)
    return SimpleNamespace(denom=denom, issued_wh=issued, attributes=attributes)


def make_metered(*issued: Any, signed_wh: int, is_storage: bool = False) -> Any:
    meter = SimpleNamespace(name="pv", energy_wh=signed_wh, is_storage=is_storage)
    return SimpleNamespace(
        meters=(meter,), credits={credit.denom: credit for credit in issued},
        list_credits_of=lambda _meter: [c for c in issued if c.attributes.device_id == "pv"],
    )  # fmt: skip


def make_three_grids() -> tuple[World, Any]:
    """100 Wh: 40 went to B, 15 of them on to C; some of it is retired everywhere."""
    world = World("abc")
    at_b, at_c = world.name(ONE, ("b", "a")), world.name(ONE, ("c", "b"), ("b", "a"))
    world.pages["a"] = fill(world, "a", {ONE: 93, TWO: 10}, {ONE: 7}, {"channel-0": {ONE: 40}})
    world.pages["a"].charged[ONE] = 5
    fill(world, "b", {at_b: 38}, {at_b: 2}, {"channel-1": {at_b: 15}})
    fill(world, "c", {at_c: 14}, {at_c: 1}, {})
    return world, make_metered(make_credit(ONE, 100), make_credit(TWO, 10), signed_wh=110)


def make_two_grids() -> tuple[World, Any]:
    """100 Wh of A: 40 in escrow for 25 at B, 5 retired there, 4 under way, 6 to be refunded."""
    world = World("ab")
    at_b = world.name(ONE, ("b", "a"))
    fill(world, "a", {ONE: 97}, {ONE: 3}, {"channel-0": {ONE: 40}})
    fill(world, "b", {at_b: 25, TWO: 10}, {at_b: 5}, {})
    return world, {
        "a": make_metered(make_credit(ONE, 100), signed_wh=100),
        "b": make_metered(make_credit(TWO, 10), signed_wh=10),
    }


def fill(
    world: World, name: str, supplies: dict[str, int], retired: dict[str, int],
    escrows: dict[str, dict[str, int]],
) -> Pages:  # fmt: skip
    pages = world.pages[name]
    pages.supplies, pages.retired, pages.escrows = supplies, retired, escrows
    return pages


@dataclass(frozen=True, eq=False)
class Packet:
    """Stands for what was sent: each is one of its own."""

    parcel: Any


def make_truth() -> Truth:
    def send(amount: int, *, is_returning: bool = False) -> Any:
        coin = Coin(ONE, amount)
        return SimpleNamespace(base_denom=ONE, coin=coin, is_returning=is_returning)

    classes: dict[Any, StoryClass] = {
        Packet(send(3)): StoryClass.UNRECEIVED,
        Packet(send(1, is_returning=True)): StoryClass.UNRECEIVED,
        Packet(send(6)): StoryClass.EXPIRED,
        Packet(send(25)): StoryClass.ACKED,
    }
    return Truth({name: Moment(9, 9) for name in "ab"}, classes)


def check_three(world: World, metered: Any) -> None:
    grid_books.validate_books(grid_books.take_books(world.stage, metered))


def check_two(world: World, metered: Any) -> None:
    books = partition_books.take_books(world.stage, metered, make_truth())
    partition_books.validate_books(books)


Story = tuple[Callable[[], tuple[World, Any]], Callable[[World, Any], None]]
STORIES: dict[str, Story] = {
    "grids": (make_three_grids, check_three),
    "partition": (make_two_grids, check_two),
}


@pytest.mark.parametrize("story", STORIES)
def test_books_of_sound_chains_hold(story: str) -> None:
    make, check = STORIES[story]

    check(*make())


def list_terms(world: World) -> list[tuple[dict[str, int], str]]:
    """Return every number that the chains say of energy, as (page, denom)."""
    pages = [
        page
        for each in world.pages.values()
        for page in (each.supplies, each.retired, *each.escrows.values())
    ]
    return [(page, denom) for page in pages for denom in sorted(page)]


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("change", [-1, 1])
def test_a_single_wh_more_or_less_anywhere_is_found(story: str, change: int) -> None:
    make, check = STORIES[story]
    count = len(list_terms(make()[0]))
    assert count >= 6
    for number in range(count):
        world, metered = make()
        page, denom = list_terms(world)[number]
        page[denom] += change
        with pytest.raises(CheckFailed, match="issued"):
            check(world, metered)


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("page", ["supplies", "retired"])
@pytest.mark.parametrize("grid", ["a", "b"])
@pytest.mark.parametrize("way", [None, ODD_WAY])
def test_energy_under_a_name_of_its_own_is_found(
    story: str, page: str, grid: str, way: tuple[tuple[str, str], ...] | None
) -> None:
    """A credit that nobody issued, a voucher over a way that nothing went."""
    make, check = STORIES[story]
    world, metered = make()
    denom = NOBODYS if way is None else world.name(ONE, *way)
    getattr(world.pages[grid], page)[denom] = 1

    with pytest.raises(CheckFailed, match=f"not issued.*1 of {denom} on grid {grid.upper()}"):
        check(world, metered)


@pytest.mark.parametrize("story", STORIES)
def test_a_credit_that_a_list_leaves_out_is_found(story: str) -> None:
    """Else all of it would be missing, and every sum right."""
    make, check = STORIES[story]
    world, metered = make()
    del (metered["b"] if story == "partition" else metered).credits[TWO]

    with pytest.raises(CheckFailed, match=f"10 of {TWO}"):
        check(world, metered)


@pytest.mark.parametrize(
    ("signed_wh", "is_storage", "is_right"),
    [(100, False, True), (101, False, False), (99, False, False),
     (100, True, True), (101, True, True), (99, True, False)],
)  # fmt: skip
def test_what_is_issued_is_what_meters_signed(
    signed_wh: int, is_storage: bool, is_right: bool
) -> None:
    """Of a battery no more: what it gives back has to have been charged."""
    metered = make_metered(
        make_credit(ONE, 60), make_credit(TWO, 40), signed_wh=signed_wh, is_storage=is_storage
    )
    if is_right:
        validate_issued(metered)
        return
    with pytest.raises(CheckFailed, match=f"pv signed {signed_wh} Wh, issued are 100 Wh"):
        validate_issued(metered)


def test_a_credit_of_no_meter_is_found() -> None:
    strange = make_credit(TWO, 1, device="ghost")

    with pytest.raises(CheckFailed, match="ghost"):
        validate_issued(make_metered(make_credit(ONE, 9), strange, signed_wh=9))
