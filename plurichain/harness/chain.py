"""A local chain: made from a topology in a folder, started, watched, ended."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from plurichain.errors import HarnessError, NodeError
from plurichain.harness.accounts import Account
from plurichain.harness.endpoints import Endpoints, NodeEndpoints, read_endpoints, write_endpoints
from plurichain.harness.gates import wait_ready
from plurichain.harness.genesis import compute_accounts, compute_genesis
from plurichain.harness.node import Node
from plurichain.harness.node_home import compute_environment, get_init_files, write_home
from plurichain.harness.ports import HOST, PortReservation
from plurichain.harness.registry import reap_stale
from plurichain.harness.supervision import Supervision
from plurichain.harness.supervisor import PLAN
from plurichain.harness.topology import FAUCET

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from plurichain.config import Network
    from plurichain.harness.topology import Topology

ACCOUNTS_FILE = "accounts.json"
START_TIMEOUT_S = 60.0
STOP_GRACE_S = 3.0


def _ignore(_: str) -> None:
    """Take progress that nobody wants to see."""


class LocalChain:
    """A running chain. Use it as a context manager, or call `stop` at the end.

    If the process that started it ends in whatever way, its nodes are killed and its folder is
    removed, unless it was detached.
    """

    def __init__(
        self, folder: Path, endpoints: Endpoints, supervision: Supervision, binary: Path
    ) -> None:
        self.folder = folder
        self.endpoints = endpoints
        self.binary = binary
        self.nodes = [Node(node, supervision) for node in endpoints.nodes]
        self._supervision = supervision

    @classmethod
    def start(
        cls,
        topology: Topology,
        folder: Path,
        on_progress: Callable[[str], None] = _ignore,
        *,
        ports: Mapping[tuple[str, str], int] | None = None,
        timeout_s: float | None = None,
    ) -> LocalChain:
        """Make a chain in a folder that is missing or empty, start it, wait until it is ready.

        ``ports`` asks for certain ports by (node name, "rpc" | "grpc" | "p2p" | "api"); the rest is
        free ones. ``timeout_s`` is by default a minute and three blocks. Raises PortInUse,
        BinaryError, GateFailed (with the folder kept) and HarnessError.
        """
        if timeout_s is None:
            timeout_s = START_TIMEOUT_S + 3 * topology.block_time_ms / 1_000
        reap_stale()
        folder = _make_folder(folder)
        with PortReservation() as reservation:
            try:
                _reserve_ports(reservation, topology, ports or {})
                supervision = Supervision.start(folder, reservation.lock_descriptors)
            except BaseException:
                _remove_if_unused(folder)
                raise
            try:
                chain = cls._compose(topology, folder, supervision, reservation.ports)
                on_progress(f"genesis composed for {len(chain.nodes)} node(s)")
                reservation.release_sockets()
                for node in chain.nodes:
                    node.start()
                chain.wait_ready(timeout_s=timeout_s, on_progress=on_progress)
            except BaseException as error:
                # What went wrong stands in the folder; an interrupt leaves nothing to look at.
                supervision.stop(remove=not isinstance(error, HarnessError), grace_s=0.0)
                if isinstance(error, HarnessError) and folder.exists():
                    error.remedy = _describe_folder(folder, topology.binary)
                raise
        return chain

    @classmethod
    def _compose(
        cls,
        topology: Topology,
        folder: Path,
        supervision: Supervision,
        ports: Mapping[tuple[str, str], int],
    ) -> LocalChain:
        """Write everything that the nodes need and return the chain, not yet started."""
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
            gas_price="0",
            nodes=tuple(_find_endpoints(folder, name, ports) for name in topology.node_names),
            faucet_mnemonic_file=folder / "faucet.mnemonic",
        )
        _write_private(endpoints.faucet_mnemonic_file, accounts[FAUCET].mnemonic + "\n")
        _write_accounts(folder, accounts)
        write_endpoints(folder, endpoints)
        (folder / PLAN).write_text(
            json.dumps(_make_plan(topology, binary, endpoints)), encoding="utf-8"
        )
        return cls(folder, endpoints, supervision, binary)

    @classmethod
    def open(cls, folder: Path) -> LocalChain:
        """Return the detached chain that runs in a folder. Raises HarnessError."""
        folder = folder.resolve()
        endpoints = read_endpoints(folder)
        plan = json.loads((folder / PLAN).read_text(encoding="utf-8"))
        chain = cls(folder, endpoints, Supervision.attach(folder), Path(plan["binary"]))
        for node in chain.nodes:
            node.watch.skip()
        return chain

    # --- what there is ---------------------------------------------------------------------------

    @property
    def chain_id(self) -> str:
        """The chain id."""
        return self.endpoints.chain_id

    def network(self, name: str = "localnet") -> Network:
        """Return the chain as a network of the config layer."""
        from plurichain.config import parse_network_file

        text = json.dumps(self.endpoints.to_json())
        return parse_network_file(text, source=str(self.folder / "endpoints.json"), name=name)

    @property
    def faucet_mnemonic(self) -> str:
        """The words of the account that holds every coin."""
        return self.endpoints.faucet_mnemonic_file.read_text(encoding="utf-8").strip()

    def get_account(self, name: str) -> Account:
        """Return the faucet, a validator ("validator0") or a named account. Raises HarnessError."""
        found = json.loads((self.folder / ACCOUNTS_FILE).read_text(encoding="utf-8"))
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

    def is_running(self) -> bool:
        """Tell whether the chain has not been stopped; single nodes may be down."""
        return self._supervision.is_alive()

    # --- waiting ---------------------------------------------------------------------------------

    def validate_healthy(self) -> None:
        """Raise HarnessError if any node panicked or ended, with the first line that says why."""
        for node in self.nodes:
            node.validate_healthy()

    def wait_ready(
        self,
        *,
        timeout_s: float = START_TIMEOUT_S,
        on_progress: Callable[[str], None] = _ignore,
    ) -> None:
        """Wait until every gate of every node is open. Raises GateFailed."""
        wait_ready(self.nodes, self.network(), timeout_s=timeout_s, on_progress=on_progress)

    def wait_for_height(self, height: int, *, timeout_s: float = 30.0) -> int:
        """Wait until every running node has this block; returns the least height reached.

        Raises HarnessError with every node's height when time is up, and at once on a panic.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            heights: dict[str, int | str] = {}
            for node in self.nodes:
                if node.pid is None and node.exit_code == -9:
                    continue
                node.validate_healthy()
                try:
                    heights[node.name] = node.get_height()
                except NodeError as error:
                    heights[node.name] = error.cause
            reached = [found for found in heights.values() if isinstance(found, int)]
            if reached and len(reached) == len(heights) and min(reached) >= height:
                return min(reached)
            if time.monotonic() > deadline:
                seen = ", ".join(f"{name}: {found}" for name, found in heights.items())
                raise HarnessError(f"height {height} was not reached in {timeout_s:g} s ({seen})")
            time.sleep(0.01)

    # --- the end ---------------------------------------------------------------------------------

    def detach(self) -> None:
        """Let the chain outlive this process; `LocalChain.open` takes hold of it again."""
        self._supervision.order("detach")
        self._supervision.release()

    def keep_folder(self, *, keep: bool) -> None:
        """Say whether the folder stays when the process that started the chain ends."""
        self._supervision.order("keep", keep=keep)

    def stop(self, *, remove: bool = True, grace_s: float = STOP_GRACE_S) -> None:
        """End all nodes and remove the folder, or keep it for somebody to look at."""
        self._supervision.stop(remove=remove, grace_s=grace_s)

    def describe_folder(self) -> str:
        """Return how to look into the folder and how to run its first node again."""
        return _describe_folder(self.folder, self.binary)

    def __enter__(self) -> Self:
        """Give the chain to a `with`."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the chain; its folder stays if the block failed."""
        self.stop(remove=error is None)


def _make_folder(folder: Path) -> Path:
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


def _remove_if_unused(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)


def _reserve_ports(
    reservation: PortReservation, topology: Topology, wanted: Mapping[tuple[str, str], int]
) -> None:
    purposes = ("rpc", "grpc", "p2p", "api") if topology.api else ("rpc", "grpc", "p2p")
    needed = [(name, purpose) for name in topology.node_names for purpose in purposes]
    # Ports that were asked for come first, before a free one is found that is one of them.
    for name, purpose in sorted(needed, key=lambda need: need not in wanted):
        reservation.reserve(name, purpose, wanted.get((name, purpose)))


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
                    str(binary), "start", "--home", str(node.home), *topology.start_arguments
                ],
                "home": str(node.home),
                "environment": compute_environment(node.home),
                "log": str(node.home / "node.log"),
            }
            for node in endpoints.nodes
        },
    }  # fmt: skip


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def _write_accounts(folder: Path, accounts: Mapping[str, Account]) -> None:
    """Write the accounts with their keys, mode 0600: whoever opens the chain needs them."""
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


def _describe_folder(folder: Path, binary: Path) -> str:
    return f"kept: {folder}; run it again with: {binary} start --home {folder / 'node0'}"
