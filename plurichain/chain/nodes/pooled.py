"""RPC and gRPC of a network as if it were one node: each call goes through the pool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plurichain.chain.nodes.broadcasting import broadcast_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plurichain.chain.nodes.endpoints import EndpointPool
    from plurichain.chain.nodes.grpc_channel import HeightPin
    from plurichain.chain.types import Block, BlockHead, BlockResults, Header, NodeStatus


class PooledRpc:
    """The methods of ``RpcClient``; each raises what that one's does if no node serves."""

    def __init__(self, pool: EndpointPool) -> None:
        self._pool = pool

    @property
    def url(self) -> str:
        """The node that answered last, for messages."""
        return self._pool.current.endpoint.rpc

    def call(self, method: str, **parameters: object) -> tuple[dict[str, Any], bytes]:
        """Return the result of a reading ``method`` and the whole answer."""
        return self._pool.run(lambda node: node.rpc.call(method, **parameters))

    def get_status(self) -> NodeStatus:
        """Return what a node says of itself."""
        return self._pool.run(lambda node: node.rpc.get_status())

    def get_committed_height(self) -> int:
        """Return the height whose state queries and simulation see."""
        return self._pool.run(lambda node: node.get_committed_height())

    def get_latest_header(self) -> Header:
        """Return the header of the last committed block, whose state queries see."""
        return self._pool.run(lambda node: node.get_latest_header())

    def get_header(self, height: int) -> Header:
        """Return the header at ``height``."""
        return self._pool.run(lambda node: node.rpc.get_header(height))

    def get_block(self, height: int) -> Block:
        """Return the block at ``height``."""
        return self._pool.run(lambda node: node.rpc.get_block(height))

    def list_block_heads(self, first: int, last: int) -> list[BlockHead]:
        """Return the heads of blocks from ``first`` on (``RpcClient.list_block_heads``)."""
        return self._pool.run(lambda node: node.rpc.list_block_heads(first, last))

    def get_block_results(self, height: int) -> BlockResults:
        """Return what the transactions of ``height`` came to, and the block's own events."""
        return self._pool.run(lambda node: node.rpc.get_block_results(height))

    def broadcast_all(self, txs: Sequence[bytes]) -> list[tuple[int, str, str]]:
        """Hand signed bytes to a node in one request (``broadcasting.broadcast_all``)."""
        return self._pool.run(lambda node: broadcast_all(node.rpc, txs))

    def query_abci(self, path: str, data: bytes) -> tuple[int, str, str, bytes]:
        """Return (code, codespace, log, value) of an ABCI query."""
        return self._pool.run(lambda node: node.rpc.query_abci(path, data))


@dataclass(frozen=True, slots=True)
class PooledMethod:
    """One unary method; generated stubs hold these instead of a channel's own."""

    pool: EndpointPool
    path: str
    serializers: dict[str, Any]

    def ask(self, request: Any, what: str, pin: HeightPin | None) -> Any:
        """Call it at whichever node serves."""
        return self.pool.run(
            lambda node: node.call(self.path, self.serializers, request, what, pin)
        )

    def ask_many(self, requests: Sequence[Any], what: str) -> list[Any]:
        """Call it several times at once, all at one node."""
        return self.pool.run(
            lambda node: node.call_many(self.path, self.serializers, requests, what)
        )

    def __call__(self, request: Any, **_options: Any) -> Any:
        """Call it as a stub's method is called; the pool's deadlines count."""
        return self.ask(request, self.path, None)


class _StubChannel:
    """As much of grpc.Channel as a generated stub of unary methods takes hold of."""

    def __init__(self, pool: EndpointPool) -> None:
        self._pool = pool

    def unary_unary(self, path: str, **serializers: Any) -> PooledMethod:
        return PooledMethod(self._pool, path, serializers)


class PooledGrpc:
    """gRPC through the pool: ``raw`` is for stubs, ``call`` for calling their methods."""

    def __init__(self, pool: EndpointPool) -> None:
        self._pool = pool
        self.raw: Any = _StubChannel(pool)

    @property
    def address(self) -> str:
        """The node that answered last, for messages."""
        return self._pool.current.endpoint.grpc

    def call(
        self, method: PooledMethod, request: Any, *, what: str, pin: HeightPin | None = None
    ) -> Any:
        """As ``GrpcChannel.call``; the method must be a query or hand in signed bytes."""
        return method.ask(request, what, pin)

    def call_many(self, method: PooledMethod, requests: Sequence[Any], *, what: str) -> list[Any]:
        """As ``GrpcChannel.call_many``; the method must be a query."""
        return method.ask_many(requests, what)
