"""`plurichain localnet`: chains on this machine, to try things on."""

from __future__ import annotations

import shlex
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plurichain.cli.commands import Group
from plurichain.cli.options import output_option
from plurichain.cli.output import TABLE, show_note, show_record, show_rows, show_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from plurichain.harness import Topology

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


def _topology_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add what says which chain it is; the command receives them by name."""
    file = click.Path(exists=True, dir_okay=False, path_type=Path)
    options = [
        click.option("--validators", type=click.IntRange(1, 4), help="Validators (default 1)."),
        click.option("--full-nodes", type=click.IntRange(0, 16), help="Full nodes (default 0)."),
        click.option(
            "--block-time",
            metavar="DURATION",
            help="Pause between blocks, e.g. 250ms (default 100ms).",
        ),
        click.option(
            "--seed",
            type=click.IntRange(0, 2**64 - 1),
            help="Keys and genesis follow from it (default 0).",
        ),
        click.option("--chain-id", metavar="ID", help="Chain id (default plurichain-NAME-1)."),
        click.option(
            "--binary", type=file, help="Chain binary (default: plurid, built if needed)."
        ),
        click.option("--topology", type=file, help="TOML file of another chain's topology."),
        click.option("--api", is_flag=True, default=None, help="Serve the REST API too."),
    ]
    for option in reversed(options):
        function = option(function)
    return function


@group.command("up", example="plurichain localnet up\nplurichain localnet up big --validators 4")
@name_argument
@_topology_options
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
    no_register: bool,
    output: str,
    **choices: Any,
) -> None:
    """Start the localnet NAME and return when it takes transactions.

    It goes on until `plurichain localnet down`. The chain is added to the networks under its
    name, and its faucet fills keys: `plurichain keys fund`.
    """
    from plurichain.errors import GateFailed
    from plurichain.harness.named import bring_up

    began = time.monotonic()
    wanted = {"rpc": rpc_port, "grpc": grpc_port, "api": api_port}
    if api_port is not None:
        choices["api"] = True
    topology = _choose_topology(name, **choices)
    ports = {("node0", purpose): port for purpose, port in wanted.items() if port is not None}
    try:
        chain = bring_up(name, topology, show_note, ports=ports, register=not no_register)
    except GateFailed as error:
        for line in error.log_tail:
            show_note(f"    {line}")
        raise
    show_note(f"{name} is ready after {time.monotonic() - began:.1f} s")
    if output == TABLE:
        show_text(f"chain  {chain.chain_id}")
        for node in chain.nodes:
            show_text(f"{node.name}  grpc {node.grpc}  rpc {node.rpc}")
    else:
        show_record({"name": name, **chain.endpoints.to_json()}, output)


def _choose_topology(name: str, **choices: Any) -> Topology:
    """Return the topology of the options: of a file, or plurid's."""
    from plurichain.harness import build_binary, make_plurid_topology
    from plurichain.harness.topology_file import load_topology
    from plurichain.units import parse_duration_ns

    block_time = choices.pop("block_time")
    binary: Path | None = choices.pop("binary")
    file: Path | None = choices.pop("topology")
    changes = {key: value for key, value in choices.items() if value is not None}
    if block_time is not None:
        block_time_ns = parse_duration_ns(block_time, field="--block-time")
        if block_time_ns % 1_000_000 or not block_time_ns:
            raise click.UsageError(f"--block-time {block_time} is not whole milliseconds above 0")
        changes["block_time_ms"] = block_time_ns // 1_000_000
    if binary is not None:
        binary = binary.absolute()
    if file is not None:
        return load_topology(file, **changes, **({"binary": binary} if binary else {}))
    if binary is None:
        binary = build_binary(on_progress=show_note)
    return make_plurid_topology(binary, **{"chain_id": f"plurichain-{name}-1", **changes})


@group.command("down", example="plurichain localnet down\nplurichain localnet down --all")
@name_argument
@click.option("--all", "every", is_flag=True, help="End every localnet.")
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="End the chain in this folder, such as one that tests kept running.",
)
@click.option("--keep", is_flag=True, help="Keep the folder with its data and logs.")
def down(name: str, every: bool, folder: Path | None, keep: bool) -> None:
    """End the localnet NAME and remove it."""
    from plurichain.harness.named import get_folder, list_names, take_down, take_down_folder

    if folder is not None:
        take_down_folder(folder.resolve(), keep=keep)
        show_note(f"the chain in {folder} is down")
        return
    names = list_names() if every else [name]
    for each in names:
        take_down(each, keep=keep)
        show_note(f"{each} is down" + (f"; kept: {get_folder(each)}" if keep else ""))
    if not names:
        show_note("no localnet is up")


@group.command("status", example="plurichain localnet status\nplurichain localnet status big")
@click.argument("name", required=False)
@output_option()
def status(name: str | None, output: str) -> None:
    """Show the nodes of the localnet NAME, or of all."""
    from plurichain.harness.named import get_status, list_names

    found = [get_status(each) for each in ([name] if name else list_names())]
    if output == TABLE:
        rows = [
            {"localnet": net["name"], **{key: node[key] for key in node if key != "log"}}
            for net in found
            for node in net["nodes"]
        ]
        show_rows(rows, output, empty="no localnet is up: `plurichain localnet up` starts one")
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
    from plurichain.harness.logs import LogWatch, read_tail
    from plurichain.harness.named import get_status

    found = {each["node"]: Path(each["log"]) for each in get_status(name)["nodes"]}
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
    from plurichain.harness.named import compute_exports

    for variable, value in compute_exports(name).items():
        show_text(f"export {variable}={shlex.quote(value)}")
