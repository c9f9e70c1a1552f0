"""All checks of several networks, side by side: one that hangs holds up no other."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plurichain.chain.budget import Budget
from plurichain.chain.nodes.client import ChainClient
from plurichain.tracker.health.client_checks import check_clients
from plurichain.tracker.health.node_checks import check_node
from plurichain.tracker.health.tracking_checks import check_tracking
from plurichain.tracker.health.wallet_checks import check_wallets

if TYPE_CHECKING:
    from plurichain.chain.types import NodeStatus
    from plurichain.config import ChainMemory, Network
    from plurichain.tracker.health.findings import Finding
    from plurichain.tracker.observing.watched import WatchedWallet
    from plurichain.tracker.store import PacketStore


@dataclass(frozen=True, slots=True)
class HealthPlan:
    """What is checked: networks, the wallets of each by chain id, the tracker's database.

    ``timeout_s`` bounds one call, ``total_s`` all that is asked of one network.
    """

    networks: Sequence[Network]
    wallets: Mapping[str, Sequence[WatchedWallet]]
    store: PacketStore | None
    memory: ChainMemory | None = None
    timeout_s: float = 5.0
    total_s: float = 60.0
    clock_ns: Callable[[], int] = time.time_ns


def check_health(plan: HealthPlan) -> list[Finding]:
    """Return all findings, network by network in their order. Raises StorageError."""
    with contextlib.ExitStack() as stack:
        clients = {
            network.chain_id: stack.enter_context(
                ChainClient(network, timeout_s=plan.timeout_s, memory=plan.memory)
            )
            for network in plan.networks
        }
        pool = stack.enter_context(ThreadPoolExecutor(len(plan.networks) or 1))
        pending = [pool.submit(_check_network, plan, each, clients) for each in plan.networks]
        return [finding for each in pending for finding in each.result()]


def _check_network(
    plan: HealthPlan, network: Network, clients: Mapping[str, ChainClient]
) -> list[Finding]:
    with Budget(plan.total_s).running():
        found, best = _check_nodes(plan, network)
        if best is not None and not best.catching_up:
            client = clients[network.chain_id]
            found += check_clients(client, clients)
            found += check_wallets(client, plan.wallets.get(network.chain_id, ()))
        return [*found, *check_tracking(plan.store, network, best)]


def _check_nodes(plan: HealthPlan, network: Network) -> tuple[list[Finding], NodeStatus | None]:
    """Check each node by itself; returns the status of the one that is ahead too."""
    cursor = None if plan.store is None else plan.store.get_cursor(network.chain_id)
    found: list[Finding] = []
    best: NodeStatus | None = None
    for endpoint in network.endpoints:
        with ChainClient(
            network, endpoint=endpoint, timeout_s=plan.timeout_s, memory=plan.memory
        ) as client:
            status, said = check_node(client, cursor, plan.clock_ns())
        found += said
        if status is not None and (best is None or _rank(status) > _rank(best)):
            best = status
    return found, best


def _rank(status: NodeStatus) -> tuple[bool, int]:
    return not status.catching_up, status.height
