"""Which wallets are watched, as they are written on the command line."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import click
import pytest

from plurichain.cli.tracking.observing import find_wallets
from plurichain.config import Endpoint, Network
from plurichain.errors import KeyringError, PlurichainError
from plurichain.tracker.observing.watched import WatchedWallet
from tests.unit.cli.conftest import Run

ADDRESS = "pluri1gy3ws52ep9lssmjg5zl6rtjsv0adtr459qwcch"
TOWN = Network(
    name="town",
    chain_id="town-1",
    prefix="pluri",
    endpoints=(Endpoint("127.0.0.1:1", "http://127.0.0.1:2"),),
    fee_denom="upluri",
    gas_price=Fraction(0),
)


@pytest.mark.parametrize(
    ("written", "wallet"),
    [
        (f"town:{ADDRESS}", WatchedWallet(ADDRESS, ADDRESS, "upluri", None)),
        (f"town:{ADDRESS}=7ueur", WatchedWallet(ADDRESS, ADDRESS, "ueur", 7)),
        (f"town:{ADDRESS}={2**70}ibc/AB", WatchedWallet(ADDRESS, ADDRESS, "ibc/AB", 2**70)),
    ],
)
def test_an_address_and_the_least_that_it_should_hold(written: str, wallet: WatchedWallet) -> None:
    assert find_wallets([TOWN], [written]) == {"town-1": (wallet,)}


@pytest.mark.parametrize(
    "written",
    [ADDRESS, "town:", f"farm:{ADDRESS}", f"town:{ADDRESS}=", f"town:{ADDRESS}=1a,2b", "=5upluri"],
)
def test_what_names_no_wallet_is_refused(written: str) -> None:
    with pytest.raises((click.UsageError, PlurichainError), match="watch-wallet"):
        find_wallets([TOWN], [written])


def test_a_key_that_is_not_there_is_named() -> None:
    with pytest.raises(KeyringError, match="relayer"):
        find_wallets([TOWN], ["town:relayer"])


def test_only_localnets_have_wallets_of_their_own() -> None:
    assert find_wallets([TOWN], []) == {"town-1": ()}


def test_no_asking_and_a_wallet_to_ask_for_exclude_each_other(run: Callable[..., Run]) -> None:
    ended = run("ibc", "track", "town", "--no-observe", "--watch-wallet", f"town:{ADDRESS}")
    assert ended.status == 2
    assert "choose one" in ended.err
