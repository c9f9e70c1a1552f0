"""A client, a journal and funded keys on the session's chain."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from plurichain.chain import ChainClient, Journal, TxSender
from plurichain.config import Network
from plurichain.harness.chain import LocalChain
from plurichain.harness.faucet import Faucet
from plurichain.keyring import Key, derive_private_key, make_mnemonic
from plurichain.units import parse_coins

_numbers = itertools.count(1)


@pytest.fixture
def network(localnet_chain: LocalChain) -> Network:
    """Give the chain as a network on which gas costs something."""
    return replace(localnet_chain.network(), gas_price=Fraction("0.025"))


@pytest.fixture
def client(network: Network) -> Iterator[ChainClient]:
    with ChainClient(network) as opened:
        yield opened


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path / "journal.db") as opened:
        yield opened


@pytest.fixture
def make_key(localnet_faucet: Faucet) -> Callable[[str], Key]:
    """Give a maker of fresh keys that hold these coins."""

    def make(coins: str) -> Key:
        key = Key(f"key{next(_numbers)}", derive_private_key(make_mnemonic(12)))
        if coins:
            localnet_faucet.fund({key.address: parse_coins(coins)})
        return key

    return make


@pytest.fixture
def key(make_key: Callable[[str], Key]) -> Key:
    return make_key("1000000000upluri,1000000ueur")


@pytest.fixture
def sender(client: ChainClient, key: Key, journal: Journal) -> TxSender:
    return TxSender(client, key, journal)
