"""Which chains `localnet up` starts: options of plurid's, or a file of others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plurichain.cli.output import show_note

if TYPE_CHECKING:
    from collections.abc import Callable

    from plurichain.harness import LinkTopology, Topology


def topology_options(function: Callable[..., Any]) -> Callable[..., Any]:
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


def choose_chains(
    name: str, count: int | None, *, link: bool, **choices: Any
) -> tuple[dict[str, Topology], list[LinkTopology]] | None:
    """Return several chains and their links, None if one chain is wanted."""
    from plurichain.harness import make_line, make_plurid_topologies
    from plurichain.harness.links import add_relayer
    from plurichain.harness.topology_file import load_topologies

    file: Path | None = choices.pop("topology")
    chain_id = choices.pop("chain_id")
    changes = _make_changes(choices)
    if file is not None:
        found = load_topologies(file, **changes)
        if count is not None or link:
            raise click.UsageError("--chains and --link: the topology file names chains and links")
        if found is not None and chain_id is not None:
            raise click.UsageError("--chain-id is for one chain; those of the file have their own")
        return found
    if count is None:
        if link:
            raise click.UsageError("--link needs two chains or more: --chains 2")
        return None
    if chain_id is not None:
        raise click.UsageError("--chain-id is for one chain; with --chains they have their own")
    binary = changes.pop("binary", None) or _build_plurid()
    made = make_plurid_topologies(binary, count, chain_prefix=f"plurichain-{name}", **changes)
    topologies = {each: add_relayer(topology) for each, topology in made.items()}
    if link and count < 2:
        raise click.UsageError("--link needs two chains or more: --chains 2")
    return topologies, make_line(list(topologies)) if link else []


def _build_plurid() -> Path:
    from plurichain.harness import build_binary

    return build_binary(on_progress=show_note)


def _make_changes(choices: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of Topology that options set."""
    from plurichain.units import parse_duration_ns

    changes = {key: value for key, value in choices.items() if value is not None}
    block_time = changes.pop("block_time", None)
    if block_time is not None:
        block_time_ns = parse_duration_ns(block_time, field="--block-time")
        if block_time_ns % 1_000_000 or not block_time_ns:
            raise click.UsageError(f"--block-time {block_time} is not whole milliseconds above 0")
        changes["block_time_ms"] = block_time_ns // 1_000_000
    if "binary" in changes:
        changes["binary"] = changes["binary"].absolute()
    return changes


def choose_topology(name: str, **choices: Any) -> Topology:
    """Return the topology of the options: of a file, or plurid's that can be linked later."""
    from plurichain.harness import make_plurid_topology
    from plurichain.harness.links import add_relayer
    from plurichain.harness.topology_file import load_topology

    file: Path | None = choices.pop("topology")
    changes = _make_changes(choices)
    if file is not None:
        return load_topology(file, **changes)
    binary = changes.pop("binary", None) or _build_plurid()
    made = make_plurid_topology(binary, **{"chain_id": f"plurichain-{name}-1", **changes})
    return add_relayer(made)
