"""A local chain: made from a topology in a folder, started, watched, ended."""

from __future__ import annotations

import json
import shutil
import time
from typing import TYPE_CHECKING, Self

from plurichain.errors import GateFailed, HarnessError, NodeError
from plurichain.harness.chain_folder import (
    describe_folder,
    make_folder,
    read_account,
    read_binary,
    reserve_ports,
    write_chain_folder,
)
from plurichain.harness.endpoints import read_endpoints
from plurichain.harness.gates import wait_ready
from plurichain.harness.node import Node
from plurichain.harness.ports import PortReservation
from plurichain.harness.registry import reap_stale
from plurichain.harness.supervision import Supervision

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from types import TracebackType

    from plurichain.config import Network
    from plurichain.harness.accounts import Account
    from plurichain.harness.endpoints import Endpoints
    from plurichain.harness.topology import Topology

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
        folder = make_folder(folder)
        with PortReservation() as reservation:
            try:
                reserve_ports(reservation, topology, ports or {})
                supervision = Supervision.start(folder, reservation.lock_descriptors)
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
            try:
                endpoints = write_chain_folder(folder, topology, reservation.ports)
                chain = cls(folder, endpoints, supervision, topology.binary.absolute())
                on_progress(f"genesis composed for {len(chain.nodes)} node(s)")
                reservation.release_sockets()
                for node in chain.nodes:
                    node.start()
                chain.wait_ready(timeout_s=timeout_s, on_progress=on_progress)
            except BaseException as error:
                # Why a node did not come up stands in its log; of anything else nothing stays.
                supervision.stop(remove=not isinstance(error, GateFailed), grace_s=0.0)
                if isinstance(error, GateFailed):
                    error.remedy = describe_folder(folder, topology.binary.absolute())
                raise
        return chain

    @classmethod
    def open(cls, folder: Path) -> LocalChain:
        """Return the detached chain that runs in a folder. Raises HarnessError."""
        folder = folder.resolve()
        endpoints = read_endpoints(folder)
        chain = cls(folder, endpoints, Supervision.attach(folder), read_binary(folder))
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
        return read_account(self.folder, name)

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
        return describe_folder(self.folder, self.binary)

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
