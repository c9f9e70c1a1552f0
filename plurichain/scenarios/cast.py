"""Who plays: the town and ten bidders with keys and money, and two to whom something happens."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from plurichain.auction.money import compute_creator_escrow, compute_deposit
from plurichain.auction.names import Side
from plurichain.config import Config, Endpoint, Network
from plurichain.config.config_toml import format_config
from plurichain.keyring import Key, Keyring
from plurichain.scenarios.example import format_bid_csv
from plurichain.storage import make_private_folder, write_atomic
from plurichain.units import Coins, add_coins, make_coins

if TYPE_CHECKING:
    from collections.abc import Callable

    from plurichain.auction.bid import Bid
    from plurichain.auction.terms import Terms
    from plurichain.scenarios.example import Example

TOWN = "town"
NETWORK = "town-chain"
BID_FILE = "bid.csv"


@dataclass(frozen=True, slots=True)
class Script:
    """Which example is played, who forgets to reveal, whose process is killed."""

    example: str
    forgetful: str
    interrupted: str


SCRIPTS = {
    Side.REVERSE: Script("town-tender", forgetful="battery-clinic", interrupted="wind-mill"),
    Side.FORWARD: Script("town-sale", forgetful="sawmill", interrupted="bakery"),
}


@dataclass(frozen=True, slots=True)
class Player:
    """A bidder: ``home`` is its PLURICHAIN_HOME, where nobody else looks."""

    name: str
    key: Key
    bid: Bid
    home: Path


def make_players(
    example: Example, folder: Path, make_key: Callable[[str], Key], network: Network
) -> tuple[Player, ...]:
    """Give every bidder of the example a key and a home of its own."""
    players = []
    for name, bid in example.bids.items():
        player = Player(name, make_key(name), bid, folder / name)
        write_home(player.home, network)
        keyring = Keyring.open(
            network.keyring, player.home / "keys", prefix=network.prefix, is_localnet=True
        )
        keyring.import_private_key(name, player.key.export_private_key())
        write_atomic(player.home / BID_FILE, format_bid_csv(name, bid))
        players.append(player)
    return tuple(players)


def write_home(home: Path, network: Network) -> None:
    """Make a PLURICHAIN_HOME that knows the node's address and nothing else."""
    make_private_folder(home)
    config = Config(default_network=network.name, networks={network.name: network})
    write_atomic(home / "config.toml", format_config(config))


def make_public_network(network: Network) -> Network:
    """Return what a bidder may know of the chain: its node, not its faucet."""
    return Network(
        name=NETWORK,
        chain_id=network.chain_id,
        prefix=network.prefix,
        endpoints=tuple(Endpoint(each.grpc, each.rpc) for each in network.endpoints),
        fee_denom=network.fee_denom,
        gas_price=network.gas_price,
        keyring="test",
        is_localnet=True,
    )


def compute_bidder_funds(terms: Terms) -> Coins:
    """Return what every bidder begins with: the deposit, and enough for any bid.

    The same for all, since a balance made for a bid would tell about the bid.
    """
    if terms.side is Side.FORWARD:
        most = make_coins([(terms.payment_denom, terms.quantity * (terms.price_limit or 0))])
    else:
        most = make_coins([(terms.lot_denom, terms.quantity)])
    return add_coins(compute_deposit(terms), most)


def compute_town_funds(terms: Terms) -> Coins:
    """Return what the town begins with: its whole side, which it escrows at once."""
    return compute_creator_escrow(terms)
