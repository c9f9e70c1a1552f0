"""`plurichain energy issuer` and `path`: what the registrar of a chain decides."""

from __future__ import annotations

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


@click.group(
    "issuer",
    cls=Group,
    example="plurichain energy issuer set registry --name 'Grid registry' --account registry "
    "--key registrar\nplurichain energy issuer list",
)
def issuer() -> None:
    """Name the bodies that issue credits."""


@issuer.command(
    "set",
    example="plurichain energy issuer set registry --name 'Grid registry' --account registry "
    "--key registrar",
)
@click.argument("body_id", metavar="ID")
@click.option("--name", metavar="TEXT", required=True, help="What people call it.")
@click.option(
    "--account",
    "holder",
    metavar="ADDR",
    required=True,
    help="The account that acts for it: an address, or the name of a key.",
)
@click.option("--inactive", is_flag=True, help="It approves and issues nothing until set again.")
@signing_options
@output_option()
def set_body(
    body_id: str, name: str, holder: str, inactive: bool, signing: Signing, output: str
) -> None:
    """Add an issuing body, or change its name, account and state, as the registrar."""
    from plurichain.cli.energy.session import open_account, parse_holder
    from plurichain.cli.energy.views import make_body_record
    from plurichain.energy.state import IssuingBody
    from plurichain.metering.governing import set_issuing_body

    with open_account(signing) as (account, keyring):
        prefix = account.client.network.prefix
        address = parse_holder(holder, prefix, keyring, field="--account")
        body = IssuingBody(body_id, name, address, not inactive)
        outcome = set_issuing_body(account, body)
    show_record(make_body_record(body) | {"tx_hash": outcome.tx_hash}, output)


@issuer.command("list", example="plurichain energy issuer list --output json")
@connection_options
@output_option()
def list_bodies(connection: Connection, output: str) -> None:
    """List the issuing bodies of the chain."""
    from plurichain.cli.energy.session import open_observer
    from plurichain.cli.energy.views import make_body_record

    with open_observer(connection) as observer:
        bodies = observer.queries.list_issuing_bodies()
    show_rows([make_body_record(body) for body in bodies], output, empty="no issuing bodies")


@click.group(
    "path",
    cls=Group,
    example="plurichain energy path register transfer/channel-0 grid-a-1 --key registrar\n"
    "plurichain energy path list",
)
def path() -> None:
    """Say which chain a path leads to."""


path_argument = click.argument("hops", metavar="PATH")


@path.command(
    "register",
    example="plurichain energy path register transfer/channel-0 grid-a-1 --key registrar",
)
@path_argument
@click.argument("origin_chain", metavar="CHAIN_ID")
@signing_options
@output_option()
def register(hops: str, origin_chain: str, signing: Signing, output: str) -> None:
    """Take vouchers over exactly this PATH for those of CHAIN_ID, as the registrar.

    Hops nearest first: transfer/channel-0, further ones appended with a slash. Look at the
    clients behind the channels before: nothing else says that the path leads there.
    """
    from plurichain.cli.energy.session import open_account
    from plurichain.cli.energy.views import make_path_record
    from plurichain.energy.state import RegisteredPath
    from plurichain.metering.governing import register_path

    registered = RegisteredPath(hops, origin_chain)
    with open_account(signing) as (account, _):
        outcome = register_path(account, registered)
    tx_hash = None if outcome is None else outcome.tx_hash
    show_record(make_path_record(registered) | {"tx_hash": tx_hash}, output)


@path.command("remove", example="plurichain energy path remove transfer/channel-0 --key registrar")
@path_argument
@signing_options
@output_option()
def remove(hops: str, signing: Signing, output: str) -> None:
    """Take back what was said of PATH, as the registrar."""
    from plurichain.cli.energy.session import open_account
    from plurichain.metering.governing import remove_path

    with open_account(signing) as (account, _):
        outcome = remove_path(account, hops)
    show_record({"path": hops, "tx_hash": outcome.tx_hash}, output)


@path.command("list", example="plurichain energy path list --output json")
@connection_options
@output_option()
def list_paths(connection: Connection, output: str) -> None:
    """List the paths that the chain has registered."""
    from plurichain.cli.energy.session import open_observer
    from plurichain.cli.energy.views import make_path_record

    with open_observer(connection) as observer:
        paths = observer.queries.list_paths()
    show_rows([make_path_record(item) for item in paths], output, empty="no paths")
