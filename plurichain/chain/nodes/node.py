"""One node of a network: its RPC and gRPC, checked before anything of it is believed."""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import TYPE_CHECKING, Any

from plurichain.chain import protos
from plurichain.chain.nodes.grpc_channel import GrpcChannel
from plurichain.chain.nodes.rpc import RpcClient
from plurichain.errors import BadReply, NodeBehind, NotFound, WrongChain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plurichain.chain.nodes.grpc_channel import HeightPin
    from plurichain.chain.nodes.history import ChainHistory
    from plurichain.chain.nodes.tls import TlsFiles
    from plurichain.chain.types import Header, NodeStatus
    from plurichain.config import Endpoint, Network

_NS = 1_000_000_000

logger = logging.getLogger(__name__)


class Node:
    """Connections to ``endpoint``, opened on first use and anew in a forked child.

    A child must not use its parent's sockets, nor gRPC's threads, which it does not have.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        network: Network,
        *,
        timeout_s: float,
        tls: TlsFiles,
        history: ChainHistory,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self.endpoint = endpoint
        self._network = network
        self._timeout_s = timeout_s
        self._tls = tls
        self._history = history
        self._clock_ns = clock_ns
        self._guard = threading.RLock()
        self._opened: tuple[int, RpcClient, GrpcChannel] | None = None
        self._methods: dict[str, Any] = {}
        self._left_behind: list[object] = []
        self._checked_breaks = -1
        self._height = 0
        self._has_warned = False

    # --- connections -----------------------------------------------------------------------------

    @property
    def rpc(self) -> RpcClient:
        """The RPC client of this process."""
        return self._open()[1]

    @property
    def grpc(self) -> GrpcChannel:
        """The gRPC channel of this process."""
        return self._open()[2]

    def _open(self) -> tuple[int, RpcClient, GrpcChannel]:
        opened = self._opened
        if opened is not None and opened[0] == os.getpid():
            return opened
        with self._guard:
            opened = self._opened
            if opened is not None:
                if opened[0] == os.getpid():
                    return opened
                # Closing them here would end the parent's calls.
                self._left_behind.append(opened)
            self._methods.clear()
            self._checked_breaks = -1
            urls = (self.endpoint.rpc, self.endpoint.grpc)
            is_tls = any(url.startswith("https://") for url in urls)
            context = self._tls.make_context() if is_tls else None
            rpc = RpcClient(self.endpoint.rpc, timeout_s=self._timeout_s, tls_context=context)
            grpc = GrpcChannel(
                self.endpoint.grpc,
                timeout_s=self._timeout_s,
                root_certificates=self._tls.ca,
                client_certificate=self._tls.client_cert,
                client_key=self._tls.client_key,
                tls_context=self._tls.make_context(is_grpc=True) if is_tls else None,
            )
            self._opened = (os.getpid(), rpc, grpc)
            return self._opened

    def close(self) -> None:
        """Close all connections; the next use opens them again."""
        with self._guard:
            opened, self._opened = self._opened, None
            self._methods.clear()
            self._checked_breaks = -1
        if opened is not None and opened[0] == os.getpid():
            opened[1].close()
            opened[2].close()

    # --- checks ----------------------------------------------------------------------------------

    def ready(self) -> None:
        """Check the node if that was not done, or if its server may have been replaced."""
        if self._checked_breaks == self.rpc.breaks:
            return
        with self._guard:
            if self._checked_breaks != self.rpc.breaks:
                self.admit()

    def admit(self) -> NodeStatus:
        """``check`` the node, and refuse it while it is catching up."""
        status = self.check()
        if status.catching_up:
            raise NodeBehind(
                f"{self.endpoint.rpc} is catching up with the chain, at block {status.height}",
                remedy="wait until the node has all blocks, or use another node",
            )
        return status

    def check(self) -> NodeStatus:
        """Return what the node says of itself, compared with what the network says.

        Raises WrongChain if its RPC or its gRPC serves another chain, ChainReset, or
        another NodeError. A clock that is far from the last block's time is warned of.
        """
        rpc, grpc = self.rpc, self.grpc
        status = rpc.get_status()
        self._compare(status.chain_id, rpc.url)
        stub = protos.node_query_grpc.ServiceStub(grpc.raw)
        info = grpc.call(stub.GetNodeInfo, protos.node_query.GetNodeInfoRequest(), what="node info")
        self._compare(info.default_node_info.network, grpc.address)
        self._history.process(rpc, status)
        self._height = status.height
        if not status.catching_up:
            self._compare_clock(status)
        # A node that is catching up is asked again by the next use.
        self._checked_breaks = -1 if status.catching_up else rpc.breaks
        return status

    def distrust(self) -> None:
        """Have the next use check the node again."""
        self._checked_breaks = -1

    def note_height(self, height: int) -> None:
        """Note a height that the node told. One below an earlier one has it checked again.

        Raises ChainReset, NodeError of that check.
        """
        if height < self._height:
            self.admit()
        else:
            self._height = height

    def _compare(self, chain_id: str, address: str) -> None:
        if not chain_id:
            raise BadReply(f"{address} does not say which chain it serves")
        if chain_id != self._network.chain_id:
            raise WrongChain(
                f"{address} serves the chain {chain_id!r}; "
                f"the network {self._network.name!r} is {self._network.chain_id!r}",
                remedy="correct the network's endpoints, or add the other chain as a network",
            )

    def _compare_clock(self, status: NodeStatus) -> None:
        ahead_s = (status.time_ns - self._clock_ns()) / _NS
        bound_s = self._network.max_clock_skew_s
        # Block 1 has the time of the genesis, which says nothing.
        if self._has_warned or status.height < 2 or abs(ahead_s) <= bound_s:
            return
        self._has_warned = True
        if ahead_s > 0:
            cause = "this machine's clock is behind, or the chain's is ahead"
        else:
            cause = "the chain stands still, or this machine's clock is ahead"
        logger.warning(
            "block %d of %s is %.0f s %s by this machine's clock: %s; deadlines are block time",
            status.height,
            self._network.chain_id,
            abs(ahead_s),
            "ahead" if ahead_s > 0 else "old",
            cause,
        )

    # --- reads that need more than one answer ----------------------------------------------------

    def get_committed_height(self) -> int:
        """Return the height whose state queries see; 0 before the first block."""
        height = self.rpc.get_committed_height()
        self.note_height(height)
        return height

    def get_latest_header(self) -> Header:
        """Return the header of the last committed block.

        Raises NotFound before the first block, BadReply if the node names a height whose
        header it does not have.
        """
        height = self.get_committed_height()
        if height < 1:
            raise NotFound(
                f"{self.endpoint.rpc} has no block yet", remedy="wait until the chain has begun"
            )
        return self.get_known_header(height)

    def get_known_header(self, height: int) -> Header:
        """Return the header at a height that the node has named. Raises BadReply."""
        try:
            header = self.rpc.get_header(height)
        except NotFound as error:
            raise BadReply(
                f"{self.endpoint.rpc} says that it is at block {height} and does not have it",
                remedy="use another node",
            ) from error
        self._compare(header.chain_id, self.endpoint.rpc)
        self._history.note(header)
        return header

    def call(
        self, path: str, serializers: dict[str, Any], request: Any, what: str, pin: HeightPin | None
    ) -> Any:
        """Call a gRPC method by its path."""
        channel = self.grpc
        method = self._methods.get(path)
        if method is None:
            method = self._methods[path] = channel.raw.unary_unary(path, **serializers)
        reply = channel.call(method, request, what=what, pin=pin)
        if pin is None and channel.height:
            self._note_grpc_height(channel.height)
        return reply

    def call_many(
        self, path: str, serializers: dict[str, Any], requests: Sequence[Any], what: str
    ) -> list[Any]:
        """Call a gRPC method several times at once (``GrpcChannel.call_many``)."""
        channel = self.grpc
        method = self._methods.get(path)
        if method is None:
            method = self._methods[path] = channel.raw.unary_unary(path, **serializers)
        return channel.call_many(method, requests, what=what)

    def _note_grpc_height(self, height: int) -> None:
        # Threads see answers out of order; more than a few blocks back is no such thing.
        if height + _GRPC_SLACK < self._height:
            self.admit()
        self._height = max(self._height, height)


_GRPC_SLACK = 3
