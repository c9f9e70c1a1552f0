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
    from plurichain.chain.journal import Journal
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
    from plurichain.chain.client import ChainClient
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
    }
