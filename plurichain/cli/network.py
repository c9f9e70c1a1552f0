"""`plurichain network`: the chains that other commands talk to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plurichain.cli.commands import Group
from plurichain.cli.options import output_option
from plurichain.cli.output import show_note, show_record, show_rows

if TYPE_CHECKING:
    from plurichain.config import Network

NO_NETWORKS = (
    "no network yet: `plurichain localnet up` starts one, `plurichain network add` names one"
)

#: Shown where they are set.
_SETTINGS = ("max_fee", "fee_granter", "ca_file", "client_cert_file", "client_key_file")


@click.group(
    "network", cls=Group, example="plurichain network add chain.json\nplurichain network list"
)
def group() -> None:
    """Name the chains to talk to."""


@group.command("add", example="plurichain network add endpoints.json --name town")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--name", metavar="NAME", help="Name it so (default: as the file says).")
@click.option("--default", "is_default", is_flag=True, help="Use it when no network is named.")
@click.option(
    "--keyring",
    type=click.Choice(["test", "file", "os"]),
    help="Where its keys are (default: file; a localnet: test).",
)
def add(file: Path, name: str | None, is_default: bool, keyring: str | None) -> None:
    """Add the network in FILE: a localnet's endpoints.json or a chain registry's chain.json."""
    from dataclasses import replace

    from plurichain.config import add_network, save_network

    network = add_network(file, name=name, make_default=True if is_default else None)
    if keyring is not None:
        save_network(replace(network, keyring=keyring))
    show_note(f"network {network.name} is chain {network.chain_id}")


@group.command(
    "set",
    example="plurichain network set town --max-fee 5000\n"
    "plurichain network set town --ca-file ca.pem --client-cert-file me.pem "
    "--client-key-file me.key",
)
@click.argument("name")
@click.option("--gas-price", metavar="PRICE", help="Price of a unit of gas, in the fee denom.")
@click.option(
    "--max-fee",
    metavar="AMOUNT",
    type=click.IntRange(min=0),
    help="Most that one sending may cost with all its tries, in the fee denom.",
)
@click.option("--fee-granter", metavar="ADDR", help="Account that pays fees for your keys.")
@click.option("--ca-file", metavar="PEM", help="Authorities of the nodes instead of the system's.")
@click.option("--client-cert-file", metavar="PEM", help="Certificate shown to the nodes.")
@click.option("--client-key-file", metavar="PEM", help="Private key of that certificate.")
@click.option("--unset", metavar="FIELD", multiple=True, help="Forget a setting, such as max_fee.")
def set_fields(
    name: str,
    gas_price: str | None,
    max_fee: int | None,
    unset: tuple[str, ...],
    **texts: str | None,
) -> None:
    """Change how the network NAME is reached and paid; what is not named stays."""
    from dataclasses import replace

    from plurichain.config import get_network, save_network
    from plurichain.config.network import parse_gas_price

    settings: dict[str, Any] = {"max_fee": None, **dict.fromkeys(texts, "")}
    unknown = [field for field in unset if field not in settings]
    if unknown:
        raise click.UsageError(f"--unset: {unknown[0]!r} is not one of {', '.join(settings)}")
    changes = {field: settings[field] for field in unset}
    if gas_price is not None:
        changes["gas_price"] = parse_gas_price(gas_price)
    if max_fee is not None:
        changes["max_fee"] = max_fee
    for field, text in texts.items():
        if text is not None:
            is_path = field.endswith("_file")
            changes[field] = str(Path(text).absolute()) if is_path else text
    if not changes:
        raise click.UsageError("nothing to set")
    save_network(replace(get_network(name), **changes))
    show_note(f"{name}: {', '.join(changes)} changed")


@group.command("list", example="plurichain network list --output json")
@output_option()
def list_networks(output: str) -> None:
    """List the networks and which one is the default."""
    from plurichain.config import load_config

    config = load_config()
    rows = [
        {
            "name": network.name,
            "chain_id": network.chain_id,
            "default": network.name == config.default_network,
            "nodes": len(network.endpoints),
            "keyring": network.keyring,
            "localnet": network.is_localnet,
        }
        for network in config.networks.values()
    ]
    show_rows(rows, output, empty=NO_NETWORKS)


@group.command("use", example="plurichain network use town")
@click.argument("name")
def use(name: str) -> None:
    """Make NAME the network that is meant when none is named."""
    from plurichain.config import set_default_network

    set_default_network(name)
    show_note(f"commands use the network {name} now")


@group.command("show", example="plurichain network show town --output json")
@click.argument("name", required=False)
@click.option("--check", is_flag=True, help="Ask every node whether it serves this chain.")
@output_option()
def show(name: str | None, check: bool, output: str) -> None:
    """Show the network NAME (default: the default network)."""
    from plurichain.config import get_network

    network = get_network(name)
    record = _make_record(network)
    if check:
        record |= _check_nodes(network)
    show_record(record, output)


@group.command("accept", example="plurichain network accept town")
@click.argument("name")
def accept(name: str) -> None:
    """Accept that the chain of the network NAME was begun anew under its old id.

    Openings of bids stay, and so do transactions: what is pending is looked for from the new
    chain's first block on.
    """
    from plurichain.chain.journal.journal import Journal
    from plurichain.config import ChainMemory, get_network, journal_path, make_home_folder

    network = get_network(name)
    make_home_folder()
    with Journal.open(journal_path()) as journal:
        journal.restart_chain(network.chain_id)
    ChainMemory.open().forget(network.name)
    show_note(f"{name}: the chain {network.chain_id} is taken as it is next seen")


@group.command("remove", example="plurichain network remove town")
@click.argument("name")
def remove(name: str) -> None:
    """Forget the network NAME; keys and openings stay."""
    from plurichain.config import remove_network

    remove_network(name)
    show_note(f"network {name} is removed")


def _check_nodes(network: Network) -> dict[str, Any]:
    """Ask each node by itself; raises the first error if none of them serves."""
    from plurichain.chain.nodes.client import ChainClient
    from plurichain.config import ChainMemory
    from plurichain.errors import NodeError

    statuses, errors, nodes = [], [], []
    for endpoint in network.endpoints:
        node: dict[str, Any] = {"grpc": endpoint.grpc, "rpc": endpoint.rpc}
        with ChainClient(network, endpoint=endpoint, memory=ChainMemory.open()) as client:
            try:
                status = client.check()
            except NodeError as error:
                errors.append(error)
                nodes.append(node | {"error": error.cause})
                continue
        statuses.append(status)
        nodes.append(node | {"height": status.height, "catching_up": status.catching_up})
    if not statuses:
        raise errors[0]
    best = max(statuses, key=lambda status: status.height)
    return {"height": best.height, "catching_up": best.catching_up, "nodes": nodes}


def _make_record(network: Network) -> dict[str, Any]:
    from plurichain.config.network import format_gas_price

    return {
        "name": network.name,
        "chain_id": network.chain_id,
        "bech32_prefix": network.prefix,
        "fee_denom": network.fee_denom,
        "gas_price": format_gas_price(network.gas_price),
        "keyring": network.keyring,
        "localnet": network.is_localnet,
        "nodes": [{"grpc": node.grpc, "rpc": node.rpc} for node in network.endpoints],
    } | {
        field: value for field in _SETTINGS if (value := getattr(network, field)) not in {None, ""}
    }
