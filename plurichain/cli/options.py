"""Options that several commands share, handed over as one value each."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from plurichain.cli.output import FORMATS, TABLE

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_SECONDS = 10**9
"""Some thirty years; a system cannot wait for any number."""

F = TypeVar("F", bound="Callable[..., Any]")


@dataclass(frozen=True, slots=True)
class KeyChoice:
    """Which key, of which network's keyring; None: the default."""

    network: str | None
    key: str | None
    passphrase_file: str | None


@dataclass(frozen=True, slots=True)
class Connection:
    """Which network, and how long one call to its node may take."""

    network: str | None
    timeout_s: float


@dataclass(frozen=True, slots=True)
class Signing(Connection):
    """A connection with the key that signs."""

    key: str | None
    passphrase_file: str | None


@dataclass(frozen=True, slots=True)
class Sending(Signing):
    """How a command sends its transactions; None: what the network says, or nothing."""

    max_fee: int | None
    is_ordered: bool
    fee_payer: str | None
    fee_granter: str | None


def output_option(default: str = TABLE) -> Callable[[F], F]:
    """Add `--output table|json|ndjson`."""
    return click.option(
        "--output",
        type=click.Choice(FORMATS),
        default=default,
        show_default=True,
        help="Form of what is printed.",
    )


def _network_option(function: F) -> F:
    return click.option(
        "--network",
        metavar="NAME",
        envvar="PLURICHAIN_NETWORK",
        help="Network to use (default: the one chosen by `plurichain network use`).",
    )(function)


class Seconds(click.FloatRange):
    """A length of time that something can wait for: no NaN, and nothing without an end."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the seconds. Raises BadParameter."""
        found: float = super().convert(value, param, ctx)
        if not math.isfinite(found) or found > MOST_SECONDS:
            self.fail(f"{value} is not a number of seconds up to {MOST_SECONDS}.", param, ctx)
        return found


class Folder(click.Path):
    """A folder by its path. An empty one is refused: it would be whatever the current one is."""

    def __init__(self, *, exists: bool = False) -> None:
        super().__init__(exists=exists, file_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path. Raises BadParameter."""
        if not str(value).strip():
            self.fail("it is empty; write a path, or . for the current folder", param, ctx)
        return super().convert(value, param, ctx)


def timeout_option(function: F) -> F:
    """Take --timeout: how long one call to a node may take, in seconds."""
    return click.option(
        "--timeout",
        metavar="SECONDS",
        type=Seconds(min=0, min_open=True, max=3600),
        default=5.0,
        show_default=True,
        help="How long one call to a node may take.",
    )(function)


def _key_option(function: F) -> F:
    return click.option(
        "--key",
        metavar="NAME",
        envvar="PLURICHAIN_KEY",
        help="Key that signs (default: the only key there is).",
    )(function)


def _passphrase_option(function: F) -> F:
    return click.option(
        "--passphrase-file",
        metavar="FILE",
        envvar="PLURICHAIN_PASSPHRASE_FILE",
        type=click.Path(dir_okay=False),
        help="File whose first line is the keyring's passphrase (default: ask).",
    )(function)


def keyring_options(function: F) -> Any:
    """Add what finds a keyring; the command receives ``choice``, a KeyChoice without a key."""

    @_network_option
    @_passphrase_option
    @functools.wraps(function)
    def command(*, network: str | None, passphrase_file: str | None, **rest: Any) -> Any:
        return function(choice=KeyChoice(network, None, passphrase_file), **rest)

    return command


def connection_options(function: F) -> Any:
    """Add what a command that asks a node takes; it receives ``connection``."""

    @_network_option
    @timeout_option
    @functools.wraps(function)
    def command(*, network: str | None, timeout: float, **rest: Any) -> Any:
        return function(connection=Connection(network, timeout), **rest)

    return command


def signing_options(function: F) -> Any:
    """Add what a command with a key takes; it receives ``signing``."""

    @_network_option
    @_key_option
    @_passphrase_option
    @timeout_option
    @functools.wraps(function)
    def command(
        *,
        network: str | None,
        key: str | None,
        passphrase_file: str | None,
        timeout: float,
        **rest: Any,
    ) -> Any:
        return function(signing=Signing(network, timeout, key, passphrase_file), **rest)

    return command


def sending_options(function: F) -> Any:
    """Add what a command that sends a transaction takes; it receives ``sending``."""

    @signing_options
    @click.option(
        "--max-fee",
        metavar="AMOUNT",
        type=click.IntRange(min=0),
        help="Most that one sending may cost with all its tries, in the network's fee denom. "
        "Within it a fee that a node finds too low is raised.",
    )
    @click.option(
        "--ordered",
        "is_ordered",
        is_flag=True,
        help="Send by the account's sequence, one after the other (default: unordered).",
    )
    @click.option(
        "--fee-payer", metavar="NAME", help="A second key, which signs too and pays the fee."
    )
    @click.option(
        "--fee-granter", metavar="ADDR", help="Account that has allowed the key to use it for fees."
    )
    @functools.wraps(function)
    def command(
        *,
        signing: Signing,
        max_fee: int | None,
        is_ordered: bool,
        fee_payer: str | None,
        fee_granter: str | None,
        **rest: Any,
    ) -> Any:
        sending = Sending(
            signing.network, signing.timeout_s, signing.key, signing.passphrase_file,
            max_fee, is_ordered, fee_payer, fee_granter,
        )  # fmt: skip
        return function(sending=sending, **rest)

    return command


AUCTION_ID = click.IntRange(1, 2**64 - 1)

auction_id_argument = click.argument("auction_id", metavar="AUCTION_ID", type=AUCTION_ID)

auction_id_option = click.option(
    "--auction-id", metavar="N", type=AUCTION_ID, required=True, help="Number of the auction."
)

_BID_HELP = "The bid: one JSON entry, or a CSV with the columns bidder,quantity,price."

bid_option = click.option(
    "--bid", "bid_file", metavar="FILE", type=click.Path(allow_dash=True), help=_BID_HELP
)

required_bid_option = click.option(
    "--bid",
    "bid_file",
    metavar="FILE",
    type=click.Path(allow_dash=True),
    required=True,
    help=_BID_HELP,
)
