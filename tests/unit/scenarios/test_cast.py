from __future__ import annotations

import hashlib
import stat
from fractions import Fraction
from pathlib import Path

import pytest

from plurichain.auction.bid import Bid, Step
from plurichain.auction.money import compute_deposit, compute_reveal_escrow
from plurichain.auction.names import BidKind, BidSide, Side
from plurichain.config import Endpoint, Network
from plurichain.keyring import Key, Keyring
from plurichain.scenarios.cast import (
    SCRIPTS,
    compute_bidder_funds,
    compute_town_funds,
    make_players,
    make_public_network,
)
from plurichain.scenarios.example import load_example
from plurichain.units import add_coins, get_amount

NETWORK = Network(
    name="localnet",
    chain_id="demo-1",
    prefix="pluri",
    endpoints=(Endpoint("127.0.0.1:1", "http://127.0.0.1:2"),),
    fee_denom="upluri",
    gas_price=Fraction(0),
    keyring="test",
    is_localnet=True,
    faucet_mnemonic_file="/secret/faucet.mnemonic",
)


def make_key(name: str) -> Key:
    return Key(name, hashlib.sha256(name.encode()).digest())


def test_a_home_holds_its_own_key_and_bid_and_the_nodes_address(tmp_path: Path) -> None:
    example = load_example("town-tender")
    players = make_players(example, tmp_path, make_key, make_public_network(NETWORK))
    player = next(each for each in players if each.name == "wind-mill")
    files = [path for path in player.home.rglob("*") if path.is_file()]
    texts = {path.name: path.read_text(encoding="utf-8") for path in files}
    keyring = Keyring.open("test", player.home / "keys", is_localnet=True)

    assert [info.name for info in keyring.list()] == ["wind-mill"]
    assert keyring.get("wind-mill").address == player.key.address
    assert stat.S_IMODE(player.home.stat().st_mode) == 0o700
    assert texts["bid.csv"].count("\n") == 1 + len(player.bid.steps)
    everything = "\n".join(texts.values())
    assert "127.0.0.1:1" in everything
    assert "faucet" not in everything
    assert not [name for name in example.bids if name != "wind-mill" and name in everything]


@pytest.mark.parametrize("side", SCRIPTS)
def test_every_bidder_gets_the_same_and_enough_for_any_bid(side: Side) -> None:
    terms = load_example(SCRIPTS[side].example).terms
    funds = compute_bidder_funds(terms)
    deposit = compute_deposit(terms)
    bid_side = BidSide.BUY if side is Side.FORWARD else BidSide.SELL
    greatest = Bid(BidKind.SCHEDULE, bid_side, (Step(terms.quantity, terms.price_limit or 10**9),))
    needed = add_coins(deposit, compute_reveal_escrow(greatest, terms, deposit))

    for coin in needed:
        assert get_amount(funds, coin.denom) >= coin.amount


def test_the_town_gets_what_it_escrows() -> None:
    tender, sale = (load_example(name).terms for name in ("town-tender", "town-sale"))

    assert [str(coin) for coin in compute_town_funds(tender)] == ["50000000ueur"]
    assert [str(coin) for coin in compute_town_funds(sale)] == ["100000watthour"]
