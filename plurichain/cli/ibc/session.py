"""Opening the chains that a command of `plurichain ibc` works on, and closing them again."""

from __future__ import annotations

import contextlib
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from plurichain.cli.options import timeout_option
from plurichain.cli.session import get_key, open_keyring, show_progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from plurichain.chain.nodes.client import ChainClient
    from plurichain.chain.reporting import Report
    from plurichain.config import Network
    from plurichain.keyring import Key
    from plurichain.relayer.chain_end import RelayChain

F = TypeVar("F", bound="Callable[..., Any]")


@dataclass(frozen=True, slots=True)
class RelaySigning:
    """Which key pays on every chain, and how long one call to a node may take."""

    key: str | None
    passphrase_file: str | None
    timeout_s: float


def relay_signing_options(function: F) -> Any:
    """Add the key that pays and the time-out; the command receives ``signing``."""

    @click.option(
        "--key",
        metavar="NAME",
        envvar="PLURICHAIN_KEY",
        help="Key that pays on every chain (default: on a localnet its relayer's, else the "
        "only key there is).",
    )
    @click.option(
        "--passphrase-file",
        metavar="FILE",
        envvar="PLURICHAIN_PASSPHRASE_FILE",
        type=click.Path(dir_okay=False),
        help="File whose first line is the keyring's passphrase (default: ask).",
    )
    @timeout_option
    @functools.wraps(function)
    def command(
        *, key: str | None, passphrase_file: str | None, timeout: float, **rest: Any
    ) -> Any:
        return function(signing=RelaySigning(key, passphrase_file, timeout), **rest)

    return command


def choose_relay_key(network: Network, signing: RelaySigning) -> Key:
    """Return the key that pays on a chain. Raises ConfigError, KeyringError."""
    from plurichain.harness.links import find_relayer_key

    if signing.key is None and (found := find_relayer_key(network)) is not None:
        return found
    return get_key(open_keyring(network, signing.passphrase_file), signing.key)


@contextlib.contextmanager
def open_relay_chains(
    names: Sequence[str], signing: RelaySigning, report: Report | None = None
) -> Iterator[list[RelayChain]]:
    """Open networks by their names, each with the key that pays there."""
    from plurichain.config import get_network
    from plurichain.relayer.connecting import open_relay_chain

    networks = [get_network(name) for name in names]
    keys = [choose_relay_key(network, signing) for network in networks]
    with contextlib.ExitStack() as stack:
        yield [
            stack.enter_context(
                open_relay_chain(
                    network, key, report=report or show_progress, timeout_s=signing.timeout_s
                )
            )
            for network, key in zip(networks, keys, strict=True)
        ]


@contextlib.contextmanager
def open_client(network: str | None, timeout_s: float) -> Iterator[ChainClient]:
    """Connect to a network for reading, and check its chain id."""
    from plurichain.chain.nodes.client import ChainClient
    from plurichain.cli.output import show_note
    from plurichain.config import ChainMemory, get_network

    with ChainClient(
        get_network(network),
        timeout_s=timeout_s,
        memory=ChainMemory.open(),
        on_switch=show_note,
    ) as client:
        client.check()
        yield client
