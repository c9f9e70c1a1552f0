"""`plurichain energy credit`: issued for readings, and what any denom is and comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plurichain.cli.commands import Group
from plurichain.cli.energy.device import device_argument
from plurichain.cli.options import (
    Connection,
    Signing,
    connection_options,
    output_option,
    signing_options,
)
from plurichain.cli.output import TABLE, show_record, show_rows

if TYPE_CHECKING:
    from collections.abc import Sequence


@click.group(
    "credit",
    cls=Group,
    example="plurichain energy credit issue roof-meter --key registry\n"
    "plurichain energy credit show wh.20260621T1200.3f…",
)
def group() -> None:
    """Issue credits, and see where they come from."""


@group.command(
    "issue",
    example="plurichain energy credit issue roof-meter --key registry\n"
    "plurichain energy credit issue roof-meter --interval 2026-06-21T12:00Z --key registry",
)
@device_argument
@click.option(
    "--interval",
    "intervals",
    metavar="TIME",
    multiple=True,
    help="Only the interval that begins then; may be given again (default: all not issued yet).",
)
@signing_options
@output_option()
def issue(device_id: str, intervals: tuple[str, ...], signing: Signing, output: str) -> None:
    """Mint the credits of accepted readings to the device's owner, as its issuing body."""
    from plurichain.cli.energy.session import open_account
    from plurichain.metering.issuing import issue_credits

    starts = _parse_times(intervals)
    with open_account(signing) as (account, _):
        receipt = issue_credits(account, device_id, starts)
    record = {
        "device_id": device_id,
        "owner": str(receipt.owner),
        "intervals": receipt.intervals,
        "credits": len(receipt.credits),
        "issued_wh": str(receipt.issued_wh),
        "tx_hashes": list(receipt.tx_hashes),
    }
    if output != TABLE:
        record["coins"] = [
            {"denom": coin.denom, "amount": str(coin.amount)} for coin in receipt.credits
        ]
    show_record(record, output)


def _parse_times(texts: Sequence[str]) -> list[int] | None:
    from plurichain.energy.moments import parse_second

    return [parse_second(text, field="--interval") for text in texts] or None


@group.command("show", example="plurichain energy credit show ibc/0A1B… --output json")
@click.argument("denom")
@connection_options
@output_option()
def show(denom: str, connection: Connection, output: str) -> None:
    """Explain a denom of this chain: which chain's energy, over which path, verified or why not."""
    from plurichain.cli.energy.session import open_observer
    from plurichain.cli.energy.views import flatten_story, make_story_record
    from plurichain.identifiers import validate_denom
    from plurichain.metering.explaining import explain_credit

    validate_denom(denom, field="DENOM")
    with open_observer(connection) as observer:
        record = make_story_record(explain_credit(observer, denom))
    show_record(flatten_story(record) if output == TABLE else record, output)


@group.command("list", example="plurichain energy credit list --device roof-meter")
@click.option("--device", "device_id", metavar="ID", default="", help="Only those of this device.")
@connection_options
@output_option()
def list_credits(device_id: str, connection: Connection, output: str) -> None:
    """List the credits that this chain has issued."""
    from plurichain.cli.energy.session import open_observer
    from plurichain.cli.energy.views import make_credit_row

    with open_observer(connection) as observer:
        credits_ = observer.queries.list_credits(device_id)
    show_rows([make_credit_row(credit) for credit in credits_], output, empty="no credits")


@group.command(
    "record",
    example="plurichain energy credit show wh.20260621T1200.3f… --network grid-a "
    "--output json > credit.json\n"
    "plurichain energy credit record credit.json --network grid-b --key trader",
)
@click.argument("file", metavar="ATTRIBUTES.JSON")
@signing_options
@output_option()
def record(file: str, signing: Signing, output: str) -> None:
    """Have a chain keep the attributes of credits that came to it from others.

    The file holds what `credit show --output json` printed on the origin chain, one or a list.
    """
    from plurichain.cli.energy.session import open_account
    from plurichain.cli.files import read_input
    from plurichain.energy.attributes_json import parse_attributes_json
    from plurichain.metering.recording import record_attributes

    read = read_input(file)
    attributes = parse_attributes_json(read.text, source=read.source)
    with open_account(signing) as (account, _):
        denoms, outcome = record_attributes(account, attributes)
    rows = [{"credit_denom": denom, "tx_hash": outcome.tx_hash} for denom in denoms]
    show_rows(rows, output)


@group.command("retirements", example="plurichain energy credit retirements --output ndjson")
@click.option("--owner", metavar="ADDR", help="Only those of this account.")
@click.option("--denom", metavar="DENOM", default="", help="Only those of this denom.")
@connection_options
@output_option()
def retirements(owner: str | None, denom: str, connection: Connection, output: str) -> None:
    """List what was retired on this chain, by whom and for what."""
    from plurichain.cli.energy.session import open_observer, parse_holder
    from plurichain.cli.energy.views import make_retirement_record

    with open_observer(connection) as observer:
        prefix = observer.client.network.prefix
        holder = parse_holder(owner, prefix, None, field="--owner") if owner else None
        found = observer.queries.list_retirements(holder, denom)
    rows = [make_retirement_record(item) for item in found]
    show_rows(rows, output, empty="nothing was retired")
