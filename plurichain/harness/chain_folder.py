"""The folder of a chain: everything its nodes need, written before any of them starts.

::

    endpoints.json     where the nodes answer
    accounts.json      keys of the accounts (0600)
    faucet.mnemonic    words of the account that holds every coin (0600)
    plan.json          how the supervisor starts each node
    node0/ node1/ …    homes of the nodes; node.log is what a node wrote
    state.json orders supervisor.log    the supervisor's
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plurichain.errors import HarnessError
from plurichain.harness.accounts import Account
from plurichain.harness.endpoints import Endpoints, NodeEndpoints, write_endpoints
from plurichain.harness.genesis import compute_accounts, compute_genesis
from plurichain.harness.node_home import compute_environment, get_init_files, write_home
from plurichain.harness.ports import HOST
from plurichain.harness.supervisor import PLAN
from plurichain.harness.topology import FAUCET

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plurichain.harness.ports import PortReservation
    from plurichain.harness.topology import Topology

ACCOUNTS_FILE = "accounts.json"


def make_folder(folder: Path) -> Path:
    """Make the folder (0700) and return its real path. Raises HarnessError if it holds anything."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        if any(folder.iterdir()):
            raise HarnessError(
                f"{folder} is not empty", remedy="name another folder; nothing is overwritten"
            )
    except OSError as error:
        raise HarnessError(f"{folder} cannot be used: {error.strerror}") from error
    return folder.resolve()


def reserve_ports(
    reservation: PortReservation, topology: Topology, wanted: Mapping[tuple[str, str], int]
) -> None:
    """Reserve the ports of every node: the wanted ones, and free ones. Raises PortInUse."""
    purposes = ("rpc", "grpc", "p2p", "api") if topology.api else ("rpc", "grpc", "p2p")
    needed = [(name, purpose) for name in topology.node_names for purpose in purposes]
    unknown = [need for need in wanted if need not in needed]
    if unknown:
        raise HarnessError(f"no {unknown[0][0]} with a port for {unknown[0][1]} in this topology")
    # Ports that were asked for come first, before a free one is found that is one of them.
    for name, purpose in sorted(needed, key=lambda need: need not in wanted):
        reservation.reserve(name, purpose, wanted.get((name, purpose)))


def write_chain_folder(
    folder: Path, topology: Topology, ports: Mapping[tuple[str, str], int]
) -> Endpoints:
    """Write the whole folder and return where the chain will answer. Raises BinaryError."""
    binary = topology.binary.absolute()
    init = get_init_files(binary)
    accounts = compute_accounts(topology)
    genesis = compute_genesis(topology, accounts, init.genesis)
    for name in topology.node_names:
        write_home(folder / name, topology, name=name, init=init, genesis=genesis, ports=ports)
    endpoints = Endpoints(
        chain_id=topology.chain_id,
        bech32_prefix=topology.prefix,
        fee_denom=topology.bond_denom,
        gas_price=topology.gas_price,
        nodes=tuple(_find_endpoints(folder, name, ports) for name in topology.node_names),
        faucet_mnemonic_file=folder / "faucet.mnemonic",
    )
    _write_private(endpoints.faucet_mnemonic_file, accounts[FAUCET].mnemonic + "\n")
    _write_accounts(folder, accounts)
    write_endpoints(folder, endpoints)
    plan = _make_plan(topology, binary, endpoints)
    (folder / PLAN).write_text(json.dumps(plan), encoding="utf-8")
    return endpoints


def _find_endpoints(folder: Path, name: str, ports: Mapping[tuple[str, str], int]) -> NodeEndpoints:
    api = ports.get((name, "api"))
    return NodeEndpoints(
        name=name,
        grpc=f"{HOST}:{ports[name, 'grpc']}",
        rpc=f"http://{HOST}:{ports[name, 'rpc']}",
        api=f"http://{HOST}:{api}" if api else "",
        home=folder / name,
    )


def _make_plan(topology: Topology, binary: Path, endpoints: Endpoints) -> dict[str, Any]:
    """Return what the supervisor must know to start each node."""
    return {
        "version": 1,
        "binary": str(binary),
        "nodes": {
            node.name: {
                "command": [
                    *(str(binary), "start", "--home", str(node.home)),
                    *topology.start_arguments,
                ],
                "home": str(node.home),
                "environment": compute_environment(node.home),
                "log": str(node.home / "node.log"),
            }
            for node in endpoints.nodes
        },
    }


def read_binary(folder: Path) -> Path:
    """Return the binary of the chain in a folder."""
    return Path(json.loads((folder / PLAN).read_text(encoding="utf-8"))["binary"])


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def _write_accounts(folder: Path, accounts: Mapping[str, Account]) -> None:
    content = {
        name: {
            "address": account.address,
            "operator_address": account.operator_address,
            "public_key": account.public_key.hex(),
            "mnemonic": account.mnemonic,
            "private_key": account.private_key.hex(),
        }
        for name, account in accounts.items()
    }
    _write_private(folder / ACCOUNTS_FILE, json.dumps(content, indent=1))


def read_account(folder: Path, name: str) -> Account:
    """Return an account of the chain by its name. Raises HarnessError."""
    found = json.loads((folder / ACCOUNTS_FILE).read_text(encoding="utf-8"))
    if name not in found:
        raise HarnessError(f"no account {name}; there are {', '.join(found)}")
    entry = found[name]
    return Account(
        name,
        entry["address"],
        entry["operator_address"],
        bytes.fromhex(entry["public_key"]),
        entry["mnemonic"],
        bytes.fromhex(entry["private_key"]),
    )


def describe_folder(folder: Path, binary: Path) -> str:
    """Return how to look into the folder and how to run its first node again."""
    return f"kept: {folder}; run it again with: {binary} start --home {folder / 'node0'}"
