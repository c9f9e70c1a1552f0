"""Opening what a command works with: network, key, node, vault; and closing it again."""

from __future__ import annotations

import contextlib
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from plurichain.cli import pending
from plurichain.cli.output import show_note
from plurichain.errors import ConfigError, PassphraseError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plurichain.bidding.account import Account, Bidder, Observer
    from plurichain.bidding.progress import Progress, Report
    from plurichain.chain.transactions.drafts import SendOptions
    from plurichain.cli.options import Connection, Signing
    from plurichain.config import Network
    from plurichain.keyring import Key, Keyring
    from plurichain.vault import Vault


logger = logging.getLogger(__name__)

#: Steps of a transaction that matter only when something goes wrong; -v logs them.
QUIET = frozenset({"tx_signed", "tx_broadcast", "tx_settled"})


def get_passphrase_provider(passphrase_file: str | None) -> Callable[[str], str]:
    """Return what asks for a passphrase: a file's first line, or the terminal."""
    if passphrase_file is None:
        return _prompt_passphrase
    return lambda _question: _read_passphrase(passphrase_file)


def _prompt_passphrase(question: str) -> str:
    if not sys.stdin.isatty():
        raise PassphraseError(
            f"{question} is needed and there is no terminal to ask on",
            remedy="name a file that holds it with --passphrase-file",
        )
    is_new = question.startswith("New")
    return str(click.prompt(question, hide_input=True, confirmation_prompt=is_new, err=True))


def _read_passphrase(path: str) -> str:
    try:
        with Path(path).open(encoding="utf-8") as file:
            passphrase = file.readline().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise PassphraseError(f"passphrase file {path}: {reason}") from None
    if not passphrase:
        raise PassphraseError(f"passphrase file {path}: its first line is empty")
    return passphrase


def open_keyring(network: Network, passphrase_file: str | None) -> Keyring:
    """Open the keyring of a network."""
    from plurichain.config import keyring_folder
    from plurichain.keyring import Keyring

    return Keyring.open(
        network.keyring,
        keyring_folder(),
        get_passphrase_provider(passphrase_file),
        prefix=network.prefix,
        is_localnet=network.is_localnet,
    )


def get_key(keyring: Keyring, name: str | None) -> Key:
    """Return the key of that name, or the only one. Raises ConfigError, KeyringError."""
    if name is not None:
        return keyring.get(name)
    names = [info.name for info in keyring.list()]
    if len(names) == 1:
        return keyring.get(names[0])
    if not names:
        raise ConfigError("there is no key yet", remedy="`plurichain keys add NAME` makes one")
    raise ConfigError(
        f"there are {len(names)} keys: {', '.join(names)}", remedy="choose one with --key NAME"
    )


@contextlib.contextmanager
def open_offline_vault(
    *, network: str | None, key: str | None, passphrase_file: str | None, chain_id: str
) -> Iterator[tuple[Key, Vault]]:
    """Open a key and the vault without any node."""
    from plurichain.config import get_network, make_home_folder
    from plurichain.vault import Vault

    chosen = get_network(network)
    if chosen.chain_id != chain_id:
        raise ConfigError(
            f"--chain-id is {chain_id}, but the network {chosen.name} is {chosen.chain_id}",
            remedy="choose that chain's network with --network",
        )
    opened = get_key(open_keyring(chosen, passphrase_file), key)
    with Vault.open(make_home_folder(), opened) as vault:
        for note in vault.notes:
            show_note(f"WARNING: {note}")
        yield opened, vault


@contextlib.contextmanager
def open_observer(connection: Connection, report: Report | None = None) -> Iterator[Observer]:
    """Connect to the network's node and check its chain id."""
    from plurichain.bidding import connecting
    from plurichain.config import get_network

    with connecting.open_observer(
        get_network(connection.network),
        report=report or show_progress,
        timeout_s=connection.timeout_s,
    ) as observer:
        yield observer


def get_send_options(network: Network, keyring: Keyring, signing: Signing) -> SendOptions:
    """Return how to send, from the command's options and what the network says.

    Raises InputError for an address that is none, KeyringError for a key that is not there.
    """
    from plurichain.chain.transactions.drafts import Ordering, SendOptions
    from plurichain.cli.options import Sending
    from plurichain.identifiers import Address

    if not isinstance(signing, Sending):
        return SendOptions()
    payer = None if signing.fee_payer is None else keyring.get(signing.fee_payer)
    granter = signing.fee_granter or network.fee_granter
    return SendOptions(
        max_fee=network.max_fee if signing.max_fee is None else signing.max_fee,
        ordering=Ordering.ORDERED if signing.is_ordered else Ordering.UNORDERED,
        cosigners=() if payer is None else (payer,),
        fee_payer=None if payer is None else payer.address,
        fee_granter=(
            Address.parse(granter, prefix=network.prefix, field="--fee-granter")
            if granter
            else None
        ),
    )


@contextlib.contextmanager
def open_account(signing: Signing, report: Report | None = None) -> Iterator[Account]:
    """Open the key, connect to the node, and make ready to send."""
    from plurichain.bidding import connecting
    from plurichain.config import get_network

    network = get_network(signing.network)
    keyring = open_keyring(network, signing.passphrase_file)
    key = get_key(keyring, signing.key)
    with connecting.open_account(
        network,
        key,
        report=report or show_progress,
        timeout_s=signing.timeout_s,
        options=get_send_options(network, keyring, signing),
    ) as account:
        yield account


@contextlib.contextmanager
def open_bidder(
    signing: Signing, report: Report | None = None, *, is_patient: bool = False
) -> Iterator[Bidder]:
    """Open an account together with the vault; ``is_patient`` waits for a node that is down."""
    from plurichain.bidding import connecting
    from plurichain.config import get_network

    network = get_network(signing.network)
    keyring = open_keyring(network, signing.passphrase_file)
    key = get_key(keyring, signing.key)
    with connecting.open_bidder(
        network,
        key,
        report=report or show_progress,
        timeout_s=signing.timeout_s,
        is_patient=is_patient,
        options=get_send_options(network, keyring, signing),
    ) as bidder:
        yield bidder


def show_progress(progress: Progress) -> None:
    """Show what a service says on stderr, and note what a Ctrl-C would leave pending."""
    note_progress(progress)
    if progress.is_warning:
        show_note(f"WARNING: {progress.text}")
    elif progress.name not in QUIET:
        show_note(progress.text)


def note_progress(progress: Progress) -> None:
    """Log a step, and follow which transactions are on their way."""
    tx_hash = progress.fields.get("tx_hash")
    logger.log(
        logging.WARNING if progress.is_warning else logging.INFO,
        "%s: %s",
        progress.name,
        progress.text,
        extra={"is_shown": True} | ({} if tx_hash is None else {"tx_hash": tx_hash}),
    )
    if progress.name == "tx_signed":
        pending.add(str(tx_hash))
    elif progress.name == "tx_settled":
        pending.remove(str(tx_hash))
