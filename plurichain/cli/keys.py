"""`plurichain keys`: keys at rest. A secret is read from a prompt or a file, never from argv."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from plurichain.cli.commands import Group
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

NO_KEYS = "no key yet: `plurichain keys add NAME` makes one"

secret_file_option = click.option(
    "--file",
    "file",
    type=click.Path(dir_okay=False, allow_dash=True),
    help="Read it from this file, or `-` for standard input (default: ask).",
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

armor_passphrase_option = click.option(
    "--armor-passphrase-file",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="File whose first line is the passphrase of the armor (default: ask).",
)


@click.group("keys", cls=Group, example="plurichain keys add town\nplurichain keys list")
def group() -> None:
    """Make, import and fund keys."""


@group.command("add", example="plurichain keys add town --mnemonic-file town.words")
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
@path_option
@prefix_option
@keyring_options
@output_option()
def add(
    name: str,
    words: str,
    mnemonic_file: Path | None,
    path: str,
    prefix: str | None,
    choice: KeyChoice,
    output: str,
) -> None:
    """Make the key NAME; its mnemonic is shown once and kept nowhere."""
    from plurichain.keyring import make_mnemonic

    keyring = _open(choice, prefix)
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


@group.command(
    "import",
    example="plurichain keys import town --file town.words\n"
    "plurichain keys import town --armor --file town.armor",
)
@click.argument("name")
@secret_file_option
@click.option("--private-key", is_flag=True, help="It is a private key in hex, not a mnemonic.")
@click.option("--armor", is_flag=True, help="It is what `plurid keys export` wrote.")
@armor_passphrase_option
@path_option
@prefix_option
@keyring_options
@output_option()
def import_key(
    name: str,
    file: str | None,
    private_key: bool,
    armor: bool,
    armor_passphrase_file: str | None,
    path: str,
    prefix: str | None,
    choice: KeyChoice,
    output: str,
) -> None:
    """Keep the key of a mnemonic (or of an exported private key) as NAME."""
    if private_key and armor:
        raise click.UsageError("--private-key and --armor exclude each other")
    what = "private key in hex" if private_key else "mnemonic"
    secret = _read_secret(file, "armored key" if armor else what)
    keyring = _open(choice, prefix)
    if armor:
        from plurichain.keyring.armor import parse_armor

        passphrase = _get_armor_passphrase(armor_passphrase_file, "Passphrase of the armor")
        key = keyring.import_private_key(name, parse_armor(secret, passphrase))
    elif private_key:
        key = keyring.import_private_key(name, _parse_private_key(secret))
    else:
        key = keyring.import_mnemonic(name, secret, path=path)
    show_record({"name": name, "address": str(key.address)}, output)


@group.command("list", example="plurichain keys list --output json")
@prefix_option
@keyring_options
@output_option()
def list_keys(prefix: str | None, choice: KeyChoice, output: str) -> None:
    """List the keys of the network's keyring; needs no passphrase."""
    rows = [
        {"name": info.name, "address": str(info.address), "public_key": info.public_key.hex()}
        for info in _open(choice, prefix).list()
    ]
    show_rows(rows, output, empty=NO_KEYS)


@group.command("show", example="plurichain keys show town --output json")
@click.argument("name")
@prefix_option
@keyring_options
@output_option()
def show(name: str, prefix: str | None, choice: KeyChoice, output: str) -> None:
    """Show address and public key of NAME; needs no passphrase."""
    info = _open(choice, prefix).get_info(name)
    record = {
        "name": info.name,
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
            address = _open(KeyChoice(connection.network, None, None)).get_info(name).address
        coins = observer.client.get_balances(address)
    rows = [{"denom": denom, "amount": str(coins[denom])} for denom in sorted(coins)]
    show_rows(rows, output, empty="no coins")


@group.command(
    "export",
    example="plurichain keys export town --file town.key\n"
    "plurichain keys export town --armor --file town.armor",
)
@click.argument("name")
@click.option(
    "--file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the private key to this new file (mode 0600).",
)
@click.option("--armor", is_flag=True, help="Under a passphrase, as `plurid keys import` takes it.")
@armor_passphrase_option
@keyring_options
def export(
    name: str,
    file: Path | None,
    armor: bool,
    armor_passphrase_file: str | None,
    choice: KeyChoice,
) -> None:
    """Write the private key of NAME in hex. Whoever has it owns the account."""
    if file is None and not sys.stdout.isatty():
        raise UsageError(
            "a private key is printed to a terminal only",
            remedy="--file FILE writes it to a file that only you can read",
        )
    private_key = _open(choice).export(name)
    secret = f"{private_key.hex()}\n"
    if armor:
        from plurichain.keyring.armor import format_armor

        passphrase = _get_armor_passphrase(armor_passphrase_file, "New passphrase of the armor")
        secret = format_armor(private_key, passphrase)
    if file is None:
        click.echo(secret, nl=False)
        return
    with writing_secret(file, secret):
        show_note(f"the private key is in {file}; whoever reads it owns the account")


@group.command("delete", example="plurichain keys delete town --yes")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@keyring_options
def delete(name: str, yes: bool, choice: KeyChoice) -> None:
    """Remove the key NAME for good; only its mnemonic or an export brings it back."""
    keyring = _open(choice)
    info = keyring.get_info(name)
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError("nobody can be asked here", remedy="--yes deletes without asking")
        click.confirm(f"Delete {name} ({info.address}) for good?", abort=True, err=True)
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
    address = _open(KeyChoice(connection.network, None, None)).get_info(name).address
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


def _open(choice: KeyChoice, prefix: str | None = None) -> Keyring:
    from dataclasses import replace

    from plurichain.cli.session import open_keyring
    from plurichain.config import get_network

    network = get_network(choice.network)
    if prefix is not None:
        network = replace(network, prefix=prefix)
    return open_keyring(network, choice.passphrase_file)


def _get_armor_passphrase(file: str | None, question: str) -> str:
    from plurichain.cli.session import get_passphrase_provider

    return get_passphrase_provider(file)(question)


def _read_secret(file: str | None, what: str) -> str:
    from plurichain.cli.files import read_input

    if file is not None:
        return read_input(file).text.strip()
    if not sys.stdin.isatty():
        return read_input("-").text.strip()
    return str(click.prompt(f"The {what}", hide_input=True, err=True)).strip()


def _parse_private_key(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise InputError("private key: not hex", remedy="give what `keys export` wrote") from None
