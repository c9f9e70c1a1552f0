"""`plurichain localnet`: chains on this machine, to try things on."""

from __future__ import annotations

import shlex
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plurichain.cli.commands import Group
from plurichain.cli.localnet_choice import choose_chains, choose_topology, topology_options
from plurichain.cli.options import Folder, output_option
from plurichain.cli.output import TABLE, show_note, show_record, show_rows, show_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plurichain.harness import LinkTopology, LocalChain, Topology

DEFAULT_NAME = "localnet"
PORT = click.IntRange(1, 65535)
FOLLOW_POLL_S = 0.1

name_argument = click.argument("name", default=DEFAULT_NAME)


@click.group(
    "localnet",
    cls=Group,
    example="plurichain localnet up\nplurichain localnet status\nplurichain localnet down",
)
def group() -> None:
    """Start and stop a local chain."""


@group.command(
    "up",
    example="plurichain localnet up\n"
    "plurichain localnet up big --validators 4\n"
    "plurichain localnet up --chains 2 --link",
)
@name_argument
@topology_options
@click.option("--chains", type=click.IntRange(1, 26), help="Several chains: NAME-a, NAME-b, …")
@click.option("--link", is_flag=True, help="Open a transfer channel from each chain to the next.")
@click.option("--rpc-port", type=PORT, help="RPC port of node0 (default: a free one).")
@click.option("--grpc-port", type=PORT, help="gRPC port of node0 (default: a free one).")
@click.option("--api-port", type=PORT, help="REST port of node0; turns the REST API on.")
@click.option("--no-register", is_flag=True, help="Do not add the chain to the networks.")
@output_option()
def up(
    name: str,
    rpc_port: int | None,
    grpc_port: int | None,
    api_port: int | None,
    chains: int | None,
    link: bool,
    no_register: bool,
    output: str,
    **choices: Any,
) -> None:
    """Start the localnet NAME and return when it takes transactions.

    It goes on until `plurichain localnet down`. The chain is added to the networks under its
    name, and its faucet fills keys: `plurichain keys fund`. An account of its genesis pays for
    `plurichain ibc link` and `ibc relay`, also between localnets of different names. Of several
    chains each is a network and a localnet of its own (NAME-a, NAME-b, …), and NAME stands for
    all of them.
    """
    from plurichain.errors import GateFailed

    began = time.monotonic()
    wanted = {"rpc": rpc_port, "grpc": grpc_port, "api": api_port}
    ports = {("node0", purpose): port for purpose, port in wanted.items() if port is not None}
    if api_port is not None:
        choices["api"] = True
    plan = choose_chains(name, chains, link=link, **choices)
    if plan is not None and ports:
        raise click.UsageError("ports can be asked for one chain only")
    try:
        if plan is not None:
            shown = _bring_up_group(name, *plan, register=not no_register)
        else:
            topology = choose_topology(name, **choices)
            shown = _bring_up_chain(name, topology, ports, register=not no_register)
    except GateFailed as error:
        for line in error.log_tail:
            show_note(f"    {line}")
        raise
    show_note(f"{name} is ready after {time.monotonic() - began:.1f} s")
    if output == TABLE:
        for line in shown.lines:
            show_text(line)
    else:
        show_record({"name": name, **shown.record}, output)


@dataclass(frozen=True, slots=True)
class _Shown:
    """What `up` prints: lines for people, a record for programs."""

    lines: list[str]
    record: dict[str, Any]


def _describe_chain(chain: LocalChain) -> list[str]:
    nodes = [f"{node.name}  grpc {node.grpc}  rpc {node.rpc}" for node in chain.nodes]
    return [f"chain  {chain.chain_id}", *nodes]


def _bring_up_chain(
    name: str, topology: Topology, ports: dict[tuple[str, str], int], *, register: bool
) -> _Shown:
    from plurichain.harness.named import bring_up

    chain = bring_up(name, topology, show_note, ports=ports, register=register)
    return _Shown(_describe_chain(chain), chain.endpoints.to_json())


def _bring_up_group(
    name: str, topologies: dict[str, Topology], links: list[LinkTopology], *, register: bool
) -> _Shown:
    from plurichain.harness.groups import bring_up_group, find_group

    chains = bring_up_group(name, topologies, links, show_note, register=register)
    group = find_group(name)
    assert group is not None, "it was just written"
    lines = [line for chain in chains.values() for line in _describe_chain(chain)]
    lines += [_describe_link(link) for link in group.links]
    records = [
        {"name": member, **chain.endpoints.to_json()}
        for member, chain in zip(group.members, chains.values(), strict=True)
    ]
    return _Shown(lines, {"chains": records, "links": list(group.links)})


def _describe_link(link: Mapping[str, Any]) -> str:
    ends = [f"{end['network']} {end['port']}/{end['channel_id']}" for end in link.values()]
    return f"link  {' – '.join(ends)}"


@group.command("down", example="plurichain localnet down\nplurichain localnet down --all")
@name_argument
@click.option("--all", "every", is_flag=True, help="End every localnet.")
@click.option(
    "--folder",
    type=Folder(exists=True),
    help="End the chain in this folder, such as one that tests kept running.",
)
@click.option("--keep", is_flag=True, help="Keep the folder with its data and logs.")
def down(name: str, every: bool, folder: Path | None, keep: bool) -> None:
    """End the localnet NAME and remove it."""
    from plurichain.harness.groups import find_group, list_groups, take_down_group
    from plurichain.harness.named import get_folder, list_names, take_down, take_down_folder

    if folder is not None:
        take_down_folder(folder.resolve(), keep=keep)
        show_note(f"the chain in {folder} is down")
        return
    groups = [find_group(each) for each in (list_groups() if every else [name])]
    for group in filter(None, groups):
        take_down_group(group, keep=keep)
        show_note(f"{group.name} is down: {', '.join(group.members)}")
    names = list_names() if every else [name] if not any(groups) else []
    for each in names:
        take_down(each, keep=keep)
        show_note(f"{each} is down" + (f"; kept: {get_folder(each)}" if keep else ""))
    if not names and not any(groups):
        show_note("no localnet is up")


@group.command("status", example="plurichain localnet status\nplurichain localnet status big")
@click.argument("name", required=False)
@output_option()
def status(name: str | None, output: str) -> None:
    """Show the nodes of the localnet NAME, or of all."""
    from plurichain.harness.groups import find_group, get_group_status
    from plurichain.harness.named import get_status, list_names

    group = find_group(name) if name else None
    if group is not None and output != TABLE:
        show_record(get_group_status(group), output)
        return
    names = list(group.members) if group else [name] if name else list_names()
    found = [get_status(each) for each in names]
    if output == TABLE:
        rows = [
            {"localnet": net["name"], **{key: node[key] for key in node if key != "log"}}
            for net in found
            for node in net["nodes"]
        ]
        show_rows(rows, output, empty="no localnet is up: `plurichain localnet up` starts one")
        for link in group.links if group else ():
            show_text(_describe_link(link))
    elif name:
        show_record(found[0], output)
    else:
        show_rows(found, output)


@group.command("logs", example="plurichain localnet logs -f\nplurichain localnet logs --node node1")
@name_argument
@click.option("--node", metavar="NODE", help="Only this node (default: all).")
@click.option(
    "-n",
    "--lines",
    type=click.IntRange(0, 10_000),
    default=20,
    show_default=True,
    help="Lines of each node.",
)
@click.option("-f", "--follow", is_flag=True, help="Go on with what is added, until Ctrl-C.")
def logs(name: str, node: str | None, lines: int, follow: bool) -> None:
    """Print the last lines that the nodes of NAME wrote."""
    from plurichain.errors import UsageError
    from plurichain.harness.groups import list_members
    from plurichain.harness.logs import LogWatch, read_tail
    from plurichain.harness.named import get_status

    members = list_members(name)
    found = {
        each["node"] if len(members) == 1 else f"{member}/{each['node']}": Path(each["log"])
        for member in members
        for each in get_status(member)["nodes"]
    }
    if node is not None and node not in found:
        raise UsageError(f"no node {node}; there are {', '.join(found)}")
    chosen = {node: found[node]} if node else found
    marked = len(chosen) > 1
    watches = {each: LogWatch(path) for each, path in chosen.items()}
    for each, path in chosen.items():
        watches[each].skip()
        for line in read_tail(path, lines) if lines else ():
            show_text(f"{each} | {line}" if marked else line)
    while follow:
        for each, watch in watches.items():
            for line in watch.read_new():
                show_text(f"{each} | {line}" if marked else line)
        if not any(path.exists() for path in chosen.values()):
            show_note(f"localnet {name} is gone")
            return
        time.sleep(FOLLOW_POLL_S)


@group.command("env", example='eval "$(plurichain localnet env)"')
@name_argument
def env(name: str) -> None:
    """Print shell commands that make other programs use the localnet NAME."""
    from plurichain.harness.groups import compute_group_exports, find_group
    from plurichain.harness.named import compute_exports

    group = find_group(name)
    exports = compute_group_exports(group) if group else compute_exports(name)
    for variable, value in exports.items():
        show_text(f"export {variable}={shlex.quote(value)}")
