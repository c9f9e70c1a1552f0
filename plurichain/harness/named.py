"""Localnets that outlive the command that started them, by name, in the user's home folder."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any

from plurichain.config import (
    home_folder,
    load_config,
    make_home_folder,
    remove_network,
    save_network,
)
from plurichain.errors import HarnessError, NodeError
from plurichain.harness import registry
from plurichain.harness.chain import LocalChain
from plurichain.harness.endpoints import FILE_NAME as ENDPOINTS_FILE
from plurichain.harness.endpoints import read_endpoints
from plurichain.harness.node import Node
from plurichain.harness.supervision import Supervision
from plurichain.identifiers import validate_network_name
from plurichain.storage import lock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from plurichain.harness.topology import Topology

DEFAULT_NAME = "localnet"
UP_LOCK_TIMEOUT_S = 90.0


def get_folder(name: str) -> Path:
    """Return the folder of a named localnet, which may not exist. Raises InputError."""
    validate_network_name(name)
    return home_folder() / "localnets" / name


def get_group_path(name: str) -> Path:
    """Return the file that makes a name stand for several localnets. Raises InputError."""
    validate_network_name(name)
    return home_folder() / "localnets" / f"{name}.links.json"


def list_names() -> list[str]:
    """Return the names of all localnets that have a folder, in order."""
    base = home_folder() / "localnets"
    return sorted(path.name for path in base.glob("*") if path.is_dir())


def bring_up(
    name: str,
    topology: Topology,
    on_progress: Callable[[str], None],
    *,
    ports: Mapping[tuple[str, str], int] | None = None,
    register: bool = True,
) -> LocalChain:
    """Start a localnet, detach it and name it in the config. Raises HarnessError."""
    folder = get_folder(name)
    base = make_home_folder() / "localnets"
    base.mkdir(mode=0o700, exist_ok=True)
    with lock(base / f".{name}.lock", timeout_s=UP_LOCK_TIMEOUT_S):
        validate_absent(name, folder)
        chain = LocalChain.start(topology, folder, on_progress, ports=ports)
        try:
            if register:
                save_network(chain.network(name))
            chain.detach()
        except BaseException:
            chain.stop()
            raise
    return chain


def validate_absent(name: str, folder: Path) -> None:
    """Raise HarnessError if a localnet of this name is up, or its folder is still there."""
    if get_group_path(name).exists():
        raise HarnessError(
            f"localnet {name} is there already, with several chains",
            remedy=f"end it with: plurichain localnet down {name}",
        )
    if not folder.exists() or not any(folder.iterdir()):
        return
    state = registry.read_state(folder)
    if state is not None and registry.is_supervised(state):
        raise HarnessError(
            f"localnet {name} is up already", remedy=f"end it with: plurichain localnet down {name}"
        )
    raise HarnessError(
        f"localnet {name} has ended but its folder {folder} is still there",
        remedy=f"remove it with: plurichain localnet down {name}",
    )


def _validate_present(name: str, folder: Path) -> None:
    if not folder.exists():
        raise HarnessError(
            f"there is no localnet {name}", remedy=f"start it with: plurichain localnet up {name}"
        )


def open_named(name: str) -> LocalChain:
    """Return the running localnet of this name. Raises HarnessError that says how to start one."""
    folder = get_folder(name)
    state = registry.read_state(folder)
    if state is None or not registry.is_supervised(state):
        raise HarnessError(
            f"no localnet {name} is up", remedy=f"start it with: plurichain localnet up {name}"
        )
    return LocalChain.open(folder)


def take_down(name: str, *, keep: bool = False) -> None:
    """End a localnet, remove its folder (unless ``keep``) and its name from the config.

    A localnet whose processes died is cleaned up the same way. Raises HarnessError if there is
    none of this name.
    """
    folder = get_folder(name)
    _validate_present(name, folder)
    _end(folder, keep=keep)
    _forget_network(name, folder)


def take_down_folder(folder: Path, *, keep: bool = False) -> None:
    """End the chain in a folder, such as one that tests left running. Raises HarnessError."""
    read_endpoints(folder)
    _end(folder, keep=keep)


def _end(folder: Path, *, keep: bool) -> None:
    state = registry.read_state(folder)
    if state is not None and registry.is_supervised(state):
        Supervision.attach(folder).stop(remove=not keep, grace_s=3.0)
    registry.reap_stale()
    if not keep:
        shutil.rmtree(folder, ignore_errors=True)


def _forget_network(name: str, folder: Path) -> None:
    """Remove the network that `bring_up` added, if it is still that one."""
    network = load_config().networks.get(name)
    if network is not None and network.faucet_mnemonic_file == str(
        folder.resolve() / "faucet.mnemonic"
    ):
        remove_network(name)


def get_status(name: str) -> dict[str, Any]:
    """Return what is known of a localnet: its processes and each node's height.

    Raises HarnessError if there is none of this name.
    """
    folder = get_folder(name)
    _validate_present(name, folder)
    state = registry.read_state(folder)
    running = state is not None and registry.is_supervised(state)
    if not (folder / ENDPOINTS_FILE).exists():
        # It is about to start, or could not even be written.
        return {"name": name, "chain_id": "", "running": False, "folder": str(folder), "nodes": []}
    endpoints = read_endpoints(folder)
    nodes = []
    for node_endpoints in endpoints.nodes:
        node = Node(node_endpoints, Supervision(folder, None))
        nodes.append(
            {
                "node": node.name,
                "state": _describe_state(node) if running else "ended",
                "pid": node.pid if running else None,
                "height": _find_height(node) if running else None,
                "grpc": node.grpc,
                "rpc": node.rpc,
                "log": str(node.log),
            }
        )
    return {
        "name": name,
        "chain_id": endpoints.chain_id,
        "running": running,
        "folder": str(folder),
        "nodes": nodes,
    }


def _describe_state(node: Node) -> str:
    panic = node.watch.find_panic()
    if panic is not None:
        return f"panic: {panic.removeprefix('panic: ')}"
    return "running" if node.pid is not None else f"ended with status {node.exit_code}"


def _find_height(node: Node) -> int | None:
    if node.pid is None:
        return None
    try:
        return node.get_height()
    except NodeError:
        return None


def compute_exports(name: str) -> dict[str, str]:
    """Return the environment variables that make commands and scripts use a localnet."""
    folder = get_folder(name)
    _validate_present(name, folder)
    endpoints = read_endpoints(folder)
    first = endpoints.nodes[0]
    return {
        "PLURICHAIN_HOME": os.fspath(home_folder()),
        "PLURICHAIN_NETWORK": name,
        "PLURICHAIN_ENDPOINTS": os.fspath(folder / "endpoints.json"),
        "PLURICHAIN_CHAIN_ID": endpoints.chain_id,
        "PLURICHAIN_GRPC": first.grpc,
        "PLURICHAIN_RPC": first.rpc,
        "PLURICHAIN_NODE_HOME": os.fspath(first.home),
    }
