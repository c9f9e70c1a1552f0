"""Where every Wh is at the end: counted on all chains, and held against the equations.

The equations are those of design 3.4, in ``plurichain.ibc.conservation``. Nothing moves any
more when this is read: the relayer has settled every packet.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from plurichain.chain.ibc.packet_messages import TRANSFER_PORT
from plurichain.energy.denom import is_credit_denom
from plurichain.energy.names import RetirementPurpose
from plurichain.errors import CheckFailed
from plurichain.ibc.conservation import ChannelBalance, OriginBalance
from plurichain.ibc.denom import escrow_address
from plurichain.identifiers import Address
from plurichain.scenarios.grids.travelling import compute_voucher
from plurichain.scenarios.scenes import Shown
from plurichain.units import format_wh

if TYPE_CHECKING:
    from plurichain.scenarios.grids.metering import Metered
    from plurichain.scenarios.grids.stage import GridStage

PLACES: Final = (
    "held on grid A",
    "held on grid B",
    "held on grid C",
    "charged on grid A",
    "retired on grid A",
    "retired on grid B",
    "retired on grid C",
)
#: The routes that a credit of A can have come over to each grid, the newest hop first.
ROUTES: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "a": (),
    "b": (("b", "a"),),
    "c": (("c", "b"), ("b", "a")),
}


@dataclass(frozen=True, slots=True)
class Account:
    """One credit on all chains, in Wh; ``places`` in the order of PLACES."""

    technology: str
    issued: int
    places: tuple[int, ...]
    equations: tuple[OriginBalance | ChannelBalance, ...]

    @property
    def holds(self) -> bool:
        """Whether all equations hold and nothing is anywhere else."""
        return sum(self.places) == self.issued and all(each.holds for each in self.equations)


@dataclass(frozen=True, slots=True)
class Books:
    """All credits: metered, issued, and where they are.

    ``others`` is energy under names that no account has: nobody issued it, or it came another
    way.
    """

    metered_wh: int
    accounts: Mapping[str, Account]
    others: tuple[str, ...] = ()

    def sum_places(self, technology: str | None = None) -> tuple[int, ...]:
        """Return the Wh in each place, of one technology or of all."""
        rows = [
            account.places
            for account in self.accounts.values()
            if technology in (None, account.technology)
        ]
        return tuple(map(sum, zip(*rows, strict=True))) if rows else (0,) * len(PLACES)

    @property
    def technologies(self) -> tuple[str, ...]:
        """The technologies, in their order."""
        return tuple(sorted({account.technology for account in self.accounts.values()}))

    @property
    def issued_wh(self) -> int:
        """All that was issued."""
        return sum(account.issued for account in self.accounts.values())


def take_books(stage: GridStage, metered: Metered) -> Books:
    """Count every credit on every chain. Raises NodeError."""
    supplies = {name: grid.client.list_supplies() for name, grid in stage.grids.items()}
    retired = {
        name: {coin.denom: coin.amount for coin in grid.energy.list_retired_totals()}
        for name, grid in stage.grids.items()
    }
    # What went into batteries was burned too, and comes back as credits of its own.
    charged: dict[str, int] = {}
    for act in stage.grids["a"].energy.list_retirements():
        if act.purpose is RetirementPurpose.STORAGE:
            charged[act.coin.denom] = charged.get(act.coin.denom, 0) + act.coin.amount
    escrows = {here: _read_escrow(stage, here, there) for here, there in (("a", "b"), ("b", "c"))}
    accounts = {}
    known: dict[str, set[str]] = {name: set() for name in ROUTES}
    for denom, credit in metered.credits.items():
        names = {
            name: compute_voucher(stage, denom, *route) if route else denom
            for name, route in ROUTES.items()
        }
        for name, text in names.items():
            known[name].add(text)
        supply = {name: supplies[name].get(text, 0) for name, text in names.items()}
        gone = {name: retired[name].get(text, 0) for name, text in names.items()}
        escrow = {here: found.get(names[here], 0) for here, found in escrows.items()}
        # A escrows for B: what B has of it, C's part included, which B has in escrow itself.
        equations = (
            OriginBalance(credit.issued_wh, supply["a"], gone["a"]),
            ChannelBalance(escrow["a"], supply["b"], gone["b"]),
            ChannelBalance(escrow["b"], supply["c"], gone["c"]),
        )
        places = (
            supply["a"] - escrow["a"],
            supply["b"] - escrow["b"],
            supply["c"],
            charged.get(denom, 0),
            gone["a"] - charged.get(denom, 0),
            gone["b"],
            gone["c"],
        )
        accounts[denom] = Account(credit.attributes.technology, credit.issued_wh, places, equations)
    metered_wh = sum(meter.energy_wh for meter in metered.meters)
    others = tuple(
        text
        for name, grid in stage.grids.items()
        for text in list_others(grid.title, known[name], supplies[name], retired[name])
    )
    return Books(metered_wh, accounts, others)


def list_others(title: str, known: Collection[str], *pages: Mapping[str, int]) -> list[str]:
    """Return credits and vouchers on a grid, held or retired, that are not ``known``, as text."""
    return [
        f"{amount} of {denom} on {title}"
        for page in pages
        for denom, amount in sorted(page.items())
        if amount and denom not in known and (is_credit_denom(denom) or denom.startswith("ibc/"))
    ]


def _read_escrow(stage: GridStage, here: str, there: str) -> dict[str, int]:
    grid, end = stage.grids[here], stage.get_end(here, there)
    raw = escrow_address(TRANSFER_PORT, end.channel_id)
    return grid.client.get_balances(Address(raw, grid.network.prefix))


def validate_books(books: Books) -> int:
    """Return how many equations hold; raise CheckFailed if a single one does not."""
    for denom, account in books.accounts.items():
        if not account.holds:
            raise CheckFailed(
                f"{denom}: issued {account.issued} Wh, found {sum(account.places)} Wh: "
                f"{account.equations}",
                remedy="run it again with --keep and look at the chains",
            )
    validate_no_others(books.others)
    if books.issued_wh > books.metered_wh:
        raise CheckFailed(
            f"{books.issued_wh} Wh are issued, only {books.metered_wh} Wh were metered"
        )
    return sum(len(account.equations) for account in books.accounts.values())


def validate_no_others(others: Collection[str]) -> None:
    """Raise CheckFailed if there is energy that no account of the books is about."""
    if others:
        raise CheckFailed(
            f"energy that was not issued, or came another way: {'; '.join(others)}",
            remedy="run it again with --keep and look at the chains",
        )


def tabulate_books(books: Books) -> Shown:
    """Where the energy is, by technology."""
    technologies = books.technologies
    columns = ("place", *technologies, "Wh", "together")
    parts = {technology: books.sum_places(technology) for technology in technologies}
    whole = books.sum_places()
    rows = [
        (place, *(str(parts[name][index]) for name in technologies), str(whole[index]),
         format_wh(whole[index]))
        for index, place in enumerate(PLACES)
    ]  # fmt: skip
    rows.append(
        ("issued", *(str(sum(parts[name])) for name in technologies), str(books.issued_wh),
         format_wh(books.issued_wh))
    )  # fmt: skip
    return Shown("Where every Wh is", columns, tuple(rows), frozenset(columns[1:]),
                 last_is_total=True)  # fmt: skip
