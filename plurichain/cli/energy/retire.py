"""`plurichain energy retire`: credits burned for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plurichain.cli.commands import Command
from plurichain.cli.options import Signing, output_option, signing_options
from plurichain.cli.output import show_record
from plurichain.errors import InputError

if TYPE_CHECKING:
    from plurichain.energy.attributes import Attributes
    from plurichain.units import Coin

PURPOSES = ("consumption", "disclosure", "obligation")


@click.command(
    "retire",
    cls=Command,
    example="plurichain energy retire 500wh.20260621T1200.3f… --for 'Town school' --key town\n"
    "plurichain energy retire 500ibc/0A1B… --for 'Town school' --attributes credit.json --key town",
)
@click.argument("coins", metavar="AMOUNT+DENOM")
@click.option("--for", "beneficiary", metavar="TEXT", required=True, help="Whose energy it was.")
@click.option(
    "--purpose",
    type=click.Choice(PURPOSES),
    default="consumption",
    show_default=True,
    help="What it is retired for.",
)
@click.option("--reason", metavar="TEXT", default="", help="More about it, at most 256 bytes.")
@click.option(
    "--attributes",
    "file",
    metavar="FILE",
    type=click.Path(allow_dash=True),
    help="Evidence for a voucher: what `credit show --output json` printed on its origin chain.",
)
@signing_options
@output_option()
def retire(
    coins: str,
    beneficiary: str,
    purpose: str,
    reason: str,
    file: str | None,
    signing: Signing,
    output: str,
) -> None:
    """Burn credits for good and have the chain say for whom. This cannot be taken back.

    A voucher needs evidence, unless its attributes are recorded on this chain, and a path that
    this chain's registrar has registered.
    """
    from plurichain.energy.names import RetirementPurpose

    coin = _parse_coin(coins)
    attributes = _read_attributes(file) if file else None
    from plurichain.cli.energy.session import open_account
    from plurichain.cli.energy.views import make_retirement_record
    from plurichain.metering.retiring import retire_credits

    with open_account(signing) as (account, _):
        receipt = retire_credits(
            account,
            coin,
            beneficiary=beneficiary,
            purpose=RetirementPurpose.parse(purpose, field="--purpose"),
            reason=reason,
            attributes=attributes,
        )
    record = make_retirement_record(receipt.retirement) | {"tx_hash": receipt.tx_hash}
    show_record(record, output)


def _parse_coin(text: str) -> Coin:
    from plurichain.units import parse_coins

    coins = parse_coins(text, field="AMOUNT+DENOM")
    if len(coins) != 1:
        raise InputError(
            f"AMOUNT+DENOM: {len(coins)} coins are named, not one",
            remedy="retire one denom after the other",
        )
    return coins[0]


def _read_attributes(path: str) -> Attributes:
    from plurichain.cli.files import read_input
    from plurichain.energy.attributes_json import parse_attributes_json

    file = read_input(path)
    found = parse_attributes_json(file.text, source=file.source)
    if len(found) != 1:
        raise InputError(f"{file.source}: attributes of {len(found)} credits, not of one")
    return found[0]
