"""`plurichain energy storage`: what went in, so that no more comes out."""

from __future__ import annotations

import click

from plurichain.cli.commands import Group
from plurichain.cli.energy.device import device_argument
from plurichain.cli.options import Signing, output_option, signing_options
from plurichain.cli.output import show_record


@click.group(
    "storage",
    cls=Group,
    example="plurichain energy storage charge battery 500wh.20260621T1200.3f… --key owner",
)
def group() -> None:
    """Charge credits into a storage device."""


@group.command(
    "charge",
    example="plurichain energy storage charge battery 500wh.20260621T1200.3f… --key owner",
)
@device_argument
@click.argument("coins", metavar="COINS")
@signing_options
@output_option()
def charge(device_id: str, coins: str, signing: Signing, output: str) -> None:
    """Burn credits for energy that a storage took in; it may then issue as much, less losses.

    COINS are credits of this chain or vouchers over registered paths, separated by commas.
    """
    from plurichain.units import parse_coins

    parsed = parse_coins(coins, field="COINS")
    from plurichain.cli.energy.session import open_account
    from plurichain.metering.charging import charge_storage

    with open_account(signing) as (account, _):
        receipt = charge_storage(account, device_id, parsed)
    record = {
        "device_id": device_id,
        "charged_wh": str(sum(coin.amount for coin in receipt.credits)),
        "efficiency_bp": receipt.state.device.efficiency_bp,
        "credited_wh": str(receipt.credited_wh),
        "storage_balance_wh": str(receipt.state.storage_balance_wh),
        "tx_hash": receipt.tx_hash,
    }
    show_record(record, output)
