"""`plurichain energy reading`: what a meter counted, signed by it and handed in once."""

from __future__ import annotations

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
from plurichain.cli.output import show_record, show_rows


@click.group(
    "reading",
    cls=Group,
    example="plurichain energy reading submit roof-meter day.csv --key owner\n"
    "plurichain energy reading list roof-meter",
)
def group() -> None:
    """Sign and hand in what a meter counted."""


@group.command(
    "submit",
    example="plurichain energy reading submit roof-meter day.csv --check\n"
    "plurichain energy reading submit roof-meter day.csv --key owner --device-key roof-meter",
)
@device_argument
@click.argument("file", metavar="READINGS.CSV")
@click.option(
    "--device-key",
    metavar="NAME",
    help="The device's key in the keyring (default: one called like the device).",
)
@click.option("--check", is_flag=True, help="Hold them against the chain's rules; send nothing.")
@signing_options
@output_option()
def submit(
    device_id: str,
    file: str,
    device_key: str | None,
    check: bool,
    signing: Signing,
    output: str,
) -> None:
    """Sign the intervals of a CSV file with the device's key, and hand them in.

    Columns interval_start,counter_wh: what the cumulative counter showed then. What the chain
    would refuse is found before anything is sent; intervals that it has already are skipped,
    so the same file may be handed in again.
    """
    from plurichain.cli.energy.session import open_account
    from plurichain.cli.files import read_input
    from plurichain.energy.readings_csv import parse_readings_csv
    from plurichain.metering import submitting

    read = read_input(file)
    with open_account(signing) as (account, keyring):
        params = account.queries.get_params()
        counted = parse_readings_csv(
            read.text, source=read.source, interval_seconds=params.interval_seconds
        )
        state = account.queries.get_device(device_id)
        key = keyring.get_device_key(device_key or device_id)
        submitting.validate_device_key(state, key)
        readings = submitting.sign_readings(key, account.chain_id, device_id, counted.intervals)
        places = [f"{read.source}, line {line}" for line in counted.lines]
        if check:
            new = submitting.check_readings(account, device_id, readings, places=places)
            receipt = submitting.SubmitReceipt(
                device_id,
                accepted=0,
                skipped=len(readings) - len(new),
                metered_wh=sum(reading.energy_wh for reading in new),
                tx_hashes=(),
            )
        else:
            receipt = submitting.submit_readings(account, device_id, readings, places=places)
    record = {
        "device_id": device_id,
        "intervals": len(readings),
        "skipped": receipt.skipped,
        "accepted": receipt.accepted,
        "metered_wh": str(receipt.metered_wh),
        "tx_hashes": list(receipt.tx_hashes),
    }
    if check:
        del record["accepted"], record["tx_hashes"]
        record["would_accept"] = len(readings) - receipt.skipped
    show_record(record, output)


@group.command("list", example="plurichain energy reading list roof-meter --output ndjson")
@device_argument
@connection_options
@output_option()
def list_readings(device_id: str, connection: Connection, output: str) -> None:
    """List the intervals of a device that the chain has taken."""
    from plurichain.cli.energy.session import open_observer
    from plurichain.cli.energy.views import make_reading_row

    with open_observer(connection) as observer:
        observer.queries.get_device(device_id)
        states = observer.queries.list_readings(device_id)
    show_rows([make_reading_row(state) for state in states], output, empty="no readings")
