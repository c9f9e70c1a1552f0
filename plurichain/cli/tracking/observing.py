"""What `plurichain ibc track` asks of chains beside their blocks, and how it is told to."""

from __future__ import annotations

import contextlib
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from plurichain.cli.output import show_note

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plurichain.config import Network
    from plurichain.tracker.observing.contacts import ContactBook
    from plurichain.tracker.observing.watched import WatchedWallet
    from plurichain.tracker.store import PacketStore


@dataclass(frozen=True, slots=True)
class Observing:
    """Whether chains are observed, and the wallets to watch, as they were written."""

    is_on: bool
    wallets: tuple[str, ...]


def observing_options(function: Any) -> Any:
    """Add what is asked beside blocks; the command receives ``observing``."""

    @click.option(
        "--no-observe",
        "is_off",
        is_flag=True,
        help="Read blocks alone: ask for no heads, channels, clients, commitments or wallets.",
    )
    @click.option(
        "--watch-wallet",
        "wallets",
        multiple=True,
        metavar="NETWORK:ACCOUNT[=AMOUNT]",
        help="Watch what an address or a key holds, and that it is not below an amount such as "
        "1000000upluri (may be repeated; default: the relayers of localnets).",
    )
    @functools.wraps(function)
    def command(*, is_off: bool, wallets: tuple[str, ...], **rest: Any) -> Any:
        if is_off and wallets:
            raise click.UsageError("--watch-wallet asks, --no-observe does not: choose one")
        return function(observing=Observing(not is_off, wallets), **rest)

    return command


def find_wallets(
    networks: Sequence[Network], written: Sequence[str]
) -> dict[str, tuple[WatchedWallet, ...]]:
    """Return the wallets to watch by chain id.

    Without any written down they are the relayer's accounts of localnets. Raises UsageError
    for text that names none, KeyringError for a key that is not there.
    """
    found: dict[str, list[WatchedWallet]] = {each.chain_id: [] for each in networks}
    by_name = {each.name: each for each in networks}
    for text in written:
        name, colon, rest = text.partition(":")
        account, equals, least = rest.partition("=")
        if not colon or not account or name not in by_name or (equals and not least):
            known = ", ".join(by_name)
            raise click.UsageError(
                f"--watch-wallet: {text!r} is not NETWORK:ACCOUNT[=AMOUNT] of one of {known}"
            )
        network = by_name[name]
        found[network.chain_id].append(_make_wallet(network, account, least))
    if not written:
        for network in networks:
            found[network.chain_id] += _find_relayer(network)
    return {chain_id: tuple(wallets) for chain_id, wallets in found.items()}


def _make_wallet(network: Network, account: str, least: str) -> WatchedWallet:
    from plurichain.tracker.observing.watched import WatchedWallet
    from plurichain.units import parse_coins

    denom, amount = network.fee_denom, None
    if least:
        coins = parse_coins(least, field="--watch-wallet")
        if len(coins) != 1:
            raise click.UsageError(f"--watch-wallet: {least!r} is not one amount")
        denom, amount = coins[0].denom, coins[0].amount
    name, address = _find_account(network, account)
    return WatchedWallet(name, address, denom, amount)


def _find_account(network: Network, account: str) -> tuple[str, str]:
    """Return name and address of an account that is written as either."""
    from plurichain.identifiers import Address

    if account.startswith(f"{network.prefix}1"):
        return account, str(Address.parse(account, prefix=network.prefix))
    from plurichain.cli.session import open_keyring

    info = open_keyring(network, None).get_info(account)
    return info.name, str(info.address)


def _find_relayer(network: Network) -> list[WatchedWallet]:
    from plurichain.harness.links import find_relayer_key
    from plurichain.tracker.observing.watched import WatchedWallet

    key = find_relayer_key(network)
    if key is None:
        return []
    return [WatchedWallet(key.name, str(key.address), network.fee_denom)]


@contextlib.contextmanager
def observed(
    networks: Sequence[Network], store: PacketStore, observing: Observing, timeout_s: float
) -> Iterator[ContactBook]:
    """Observe networks while the block runs, if that is wanted; gives their contacts.

    With connections of its own, so that no question holds up the reading of blocks.
    """
    from plurichain.chain.nodes.client import ChainClient
    from plurichain.config import ChainMemory
    from plurichain.tracker.observations import Observations
    from plurichain.tracker.observing.contacts import ContactBook
    from plurichain.tracker.observing.observer import Observer
    from plurichain.tracker.observing.watched import WatchedChain

    contacts = ContactBook(
        Observations(store), {network.chain_id: network.name for network in networks}
    )
    if not observing.is_on:
        yield contacts
        return
    wallets = find_wallets(networks, observing.wallets)
    memory = ChainMemory.open()
    with contextlib.ExitStack() as stack:
        chains = [
            WatchedChain(
                stack.enter_context(ChainClient(network, timeout_s=timeout_s, memory=memory)),
                store,
                show_note,
                wallets[network.chain_id],
            )
            for network in networks
        ]
        stack.enter_context(Observer(chains, contacts))
        yield contacts
