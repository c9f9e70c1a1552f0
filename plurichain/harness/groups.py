"""Localnets of several chains: one name for all, and each chain a localnet of its own.

The group "localnet" of the chains "a" and "b" is the localnets "localnet-a" and "localnet-b",
and a file beside their folders that says so and names the open links.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plurichain.config import home_folder, make_home_folder, save_network
from plurichain.errors import HarnessError
from plurichain.harness.chains import LocalChains
from plurichain.harness.named import (
    UP_LOCK_TIMEOUT_S,
    compute_exports,
    get_folder,
    get_group_path,
    get_status,
    list_names,
    take_down,
    validate_absent,
)
from plurichain.storage import lock, write_atomic

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from plurichain.harness.links import LinkTopology
    from plurichain.harness.topology import Topology
    from plurichain.relayer.link import Link

VERSION = 1


@dataclass(frozen=True, slots=True)
class Group:
    """A localnet of several chains: the localnets it is made of, and its links as JSON."""

    name: str
    members: tuple[str, ...]
    links: tuple[Mapping[str, Any], ...]


def find_group(name: str) -> Group | None:
    """Return a group by its name, None if there is none. Raises HarnessError for a bad file."""
    path = get_group_path(name)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["version"] != VERSION:
            raise HarnessError(
                f"{path}: version {content['version']} is not {VERSION}",
                remedy="it was written by another version of plurichain",
            )
        return Group(name, tuple(content["chains"]), tuple(content["links"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise HarnessError(
            f"{path} is not the file of a group of chains", remedy="remove it"
        ) from error


def list_members(name: str) -> list[str]:
    """Return the localnets that a name stands for: those of a group, or itself."""
    group = find_group(name)
    return list(group.members) if group is not None else [name]


def list_groups() -> list[str]:
    """Return the names of all groups, in order."""
    paths = (home_folder() / "localnets").glob("*.links.json")
    return sorted(path.name.removesuffix(".links.json") for path in paths)


def bring_up_group(
    name: str,
    topologies: Mapping[str, Topology],
    links: Sequence[LinkTopology],
    on_progress: Callable[[str], None],
    *,
    register: bool = True,
) -> LocalChains:
    """Start chains, link them, detach them and name them in the config. Raises HarnessError."""
    path = get_group_path(name)
    base = make_home_folder() / "localnets"
    base.mkdir(mode=0o700, exist_ok=True)
    members = {chain: f"{name}-{chain}" for chain in topologies}
    with lock(base / f".{name}.lock", timeout_s=UP_LOCK_TIMEOUT_S):
        for each in (name, *members.values()):
            validate_absent(each, get_folder(each))
        folders = {chain: get_folder(member) for chain, member in members.items()}
        chains = LocalChains.start(topologies, folders, on_progress, links=links)
        try:
            content = {
                "version": VERSION,
                "chains": list(members.values()),
                "links": [describe_link(link, topologies, members) for link in chains.links],
            }
            write_atomic(path, (json.dumps(content, indent=2) + "\n").encode())
            if register:
                for chain, member in members.items():
                    save_network(chains[chain].network(member))
            chains.detach()
        except BaseException:
            chains.stop()
            path.unlink(missing_ok=True)
            raise
    return chains


def describe_link(
    link: Link, topologies: Mapping[str, Topology], members: Mapping[str, str]
) -> dict[str, Any]:
    """Return a link as JSON: each side with the network that it is on."""
    networks = {topology.chain_id: members[name] for name, topology in topologies.items()}
    return {
        side: {"network": networks[end.chain_id], **dataclasses.asdict(end)}
        for side, end in (("a", link.a), ("b", link.b))
    }


def take_down_group(group: Group, *, keep: bool = False) -> None:
    """End all chains of a group; those that are gone already do not matter."""
    for member in group.members:
        with contextlib.suppress(HarnessError):
            take_down(member, keep=keep)
    if not keep:
        get_group_path(group.name).unlink(missing_ok=True)


def get_group_status(group: Group) -> dict[str, Any]:
    """Return what is known of a group: its chains as `get_status` tells, and its links."""
    there = set(list_names())
    return {
        "name": group.name,
        "chains": [get_status(member) for member in group.members if member in there],
        "links": list(group.links),
    }


def compute_group_exports(group: Group) -> dict[str, str]:
    """Return the environment of the first chain, and the networks and links of all."""
    return {
        **compute_exports(group.members[0]),
        "PLURICHAIN_NETWORKS": ",".join(group.members),
        "PLURICHAIN_LINKS": str(get_group_path(group.name)),
    }
