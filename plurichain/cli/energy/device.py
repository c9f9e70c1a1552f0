"""`plurichain energy device`: meters, registered by owners and approved by issuing bodies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plurichain.cli.commands import Group
from plurichain.cli.options import (
    Connection,
    Signing,
    connection_options,
    output_option,
    signing_options,
)
from plurichain.cli.output import show_record, show_rows
from plurichain.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plurichain.energy.devices_toml import DeviceEntry
    from plurichain.energy.names import DeviceStatus

device_argument = click.argument("device_id", metavar="DEVICE")


@click.group(
    "device",
    cls=Group,
    example="plurichain energy device register devices.toml --key owner\n"
    "plurichain energy device approve roof-meter --key registry",
)
def group() -> None:
    """Register meters, and approve them."""


@group.command(
    "register",
    example="plurichain keys add roof-meter --type ed25519\n"
    "plurichain energy device register devices.toml --device roof-meter --key owner",
)
@click.argument("devices", metavar="DEVICES.TOML")
@click.option(
    "--device",
    "wanted",
    metavar="ID",
    multiple=True,
    help="Only this device of the file; may be given again (default: all).",
)
@signing_options
@output_option()
def register(devices: str, wanted: tuple[str, ...], signing: Signing, output: str) -> None:
    """Register the devices of a TOML file, with a proof by each one's own key.

    A device that is registered just so already is left as it is.
    """
    from plurichain.cli.files import read_input
    from plurichain.energy.devices_toml import parse_devices_toml

    file = read_input(devices)
    entries = _choose(parse_devices_toml(file.text, source=file.source), wanted, file.source)
    from plurichain.cli.energy.session import open_account
    from plurichain.cli.energy.views import make_device_row
    from plurichain.metering.registering import register_device

    rows = []
    with open_account(signing) as (account, keyring):
        keys = {entry.device_id: keyring.get_device_key(entry.key) for entry in entries}
        for entry in entries:
            key = keys[entry.device_id]
            device = entry.make_device(key.key_type, key.public_key)
            receipt = register_device(account, device, key)
            rows.append(make_device_row(receipt.state) | {"tx_hash": receipt.tx_hash or None})
    show_rows(rows, output)


def _choose(
    entries: Sequence[DeviceEntry], wanted: Sequence[str], source: str
) -> list[DeviceEntry]:
    known = {entry.device_id: entry for entry in entries}
    for device_id in wanted:
        if device_id not in known:
            raise UsageError(
                f"--device: {source} has no device {device_id!r}",
                remedy=f"it has {', '.join(known)}",
            )
    return [known[device_id] for device_id in wanted or known]


def _set_status(
    device_ids: Sequence[str], status: DeviceStatus, signing: Signing, output: str
) -> None:
    from plurichain.cli.energy.session import open_account
    from plurichain.cli.energy.views import make_device_row
    from plurichain.metering.registering import set_device_status

    with open_account(signing) as (account, _):
        rows = []
        for device_id in device_ids:
            receipt = set_device_status(account, device_id, status)
            rows.append(make_device_row(receipt.state) | {"tx_hash": receipt.tx_hash or None})
    show_rows(rows, output)


devices_argument = click.argument("device_ids", metavar="DEVICE...", nargs=-1, required=True)


@group.command("approve", example="plurichain energy device approve roof-meter --key registry")
@devices_argument
@signing_options
@output_option()
def approve(device_ids: tuple[str, ...], signing: Signing, output: str) -> None:
    """Vouch for devices, as their issuing body: from now on their readings are taken."""
    from plurichain.energy.names import DeviceStatus

    _set_status(device_ids, DeviceStatus.ACTIVE, signing, output)


@group.command("suspend", example="plurichain energy device suspend roof-meter --key registry")
@devices_argument
@signing_options
@output_option()
def suspend(device_ids: tuple[str, ...], signing: Signing, output: str) -> None:
    """Stop taking the readings of devices, as their issuing body, until they are approved anew."""
    from plurichain.energy.names import DeviceStatus

    _set_status(device_ids, DeviceStatus.SUSPENDED, signing, output)


@group.command("show", example="plurichain energy device show roof-meter --output json")
@device_argument
@connection_options
@output_option()
def show(device_id: str, connection: Connection, output: str) -> None:
    """Show one device; of a storage also what it may still issue."""
    from plurichain.cli.energy.session import open_observer
    from plurichain.cli.energy.views import make_device_record

    with open_observer(connection) as observer:
        state = observer.queries.get_device(device_id)
    show_record(make_device_record(state), output)


@group.command("list", example="plurichain energy device list --output ndjson")
@click.option("--owner", metavar="ADDR", help="Only those of this account.")
@connection_options
@output_option()
def list_devices(owner: str | None, connection: Connection, output: str) -> None:
    """List the devices on the chain."""
    from plurichain.cli.energy.session import open_observer, parse_holder
    from plurichain.cli.energy.views import make_device_row

    with open_observer(connection) as observer:
        prefix = observer.client.network.prefix
        holder = parse_holder(owner, prefix, None, field="--owner") if owner else None
        states = observer.queries.list_devices(holder)
    show_rows([make_device_row(state) for state in states], output, empty="no devices")
