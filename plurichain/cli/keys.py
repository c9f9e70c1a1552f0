"""`plurichain keys`: keys at rest. A secret is read from a prompt or a file, never from argv."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from plurichain.cli.commands import Group, LazyCommand
from plurichain.cli.options import (
    Connection,
    KeyChoice,
    connection_options,
    keyring_options,
    output_option,
)
from plurichain.cli.output import show_note, show_record, show_rows
from plurichain.cli.secrets import writing_secret
from plurichain.errors import InputError, UsageError

if TYPE_CHECKING:
    from plurichain.keyring import Keyring
    from plurichain.keyring.key_info import KeyInfo

NO_KEYS = "no key yet: `plurichain keys add NAME` makes one"

type_option = click.option(
    "--type",
    "key_type",
    type=click.Choice(["secp256k1", "ed25519"]),
    default="secp256k1",
    show_default=True,
    help="Kind of key; ed25519 signs for a device and has no account.",
)

path_option = click.option(
    "--path",
    metavar="PATH",
    default="m/44'/118'/0'/0/0",
    show_default=True,
    help="BIP-32 path of the key that the mnemonic gives.",
)

prefix_option = click.option(
    "--prefix",
    metavar="TEXT",
    help="Show the address of another chain (default: the network's prefix).",
)


@click.group(
    "keys",
    cls=Group,
    lazy={
        "import": LazyCommand(
            "plurichain.cli.keys_exchange",
            "import_key",
            "Keep the key of a mnemonic (or of an exported private key) as NAME.",
        ),
        "export": LazyCommand(
            "plurichain.cli.keys_exchange",
            "export",
            "Write the private key of NAME in hex. Whoever has it owns the account.",
        ),
    },
    example="plurichain keys add town\nplurichain keys list",
)
def group() -> None:
    """Make, import and fund keys."""


@group.command(
    "add",
    example="plurichain keys add town --mnemonic-file town.words\n"
    "plurichain keys add roof-meter --type ed25519",
)
@click.argument("name")
@click.option(
    "--words",
    type=click.Choice(["12", "24"]),
    default="24",
    show_default=True,
    help="Length of the mnemonic.",
)
@click.option(
    "--mnemonic-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the mnemonic to this new file (mode 0600) instead of the terminal.",
)
@type_option
@path_option
@prefix_option
@keyring_options
@output_option()
def add(
    name: str,
    words: str,
    mnemonic_file: Path | None,
    key_type: str,
    path: str,
    prefix: str | None,
    choice: KeyChoice,
    output: str,
) -> None:
    """Make the key NAME; its mnemonic is shown once and kept nowhere."""
    from plurichain.keyring import make_mnemonic

    keyring = open_chosen(choice, prefix)
    if key_type == "ed25519":
        if mnemonic_file is not None:
            raise click.UsageError("an ed25519 key has no mnemonic; `keys export` backs it up")
        device_key = keyring.create_device_key(name)
        show_record(make_device_record(name, device_key.public_key), output)
        show_note(f"`plurichain keys export {name} --file FILE` writes its only backup")
        return
    mnemonic = make_mnemonic(int(words))
    if mnemonic_file is not None:
        # On disk first: a key without its words could not be restored.
        with writing_secret(mnemonic_file, f"{mnemonic}\n"):
            key = keyring.import_mnemonic(name, mnemonic, path=path)
    else:
        key = keyring.import_mnemonic(name, mnemonic, path=path)
    show_record({"name": name, "address": str(key.address)}, output)
    if mnemonic_file is not None:
        show_note(f"the mnemonic is in {mnemonic_file}; whoever reads it owns the key")
    elif sys.stderr.isatty():
        show_note("Write these words down now. Whoever has them owns the key:\n")
        show_note(f"  {mnemonic}\n")
    else:
        show_note(
            "the mnemonic is not shown, since this is not a terminal and it might be logged; "
            "--mnemonic-file writes it to a file"
        )


@group.command("list", example="plurichain keys list --output json")
@prefix_option
@keyring_options
@output_option()
def list_keys(prefix: str | None, choice: KeyChoice, output: str) -> None:
    """List the keys of the network's keyring; needs no passphrase."""
    rows = [
        {
            "name": info.name,
            "type": info.key_type.text,
            "address": find_address(info),
            "public_key": info.public_key.hex(),
        }
        for info in open_chosen(choice, prefix).list_all()
    ]
    show_rows(rows, output, empty=NO_KEYS)


@group.command("show", example="plurichain keys show town --output json")
@click.argument("name")
@prefix_option
@keyring_options
@output_option()
def show(name: str, prefix: str | None, choice: KeyChoice, output: str) -> None:
    """Show address and public key of NAME; needs no passphrase."""
    info = open_chosen(choice, prefix).get_info(name)
    if find_address(info) is None:
        show_record(make_device_record(name, info.public_key), output)
        return
    record = {
        "name": info.name,
        "type": info.key_type.text,
        "address": str(info.address),
        "address_hex": info.address.hex,
        "public_key": info.public_key.hex(),
    }
    show_record(record, output)


@group.command("balance", example="plurichain keys balance town --output json")
@click.argument("name")
@connection_options
@output_option()
def balance(name: str, connection: Connection, output: str) -> None:
    """Show what the account of NAME holds; NAME may be an address."""
    from plurichain.cli.session import open_observer
    from plurichain.identifiers import Address

    with open_observer(connection) as observer:
        prefix = observer.client.network.prefix
        if name.startswith(f"{prefix}1"):
            address = Address.parse(name, prefix=prefix, field="NAME")
        else:
            address = open_chosen(KeyChoice(connection.network, None, None)).get_info(name).address
        coins = observer.client.get_balances(address)
    rows = [{"denom": denom, "amount": str(coins[denom])} for denom in sorted(coins)]
    show_rows(rows, output, empty="no coins")


@group.command("delete", example="plurichain keys delete town --yes")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@keyring_options
def delete(name: str, yes: bool, choice: KeyChoice) -> None:
    """Remove the key NAME for good; only its mnemonic or an export brings it back."""
    keyring = open_chosen(choice)
    info = keyring.get_info(name)
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError("nobody can be asked here", remedy="--yes deletes without asking")
        what = find_address(info) or f"a device key, {info.public_key.hex()}"
        click.confirm(f"Delete {name} ({what}) for good?", abort=True, err=True)
    keyring.delete(name)
    show_note(f"the key {name} is deleted")


@group.command("fund", example="plurichain keys fund town 50000000ueur,1000upluri")
@click.argument("name")
@click.argument("amount")
@connection_options
@output_option()
def fund(name: str, amount: str, connection: Connection, output: str) -> None:
    """Give the key NAME some coins from the faucet of a localnet."""
    from plurichain.config import get_network, journal_path
    from plurichain.units import format_coins, parse_coins

    coins = parse_coins(amount, field="AMOUNT")
    if not coins:
        raise InputError("AMOUNT: no coins", remedy="write coins such as 1000ueur,5watthour")
    address = open_chosen(KeyChoice(connection.network, None, None)).get_info(name).address
    from plurichain.harness import open_faucet

    with open_faucet(get_network(connection.network), journal_path=journal_path()) as faucet:
        outcome = faucet.fund({address: coins})
    record = {
        "address": str(address),
        "received": format_coins(coins),
        "tx_hash": outcome.tx_hash,
        "height": outcome.height,
    }
    show_record(record, output)


def find_address(info: KeyInfo) -> str | None:
    """Return the address of a key, None if it is a device's alone."""
    return str(info.address) if info.key_type.text == "secp256k1" else None


def make_device_record(name: str, public_key: bytes) -> dict[str, str]:
    """Return what is shown of an ed25519 key."""
    return {"name": name, "type": "ed25519", "public_key": public_key.hex()}


def open_chosen(choice: KeyChoice, prefix: str | None = None) -> Keyring:
    """Open the keyring that was chosen; ``prefix`` shows addresses of another chain."""
    from dataclasses import replace

    from plurichain.cli.session import open_keyring
    from plurichain.config import get_network

    network = get_network(choice.network)
    if prefix is not None:
        network = replace(network, prefix=prefix)
    return open_keyring(network, choice.passphrase_file)
