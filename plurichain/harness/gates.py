"""When a chain is ready: gates that open one after the other, each with a name.

`process`: every node's process lives. `rpc`: every node's RPC answers with the chain id. `height`:
every node has block 2 (block 1 carries the genesis time, on which unordered transactions cannot be
timed). `grpc`: every node answers a gRPC query. A gate that does not open in time is the error's
name, with what the node wrote last; a panic or an exit is the error at once.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from plurichain.errors import GateFailed, HarnessError, NodeError
from plurichain.harness.logs import read_tail

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plurichain.config import Network
    from plurichain.harness.node import Node

READY_HEIGHT = 2
CALL_DEADLINE_S = 2.0
POLL_S = 0.01
TAIL_LINES = 8


def wait_ready(
    nodes: Sequence[Node],
    network: Network,
    *,
    timeout_s: float,
    on_progress: Callable[[str], None],
) -> None:
    """Wait until every gate of every node is open. Raises GateFailed."""
    deadline = time.monotonic() + timeout_s
    checks: list[tuple[str, Callable[[Node], str | None]]] = [
        ("process", _check_process),
        ("rpc", lambda node: _check_rpc(node, network.chain_id)),
        ("height", _check_height),
        ("grpc", lambda node: _check_grpc(node, network)),
    ]
    for gate, check in checks:
        for node in nodes:
            _wait_gate(gate, check, node, deadline, timeout_s)
        on_progress(f"gate {gate} is open")


def _wait_gate(
    gate: str,
    check: Callable[[Node], str | None],
    node: Node,
    deadline: float,
    timeout_s: float,
) -> None:
    while True:
        try:
            node.validate_healthy()
            missing = check(node)
        except HarnessError as error:
            raise _make_failure(gate, node, error.cause) from error
        except NodeError as error:
            missing = error.cause
        if missing is None:
            return
        if time.monotonic() > deadline:
            raise _make_failure(gate, node, f"{missing} (waited {timeout_s:g} s)")
        time.sleep(POLL_S)


def _make_failure(gate: str, node: Node, reason: str) -> GateFailed:
    lines = read_tail(node.log, TAIL_LINES) or ["(no output)"]
    error = GateFailed(
        f"gate {gate} of {node.name} did not open: {reason}",
        gate=gate,
        remedy=f"the whole log is {node.log}",
        log_tail=tuple(lines),
    )
    # A test run shows notes below the error.
    error.add_note("\n".join([f"{node.name} wrote last:", *(f"    {line}" for line in lines)]))
    return error


def _check_process(node: Node) -> str | None:
    return None if node.pid is not None else "the process does not run"


def _check_rpc(node: Node, chain_id: str) -> str | None:
    found = node.get_status().get("node_info", {}).get("network")
    return None if found == chain_id else f"RPC answers for chain {found}, not {chain_id}"


def _check_height(node: Node) -> str | None:
    height = node.get_height()
    return None if height >= READY_HEIGHT else f"height is {height}, not {READY_HEIGHT}"


def _check_grpc(node: Node, network: Network) -> str | None:
    # Imported here: gRPC takes a third of a second, in which the node starts already.
    from plurichain.chain.nodes.client import ChainClient
    from plurichain.config import Endpoint

    endpoint = Endpoint(grpc=node.grpc, rpc=node.rpc)
    with ChainClient(network, timeout_s=CALL_DEADLINE_S, endpoint=endpoint) as client:
        client.check()
    return None
