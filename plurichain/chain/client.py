"""A network of one or more nodes: reads within a total of time, from the chain meant."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Self

from plurichain.chain import protos
from plurichain.chain.accounts import decode_account
from plurichain.chain.broadcasting import BROADCAST_PATH, decode_broadcast
from plurichain.chain.endpoints import EndpointHealth, EndpointPool
from plurichain.chain.feed import BlockFeed
from plurichain.chain.history import ChainHistory
from plurichain.chain.node import Node
from plurichain.chain.paging import read_pages
from plurichain.chain.pooled import PooledGrpc, PooledRpc
from plurichain.chain.retrying import RetryPolicy
from plurichain.chain.tls import TlsFiles
from plurichain.chain.types import (
    Account,
    Block,
    BlockResults,
    Event,
    Header,
    Inclusion,
    NodeStatus,
    TxResult,
)
from plurichain.chain.waiting import PASSING, POLL_S, Pace
from plurichain.errors import BadReply, NotFound

if TYPE_CHECKING:
    from plurichain.chain.grpc_channel import HeightPin
    from plurichain.config import ChainMemory, Endpoint, Network
    from plurichain.identifiers import Address


class ChainClient:
    """A client of all endpoints of ``network``, or of ``endpoint`` alone.

    ``timeout_s`` bounds a single call to a node, ``budget_s`` an operation with all its
    retries at all nodes (default: one call more than there are nodes); a
    ``budget.Budget`` around several operations bounds them together. Chain id, history,
    sync state and clock of a node are checked before its first answer is used.
    ``memory`` keeps what was seen of the chain for later clients, so that a chain begun
    anew under its old id is noticed (ChainReset). ``rng`` draws the pauses of retries.
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
        )
        self._rpc = PooledRpc(self._pool)
        self._grpc = PooledGrpc(self._pool)
        self._feed: BlockFeed | None = None
        self._feed_guard = threading.Lock()

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint that answered last; before any answer the first one."""
        return self._pool.current.endpoint

    @property
    def grpc(self) -> PooledGrpc:
        """gRPC of the network, for the queries of a module."""
        return self._grpc

    @property
    def rpc(self) -> PooledRpc:
        """CometBFT's RPC of the network."""
        return self._rpc

    def list_health(self) -> list[EndpointHealth]:
        """Return what is known of each endpoint: in quarantine or not, and why."""
        return self._pool.list_health()

    def check(self) -> NodeStatus:
        """Return what the node in use says of itself, also one that is catching up.

        Raises WrongChain if its RPC or its gRPC serves another chain than the network
        names, ChainReset, or another NodeError.
        """
        return self._pool.run(lambda node: node.check(), is_check=True)

    def get_latest_header(self) -> Header:
        """Return the header of the last committed block, whose state queries see."""
        return self._pool.run(lambda node: node.get_latest_header())

    def get_block(self, height: int) -> Block:
        """Return the block at ``height``."""
        return self.rpc.get_block(height)

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

    def get_balances(self, address: Address) -> dict[str, int]:
        """Return the amounts that ``address`` holds, by denom; no denom has 0."""
        stub = protos.bank_query_grpc.QueryStub(self.grpc.raw)

        def read(page: Any, pin: HeightPin) -> Any:
            request = protos.bank_query.QueryAllBalancesRequest(
                address=str(address), pagination=page
            )
            what = f"balances of {address}"
            return self.grpc.call(stub.AllBalances, request, what=what, pin=pin)

        coins = read_pages(read, lambda reply: reply.balances)
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

    # --- waiting ---------------------------------------------------------------------------------

    def wait_for_time(self, time_ns: int, *, timeout_s: float | None = None) -> Header:
        """Wait until a committed block has a time of at least ``time_ns``; return its header.

        A long wait asks seldom. With ``timeout_s`` a node that fails meanwhile is asked
        again. Raises NodeTimeout after ``timeout_s`` seconds, ChainStalled if the chain
        made no block for long, and without ``timeout_s`` any NodeError.
        """
        what = f"the block time {time_ns} ns"
        pace = Pace(what, url=lambda: self.rpc.url, timeout_s=timeout_s)
        while True:
            header = pace.attempt(self.get_latest_header)
            if header is not None:
                if header.time_ns >= time_ns:
                    return header
                pace.see(header.height)
                pace.pause((time_ns - header.time_ns) / 2e9)
            else:
                pace.pause(0.0)

    def wait_for_height(self, height: int, *, timeout_s: float | None = None) -> Header:
        """Wait until the block ``height`` is committed; return the latest header.

        Raises as ``wait_for_time``.
        """
        pace = Pace(f"the height {height}", url=lambda: self.rpc.url, timeout_s=timeout_s)
        while True:
            header = pace.attempt(self.get_latest_header)
            if header is not None:
                if header.height >= height:
                    return header
                pace.see(header.height)
            pace.pause(0.0, self._get_feed(pace), height)

    def wait_for_block(
        self, height: int, *, timeout_s: float, since_s: float | None = None
    ) -> bool:
        """Wait until ``height`` is announced or seen, at most ``timeout_s`` seconds.

        Returns whether it is there. A wait of more than a second (since the monotonic
        time ``since_s``) subscribes to the node's announcements; it looks by itself all
        the same, seldom while they come.
        """
        pace = Pace(f"the height {height}", url=lambda: self.rpc.url, since_s=since_s)
        deadline = time.monotonic() + timeout_s
        while True:
            feed = self._get_feed(pace)
            if feed is not None and feed.is_live and feed.height >= height:
                return True
            if self.rpc.get_committed_height() >= height:
                return True
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                return False
            pace.pause(0.0, feed, height, at_most_s=left_s)

    def follow_blocks(self, height: int, *, timeout_s: float) -> Iterator[Block]:
        """Yield every block from ``height`` on, each once and in order, as they are made.

        Ends ``timeout_s`` seconds after the last one if no other comes; a node that fails
        is asked again until then. Reading goes by height, so that reconnecting misses and
        repeats nothing. Raises the NodeError that lasted until the end, or WrongChain.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            left_s = max(deadline - time.monotonic(), 0)
            try:
                if not self.wait_for_block(height, timeout_s=left_s):
                    return
                block = self.get_block(height)
            except (*PASSING, NotFound):
                if time.monotonic() >= deadline:
                    raise
                time.sleep(min(POLL_S, left_s))
                continue
            yield block
            height += 1
            deadline = time.monotonic() + timeout_s

    def _get_feed(self, pace: Pace) -> BlockFeed | None:
        with self._feed_guard:
            if self._feed is None and pace.is_long:
                self._feed = BlockFeed(
                    lambda: self.endpoint.rpc, self._tls.make_context, rng=self._rng
                )
            return self._feed

    def close(self) -> None:
        """Close all connections and end the thread that listens, if there is one."""
        with self._feed_guard:
            feed, self._feed = self._feed, None
        if feed is not None:
            feed.close()
        for node in self._nodes:
            node.close()
        self._history.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()
