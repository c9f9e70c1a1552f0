"""`plurichain keys import` and `export`: private keys in and out, never on the command line."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from plurichain.cli.commands import Command
from plurichain.cli.keys import (
    find_address,
    make_device_record,
    open_chosen,
    path_option,
    prefix_option,
    type_option,
)
from plurichain.cli.options import KeyChoice, keyring_options, output_option
from plurichain.cli.output import show_note, show_record
from plurichain.cli.secrets import writing_secret
from plurichain.errors import InputError, UsageError

secret_file_option = click.option(
    "--file",
    "file",
    type=click.Path(dir_okay=False, allow_dash=True),
    help="Read it from this file, or `-` for standard input (default: ask).",
)

armor_passphrase_option = click.option(
    "--armor-passphrase-file",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="File whose first line is the passphrase of the armor (default: ask).",
)


@click.command(
    "import",
    cls=Command,
    example="plurichain keys import town --file town.words\n"
    "plurichain keys import town --armor --file town.armor",
)
@click.argument("name")
@secret_file_option
@click.option("--private-key", is_flag=True, help="It is a private key in hex, not a mnemonic.")
@click.option("--armor", is_flag=True, help="It is what `plurid keys export` wrote.")
@armor_passphrase_option
@type_option
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
    key_type: str,
    path: str,
    prefix: str | None,
    choice: KeyChoice,
    output: str,
) -> None:
    """Keep the key of a mnemonic (or of an exported private key) as NAME."""
    if private_key and armor:
        raise click.UsageError("--private-key and --armor exclude each other")
    if key_type == "ed25519" and not private_key:
        raise click.UsageError("an ed25519 key is imported with --private-key")
    what = "private key in hex" if private_key else "mnemonic"
    secret = _read_secret(file, "armored key" if armor else what)
    keyring = open_chosen(choice, prefix)
    if armor:
        from plurichain.keyring.armor import parse_armor

        passphrase = _get_armor_passphrase(armor_passphrase_file, "Passphrase of the armor")
        key = keyring.import_private_key(name, parse_armor(secret, passphrase))
    elif key_type == "ed25519":
        device_key = keyring.import_device_key(name, _parse_private_key(secret))
        show_record(make_device_record(name, device_key.public_key), output)
        return
    elif private_key:
        key = keyring.import_private_key(name, _parse_private_key(secret))
    else:
        key = keyring.import_mnemonic(name, secret, path=path)
    show_record({"name": name, "address": str(key.address)}, output)


@click.command(
    "export",
    cls=Command,
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
    keyring = open_chosen(choice)
    what = "account" if find_address(keyring.get_info(name)) else "device"
    if armor and what == "device":
        raise UsageError(
            f"the key {name} is an ed25519 key, which `plurid keys import` does not take",
            remedy="export it without --armor",
        )
    private_key = keyring.export(name)
    secret = f"{private_key.hex()}\n"
    if armor:
        from plurichain.keyring.armor import format_armor

        passphrase = _get_armor_passphrase(armor_passphrase_file, "New passphrase of the armor")
        secret = format_armor(private_key, passphrase)
    if file is None:
        click.echo(secret, nl=False)
        return
    with writing_secret(file, secret):
        show_note(f"the private key is in {file}; whoever reads it owns the {what}")


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
