"""Before the auction: keys, homes and money for everybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plurichain.harness import open_faucet
from plurichain.scenarios.cast import (
    TOWN,
    Player,
    compute_bidder_funds,
    compute_town_funds,
    make_players,
    make_public_network,
)
from plurichain.scenarios.ledger import (
    AUCTIONS,
    FAUCET,
    POOL,
    Ledger,
    compute_module_address,
    take_ledger,
)
from plurichain.scenarios.tables import tabulate_bids
from plurichain.scenarios.wording import Wording
from plurichain.units import Coins, get_amount

if TYPE_CHECKING:
    from plurichain.config import Network
    from plurichain.identifiers import Address
    from plurichain.keyring import Key
    from plurichain.scenarios.example import Example
    from plurichain.scenarios.stage import Stage


@dataclass(frozen=True, slots=True)
class Prepared:
    """People with keys and money, and where all coins are before anything is auctioned."""

    example: Example
    public: Network
    town: Key
    players: tuple[Player, ...]
    holders: Mapping[str, Address]
    before: Ledger
    wording: Wording

    @property
    def names(self) -> dict[bytes, str]:
        """What people call the bidders, by raw address, in the example's order."""
        return {player.key.address.raw: player.name for player in self.players}

    @property
    def denoms(self) -> tuple[str, str]:
        """The two denoms of the auction."""
        return self.example.terms.lot_denom, self.example.terms.payment_denom


def prepare(stage: Stage, example: Example) -> Prepared:
    """Make ten keys in ten homes, pay everybody out of the faucet, and count all coins."""
    terms = example.terms
    wording = Wording(terms.lot_denom, terms.payment_denom)
    public = make_public_network(stage.network)
    stage.tell(tabulate_bids(example.bids, terms.side, wording))
    town = stage.make_key(TOWN)
    players = make_players(example, stage.folder / "bidders", stage.make_key, public)
    town_funds, bidder_funds = compute_town_funds(terms), compute_bidder_funds(terms)
    with open_faucet(stage.network) as faucet:
        gifts = {player.key.address: bidder_funds for player in players}
        outcome = faucet.fund({town.address: town_funds, **gifts})
        faucet_address = faucet.address
    stage.say(
        f"{len(players)} keys made and paid at block {outcome.height}: each bidder has "
        f"{_describe(bidder_funds, wording)}, the town {_describe(town_funds, wording)}"
    )
    prefix = public.prefix
    holders = {
        TOWN: town.address,
        **{player.name: player.key.address for player in players},
        AUCTIONS: compute_module_address("auction", prefix),
        POOL: compute_module_address("distribution", prefix),
        FAUCET: faucet_address,
    }
    denoms = (terms.lot_denom, terms.payment_denom)
    before = take_ledger(stage.client, holders, denoms)
    return Prepared(example, public, town, players, holders, before, wording)


def _describe(coins: Coins, wording: Wording) -> str:
    parts = []
    if lot := get_amount(coins, wording.lot_denom):
        parts.append(wording.format_lot(lot))
    if money := get_amount(coins, wording.payment_denom):
        parts.append(wording.format_money(money))
    return " and ".join(parts)
