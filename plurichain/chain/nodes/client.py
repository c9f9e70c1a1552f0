"""A network of one or more nodes: reads within a total of time, from the chain meant."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Self

from plurichain.chain import protos
from plurichain.chain.nodes.accounts import decode_account
from plurichain.chain.nodes.block_waits import BlockWaits
from plurichain.chain.nodes.broadcasting import BROADCAST_PATH, decode_broadcast
from plurichain.chain.nodes.endpoints import EndpointHealth, EndpointPool
from plurichain.chain.nodes.history import ChainHistory
from plurichain.chain.nodes.node import Node
from plurichain.chain.nodes.paging import read_pages
from plurichain.chain.nodes.pooled import PooledGrpc, PooledRpc
from plurichain.chain.nodes.retrying import RetryPolicy
from plurichain.chain.nodes.tls import TlsFiles
from plurichain.chain.types import (
    Account,
    BlockResults,
    Event,
    Inclusion,
    NodeStatus,
    TxResult,
)
from plurichain.errors import BadReply, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable

    from plurichain.chain.nodes.feed import BlockFeed
    from plurichain.chain.nodes.grpc_channel import HeightPin
    from plurichain.config import ChainMemory, Endpoint, Network
    from plurichain.identifiers import Address


class ChainClient(BlockWaits):
    """A client of all endpoints of ``network``, or of ``endpoint`` alone.

    ``timeout_s`` bounds a single call to a node, ``budget_s`` an operation with all its
    retries at all nodes (default: one call more than there are nodes); a
    ``budget.Budget`` around several operations bounds them together. Chain id, history,
    sync state and clock of a node are checked before its first answer is used.
    ``memory`` keeps what was seen of the chain for later clients, so that a chain begun
    anew under its old id is noticed (ChainReset). ``rng`` draws the pauses of retries.
    ``on_switch`` is told in one line, in the calling thread, that another node is used.
    Usable from several threads, and in a forked child, which connects by itself.
    """

    def __init__(
        self,
        network: Network,
        *,
        timeout_s: float = 5.0,
        endpoint: Endpoint | None = None,
        budget_s: float | None = None,
        memory: ChainMemory | None = None,
        rng: random.Random | None = None,
        on_switch: Callable[[str], None] | None = None,
    ) -> None:
        endpoints = network.endpoints if endpoint is None else (endpoint,)
        self.network = network
        self.timeout_s = timeout_s
        self._tls = TlsFiles(network)
        self._history = ChainHistory(network, memory)
        self._nodes = [
            Node(each, network, timeout_s=timeout_s, tls=self._tls, history=self._history)
            for each in endpoints
        ]
        self._rng = rng or random.Random()  # noqa: S311 - it spreads retries, no more
        self._pool = EndpointPool(
            self._nodes,
            budget_s=timeout_s * (len(endpoints) + 1) if budget_s is None else budget_s,
            policy=RetryPolicy(rng=self._rng),
            on_switch=on_switch,
        )
        self._grpc = PooledGrpc(self._pool)
        super().__init__(PooledRpc(self._pool), self._open_feed)

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint that answered last; before any answer the first one."""
        return self._pool.current.endpoint

    @property
    def grpc(self) -> PooledGrpc:
        """gRPC of the network, for the queries of a module."""
        return self._grpc

    def list_health(self) -> list[EndpointHealth]:
        """Return what is known of each endpoint: in quarantine or not, and why."""
        return self._pool.list_health()

    def check(self) -> NodeStatus:
        """Return what the node in use says of itself, also one that is catching up.

        Raises WrongChain if its RPC or its gRPC serves another chain than the network
        names, ChainReset, or another NodeError.
        """
        return self._pool.run(lambda node: node.check(), is_check=True)

    def get_block_results(self, height: int) -> BlockResults:
        """Return what the transactions of ``height`` came to."""
        return self.rpc.get_block_results(height)

    def get_account(self, address: Address) -> Account:
        """Return number and sequence of ``address``; NotFound until somebody paid it."""
        stub = protos.auth_query_grpc.QueryStub(self.grpc.raw)
        request = protos.auth_query.QueryAccountRequest(address=str(address))
        try:
            reply = self.grpc.call(stub.Account, request, what=f"account {address}")
        except NotFound as error:
            raise NotFound(
                f"{address} has no account on {self.network.chain_id} yet",
                remedy="send it some coins first; an account begins with its first coin",
            ) from error
        return decode_account(reply.account.type_url, reply.account.value, address)

    def get_balances(self, address: Address, *, pin: HeightPin | None = None) -> dict[str, int]:
        """Return the amounts that ``address`` holds, by denom; no denom has 0.

        ``pin`` says of which height, or is told it.
        """
        stub = protos.bank_query_grpc.QueryStub(self.grpc.raw)

        def read(page: Any, pin: HeightPin) -> Any:
            request = protos.bank_query.QueryAllBalancesRequest(
                address=str(address), pagination=page
            )
            what = f"balances of {address}"
            return self.grpc.call(stub.AllBalances, request, what=what, pin=pin)

        coins = read_pages(read, lambda reply: reply.balances, pin=pin)
        return {coin.denom: int(coin.amount) for coin in coins}

    def list_supplies(self, *, pin: HeightPin | None = None) -> dict[str, int]:
        """Return how much of every denom exists on the chain, of one state.

        ``pin`` says of which height, or is told it.
        """
        stub = protos.bank_query_grpc.QueryStub(self.grpc.raw)

        def read(page: Any, pin: HeightPin) -> Any:
            request = protos.bank_query.QueryTotalSupplyRequest(pagination=page)
            return self.grpc.call(stub.TotalSupply, request, what="supplies", pin=pin)

        coins = read_pages(read, lambda reply: reply.supply, pin=pin)
        return {coin.denom: int(coin.amount) for coin in coins}

    def get_supply(self, denom: str) -> int:
        """Return how much of ``denom`` exists on the chain."""
        stub = protos.bank_query_grpc.QueryStub(self.grpc.raw)
        request = protos.bank_query.QuerySupplyOfRequest(denom=denom)
        reply = self.grpc.call(stub.SupplyOf, request, what=f"supply of {denom}")
        return int(reply.amount.amount or 0)

    def get_tx(self, tx_hash: str) -> Inclusion | None:
        """Return the transaction ``tx_hash`` from the node's index, None if it is not there.

        The index lags the blocks a little. Raises IndexerOff if no node keeps one.
        """
        stub = protos.tx_service_grpc.ServiceStub(self.grpc.raw)
        request = protos.tx_service.GetTxRequest(hash=tx_hash)
        try:
            reply = self.grpc.call(stub.GetTx, request, what=f"transaction {tx_hash}")
        except NotFound:
            return None
        response = reply.tx_response
        if response.height < 1 or response.txhash.upper() != tx_hash.upper():
            raise BadReply(f"{self.grpc.address}: transaction {tx_hash} without height or hash")
        try:
            data = bytes.fromhex(response.data)
        except ValueError:
            raise BadReply(f"{self.grpc.address}: the data of {tx_hash} are not hex") from None
        events = tuple(
            Event(event.type, tuple((item.key, item.value) for item in event.attributes))
            for event in response.events
        )
        result = TxResult(
            code=response.code,
            codespace=response.codespace,
            log=response.raw_log,
            gas_used=response.gas_used,
            gas_wanted=response.gas_wanted,
            events=events,
            data=data,
        )
        return Inclusion(response.txhash.upper(), response.height, result)

    def broadcast(self, tx_bytes: bytes) -> tuple[int, str, str]:
        """Hand ``tx_bytes`` to a node; returns CheckTx's (code, codespace, log).

        Where no answer comes the same bytes go to the next node, which is harmless.
        """
        method = self.grpc.raw.unary_unary(
            BROADCAST_PATH,
            request_serializer=protos.tx_service.BroadcastTxRequest.SerializeToString,
            response_deserializer=bytes,
        )
        request = protos.tx_service.BroadcastTxRequest(
            tx_bytes=tx_bytes, mode=protos.tx_service.BROADCAST_MODE_SYNC
        )
        reply = self.grpc.call(method, request, what="a transaction")
        return decode_broadcast(reply, self.grpc.address)

    def _open_feed(self) -> BlockFeed:
        from plurichain.chain.nodes.feed import BlockFeed

        return BlockFeed(lambda: self.endpoint.rpc, self._tls.make_context, rng=self._rng)

    def close(self) -> None:
        """Close all connections and end the thread that listens, if there is one."""
        self._close_feed()
        for node in self._nodes:
            node.close()
        self._history.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()
