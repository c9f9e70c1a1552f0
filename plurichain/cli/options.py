"""Options that several commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from plurichain.cli.output import FORMATS, TABLE

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")


def output_option(default: str = TABLE) -> Callable[[F], F]:
    """Add `--output table|json|ndjson`."""
    return click.option(
        "--output",
        type=click.Choice(FORMATS),
        default=default,
        show_default=True,
        help="Form of what is printed.",
    )


def network_option(function: F) -> F:
    """Add `--network NAME`; without it the default network is used."""
    return click.option(
        "--network",
        metavar="NAME",
        envvar="PLURICHAIN_NETWORK",
        help="Network to use (default: the one chosen by `plurichain network use`).",
    )(function)


def key_option(function: F) -> F:
    """Add `--key NAME`; without it the only key of the keyring is used."""
    return click.option(
        "--key",
        metavar="NAME",
        envvar="PLURICHAIN_KEY",
        help="Key that signs (default: the only key there is).",
    )(function)


def passphrase_option(function: F) -> F:
    """Add `--passphrase-file FILE`, for devices that nobody types a passphrase into."""
    return click.option(
        "--passphrase-file",
        metavar="FILE",
        envvar="PLURICHAIN_PASSPHRASE_FILE",
        type=click.Path(dir_okay=False),
        help="File whose first line is the keyring's passphrase (default: ask).",
    )(function)


def timeout_option(function: F) -> F:
    """Add `--timeout SECONDS` for one call to a node."""
    return click.option(
        "--timeout",
        metavar="SECONDS",
        type=click.FloatRange(min=0, min_open=True),
        default=5.0,
        show_default=True,
        help="How long one call to a node may take.",
    )(function)


def connection_options(function: F) -> F:
    """Add what every command that asks a node takes."""
    return network_option(timeout_option(function))


def signing_options(function: F) -> F:
    """Add what every command that sends a transaction takes."""
    return connection_options(key_option(passphrase_option(function)))


auction_id_argument = click.argument(
    "auction_id", metavar="AUCTION_ID", type=click.IntRange(1, 2**64 - 1)
)

auction_id_option = click.option(
    "--auction-id",
    metavar="N",
    type=click.IntRange(1, 2**64 - 1),
    required=True,
    help="Number of the auction.",
)
