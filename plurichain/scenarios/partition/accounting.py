"""Where every Wh is, in the middle of the cut and after it, by the nodes of both grids.

The equations are those of design 3.4, in ``plurichain.ibc.conservation``; all terms are
read at one block of each grid. Whose each Wh is, is held against what was sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

from plurichain.chain.ibc.packet_messages import TRANSFER_PORT
from plurichain.errors import CheckFailed
from plurichain.ibc.conservation import ChannelBalance, OriginBalance
from plurichain.ibc.denom import escrow_address
from plurichain.ibc.packet_story import StoryClass
from plurichain.identifiers import Address
from plurichain.scenarios.grids.accounting import list_others, validate_no_others
from plurichain.scenarios.grids.travelling import compute_voucher
from plurichain.scenarios.partition.cast import AFTERNOON, OTHER

if TYPE_CHECKING:
    from plurichain.scenarios.grids.metering import Metered
    from plurichain.scenarios.grids.stage import GridStage
    from plurichain.scenarios.partition.truth import Moment, Truth

#: Parts of what was issued, in the order of tables.
PLACES: Final = (
    "held on grid A",
    "held on grid B",
    "retired on grid A",
    "retired on grid B",
    "on the way",
    "to be refunded",
)


@dataclass(frozen=True, slots=True)
class Account:
    """One credit on both grids, in Wh."""

    home: str
    denom: str
    origin: OriginBalance
    channel: ChannelBalance

    @property
    def places(self) -> tuple[int, ...]:
        """Where it is, in the order of PLACES."""
        here = self.origin.supply - self.channel.escrow
        there = self.channel.counterparty_supply
        held, retired = (here, there), (self.origin.retired, self.channel.counterparty_retired)
        if self.home == "b":
            held, retired = held[::-1], retired[::-1]
        travelling = self.channel.in_flight + self.channel.returning
        return (*held, *retired, travelling, self.channel.refunds_due)

    @property
    def holds(self) -> bool:
        """Whether both equations hold and nothing is anywhere else."""
        whole = sum(self.places) == self.origin.issued
        return whole and self.origin.holds and self.channel.holds


@dataclass(frozen=True, slots=True)
class Books:
    """All credits of both grids at one block of each."""

    moments: Mapping[str, Moment]
    accounts: tuple[Account, ...]
    others: tuple[str, ...] = ()
    """Energy under names that no account has: nobody issued it, or it came another way."""

    def sum_places(self, home: str | None = None) -> tuple[int, ...]:
        """Return the Wh in each place, of the credits of one grid or of both."""
        rows = [each.places for each in self.accounts if home in (None, each.home)]
        return tuple(map(sum, zip(*rows, strict=True)))

    def sum_issued(self, home: str | None = None) -> int:
        """Return the Wh that were issued."""
        return sum(each.origin.issued for each in self.accounts if home in (None, each.home))

    def sum_channel(self, home: str) -> ChannelBalance:
        """Return the terms of the equation across the link, over all credits of a grid."""
        rows = [each.channel for each in self.accounts if each.home == home]
        return ChannelBalance(
            *(sum(getattr(row, each.name) for row in rows) for each in fields(ChannelBalance))
        )

    @property
    def equation_count(self) -> int:
        """How many equations there are."""
        return 2 * len(self.accounts)


@dataclass(frozen=True, slots=True)
class _Pages:
    """What one grid says at its block."""

    supplies: Mapping[str, int]
    retired: Mapping[str, int]
    escrow: Mapping[str, int]


def take_books(stage: GridStage, metered: Mapping[str, Metered], truth: Truth) -> Books:
    """Count every credit at the blocks of ``truth``. Raises NodeError."""
    pages = {name: _read(stage, name, moment) for name, moment in truth.moments.items()}
    moving = _sum_moving(truth)
    accounts = []
    known: dict[str, set[str]] = {name: set() for name in pages}
    for home, day in metered.items():
        here, far = pages[home], pages[OTHER[home]]
        for denom, credit in day.credits.items():
            voucher = compute_voucher(stage, denom, (OTHER[home], home))
            known[home].add(denom)
            known[OTHER[home]].add(voucher)
            in_flight, returning, due = moving.get(denom, (0, 0, 0))
            origin = OriginBalance(
                credit.issued_wh, here.supplies.get(denom, 0), here.retired.get(denom, 0)
            )
            channel = ChannelBalance(
                escrow=here.escrow.get(denom, 0),
                counterparty_supply=far.supplies.get(voucher, 0),
                counterparty_retired=far.retired.get(voucher, 0),
                in_flight=in_flight,
                returning=returning,
                refunds_due=due,
            )
            accounts.append(Account(home, denom, origin, channel))
    others = tuple(
        text
        for name, page in pages.items()
        for text in list_others(stage.grids[name].title, known[name], page.supplies, page.retired)
    )
    return Books(truth.moments, tuple(accounts), others)


def _read(stage: GridStage, name: str, moment: Moment) -> _Pages:
    grid, end = stage.grids[name], stage.get_end(name, OTHER[name])
    raw = escrow_address(TRANSFER_PORT, end.channel_id)
    escrow = Address(raw, grid.network.prefix)
    return _Pages(
        grid.client.list_supplies(pin=moment.pin),
        {coin.denom: coin.amount for coin in grid.energy.list_retired_totals(pin=moment.pin)},
        grid.client.get_balances(escrow, pin=moment.pin),
    )


def _sum_moving(truth: Truth) -> dict[str, tuple[int, int, int]]:
    """Return what is in flight, returning and to be refunded of each credit, in Wh."""
    moving: dict[str, tuple[int, int, int]] = {}
    for sent, story in truth.classes.items():
        parcel = sent.parcel
        in_flight, returning, due = moving.get(parcel.base_denom, (0, 0, 0))
        if story is StoryClass.EXPIRED:
            due += parcel.coin.amount
        elif story is StoryClass.UNRECEIVED and parcel.is_returning:
            returning += parcel.coin.amount
        elif story is StoryClass.UNRECEIVED:
            in_flight += parcel.coin.amount
        moving[parcel.base_denom] = in_flight, returning, due
    return moving


def validate_books(books: Books) -> None:
    """Raise CheckFailed if a single equation does not hold, or there is any other energy."""
    validate_no_others(books.others)
    for account in books.accounts:
        if not account.holds:
            raise CheckFailed(
                f"{account.denom}: issued {account.origin.issued} Wh, found "
                f"{sum(account.places)} Wh: {account.origin}, {account.channel}",
                remedy="run it again with --keep and look at the chains",
            )


def validate_owners(stage: GridStage, metered: Mapping[str, Metered], truth: Truth) -> int:
    """Return how many credits in owners' hands are what was sent, received and refunded.

    Only of credits that no auction dealt with. Raises CheckFailed for the first that is not.
    """
    expected = _expect(stage, metered, truth)
    checked = 0
    for meter in (meter for day in metered.values() for meter in day.meters):
        for name, grid in stage.grids.items():
            held = grid.client.get_balances(meter.owner.address, pin=truth.moments[name].pin)
            for denom, amount in expected[name].get(meter.owner.name, {}).items():
                if held.get(denom, 0) != amount:
                    raise CheckFailed(
                        f"{meter.owner.name} holds {held.get(denom, 0)} Wh of {denom} on "
                        f"{grid.title}, and not {amount} Wh",
                    )
                checked += 1
    return checked


def _expect(
    stage: GridStage, metered: Mapping[str, Metered], truth: Truth
) -> dict[str, dict[str, dict[str, int]]]:
    """Return what must be held, by grid, owner and denom, of what the story's packets moved."""
    expected: dict[str, dict[str, dict[str, int]]] = {name: {} for name in stage.grids}
    for home, day in metered.items():
        for meter in day.meters:
            morning = [
                credit
                for credit in day.list_credits_of(meter)
                if credit.attributes.interval_start < AFTERNOON
            ]
            at_home = expected[home].setdefault(meter.owner.name, {})
            away = expected[OTHER[home]].setdefault(meter.owner.name, {})
            for credit in morning:
                voucher = compute_voucher(stage, credit.denom, (OTHER[home], home))
                at_home[credit.denom], away[voucher] = credit.issued_wh, 0
    for sent, story in truth.classes.items():
        parcel = sent.parcel
        if parcel.attributes.interval_start >= AFTERNOON or story is not StoryClass.ACKED:
            continue
        gone, come = expected[parcel.here], expected[parcel.there]
        name = parcel.owner.name
        arrived = (
            parcel.base_denom
            if parcel.is_returning
            else compute_voucher(stage, parcel.base_denom, (parcel.there, parcel.here))
        )
        gone[name][parcel.coin.denom] -= parcel.coin.amount
        come[name][arrived] += parcel.coin.amount
    return expected
