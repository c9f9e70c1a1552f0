"""A network seen through fault proxies: two for each node, its RPC and its gRPC."""

from __future__ import annotations

import dataclasses
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from plurichain.harness.fault_proxy import FaultProxy
from plurichain.harness.fault_proxy_link import Traffic
from plurichain.harness.fault_proxy_thread import ProxyThread

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from plurichain.config import Network
    from plurichain.harness.fault_proxy_faults import Fault, Rule


@dataclass(frozen=True, slots=True)
class ProxiedNode:
    """The proxies of one node."""

    rpc: FaultProxy
    grpc: FaultProxy

    def __iter__(self) -> Iterator[FaultProxy]:
        """Give both."""
        return iter((self.rpc, self.grpc))

    def cut(self, *, is_silent: bool = False) -> None:
        """Cut the node off (``FaultProxy.cut``)."""
        for proxy in self:
            proxy.cut(is_silent=is_silent)

    def heal(self) -> None:
        """Undo ``cut``."""
        for proxy in self:
            proxy.heal()


class FaultyNetwork:
    """The same network as ``real``, every call through a proxy.

    ``network`` is what a client is given, ``nodes`` are the proxies in the order of the
    endpoints. ``seed`` makes all draws repeatable; without one it is drawn. Use it as a
    context manager. Raises HarnessError.
    """

    def __init__(self, real: Network, *, seed: int | None = None) -> None:
        self.seed = secrets.randbits(32) if seed is None else seed
        self._real = real
        self._thread = ProxyThread()
        self.nodes: list[ProxiedNode] = []
        try:
            for number, endpoint in enumerate(real.endpoints):
                self.nodes.append(
                    ProxiedNode(
                        self._make(endpoint.rpc, 2 * number),
                        self._make(endpoint.grpc, 2 * number + 1),
                    )
                )
        except BaseException:
            self.close()
            raise

    def _make(self, target: str, number: int) -> FaultProxy:
        return FaultProxy(target, seed=self.seed + number, thread=self._thread).start()

    @property
    def network(self) -> Network:
        """The network whose endpoints are the proxies."""
        from plurichain.config import Endpoint

        endpoints = tuple(
            Endpoint(grpc=node.grpc.address, rpc=node.rpc.address) for node in self.nodes
        )
        return dataclasses.replace(self._real, endpoints=endpoints)

    @property
    def proxies(self) -> list[FaultProxy]:
        """All proxies."""
        return [proxy for node in self.nodes for proxy in node]

    @property
    def traffic(self) -> Traffic:
        """What all proxies have counted together."""
        total = Traffic()
        for each in (proxy.traffic for proxy in self.proxies):
            total.connections += each.connections
            total.calls += each.calls
            total.bytes_up += each.bytes_up
            total.bytes_down += each.bytes_down
            for name, count in each.faults.items():
                total.faults[name] = total.faults.get(name, 0) + count
        return total

    def on_call(self, fault: Fault, *methods: str, **when: Any) -> list[Rule]:
        """Add a rule to every proxy (``FaultProxy.on_call``); each counts for itself."""
        return [proxy.on_call(fault, *methods, **when) for proxy in self.proxies]

    def on_connection(self, fault: Fault, **when: Any) -> list[Rule]:
        """Add a rule to every proxy (``FaultProxy.on_connection``)."""
        return [proxy.on_connection(fault, **when) for proxy in self.proxies]

    def clear(self) -> None:
        """Forget all rules and heal all links."""
        for proxy in self.proxies:
            proxy.remove()
            proxy.heal()

    def cut(self, *, is_silent: bool = False) -> None:
        """Cut every node off."""
        for node in self.nodes:
            node.cut(is_silent=is_silent)

    def heal(self) -> None:
        """Undo ``cut``."""
        for node in self.nodes:
            node.heal()

    def aim(self, real: Network) -> None:
        """Send new connections to the nodes of another network, and reset those there are.

        It must have as many endpoints.
        """
        for node, endpoint in zip(self.nodes, real.endpoints, strict=True):
            node.rpc.aim(endpoint.rpc)
            node.grpc.aim(endpoint.grpc)
            for proxy in node:
                proxy.reset_connections()

    def close(self) -> None:
        """End all connections and listeners; nothing is left behind."""
        for proxy in self.proxies:
            proxy.close()
        self._thread.close()

    def __enter__(self) -> Self:
        """Give it to a `with`."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()
