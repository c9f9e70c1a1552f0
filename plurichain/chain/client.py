"""One node of one network: reads with a deadline each, refused if the chain is another."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Self

from plurichain.chain import protos
from plurichain.chain.accounts import decode_account
from plurichain.chain.grpc_channel import GrpcChannel
from plurichain.chain.paging import read_pages
from plurichain.chain.rpc import RpcClient
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
from plurichain.errors import BadReply, NodeTimeout, NotFound, WrongChain

if TYPE_CHECKING:
    from plurichain.config import Endpoint, Network
    from plurichain.identifiers import Address

POLL_S = 0.06
_LONGEST_POLL_S = 2.0


class ChainClient:
    """A client of ``endpoint``, by default the first of ``network``.

    ``timeout_s`` bounds every single call. The chain id is compared before the first
    answer is used. Usable from several threads.
    """

    def __init__(
        self, network: Network, *, timeout_s: float = 5.0, endpoint: Endpoint | None = None
    ) -> None:
        chosen = endpoint or network.endpoints[0]
        self.network = network
        self.endpoint = chosen
        self.timeout_s = timeout_s
        self._grpc = GrpcChannel(chosen.grpc, timeout_s=timeout_s)
        self._rpc = RpcClient(chosen.rpc, timeout_s=timeout_s)
        self._check_guard = threading.Lock()
        self._is_checked = False

    def check(self) -> NodeStatus:
        """Return what the node says of itself.

        Raises WrongChain if its RPC or its gRPC serves another chain than the network
        names, or another NodeError.
        """
        status = self._rpc.get_status()
        self._compare(status.chain_id, self._rpc.url)
        stub = protos.node_query_grpc.ServiceStub(self._grpc.raw)
        info = self._grpc.call(
            stub.GetNodeInfo, protos.node_query.GetNodeInfoRequest(), what="node info"
        )
        self._compare(info.default_node_info.network, self._grpc.address)
        self._is_checked = True
        return status

    def _compare(self, chain_id: str, address: str) -> None:
        if not chain_id:
            raise BadReply(f"{address} does not say which chain it serves")
        if chain_id != self.network.chain_id:
            raise WrongChain(
                f"{address} serves the chain {chain_id!r}; "
                f"the network {self.network.name!r} is {self.network.chain_id!r}",
                remedy="correct the network's endpoints, or add the other chain as a network",
            )

    def _ready(self) -> None:
        if not self._is_checked:
            with self._check_guard:
                if not self._is_checked:
                    self.check()

    @property
    def grpc(self) -> GrpcChannel:
        """The checked channel, for the queries of a module."""
        self._ready()
        return self._grpc

    @property
    def rpc(self) -> RpcClient:
        """The checked RPC client."""
        self._ready()
        return self._rpc

    def get_latest_header(self) -> Header:
        """Return the header of the last committed block, whose state queries see."""
        height = self.rpc.get_committed_height()
        if height < 1:
            raise NotFound(
                f"{self._rpc.url} has no block yet", remedy="wait until the chain has begun"
            )
        return self._rpc.get_header(height)

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
            reply = self._grpc.call(stub.Account, request, what=f"account {address}")
        except NotFound as error:
            raise NotFound(
                f"{address} has no account on {self.network.chain_id} yet",
                remedy="send it some coins first; an account begins with its first coin",
            ) from error
        return decode_account(reply.account.type_url, reply.account.value, address)

    def get_balances(self, address: Address) -> dict[str, int]:
        """Return the amounts that ``address`` holds, by denom; no denom has 0."""
        stub = protos.bank_query_grpc.QueryStub(self.grpc.raw)

        def read(page: Any) -> Any:
            request = protos.bank_query.QueryAllBalancesRequest(
                address=str(address), pagination=page
            )
            return self._grpc.call(stub.AllBalances, request, what=f"balances of {address}")

        coins = read_pages(read, lambda reply: reply.balances)
        return {coin.denom: int(coin.amount) for coin in coins}

    def get_supply(self, denom: str) -> int:
        """Return how much of ``denom`` exists on the chain."""
        stub = protos.bank_query_grpc.QueryStub(self.grpc.raw)
        request = protos.bank_query.QuerySupplyOfRequest(denom=denom)
        reply = self._grpc.call(stub.SupplyOf, request, what=f"supply of {denom}")
        return int(reply.amount.amount or 0)

    def get_tx(self, tx_hash: str) -> Inclusion | None:
        """Return the transaction ``tx_hash`` from the node's index, None if it is not there.

        The index lags the blocks a little, and a node may have none (NodeError then).
        """
        stub = protos.tx_service_grpc.ServiceStub(self.grpc.raw)
        request = protos.tx_service.GetTxRequest(hash=tx_hash)
        try:
            reply = self._grpc.call(stub.GetTx, request, what=f"transaction {tx_hash}")
        except NotFound:
            return None
        response = reply.tx_response
        if response.height < 1 or response.txhash.upper() != tx_hash.upper():
            raise BadReply(f"{self._grpc.address}: transaction {tx_hash} without height or hash")
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
        """Hand ``tx_bytes`` to the node; returns CheckTx's (code, codespace, log)."""
        stub = protos.tx_service_grpc.ServiceStub(self.grpc.raw)
        request = protos.tx_service.BroadcastTxRequest(
            tx_bytes=tx_bytes, mode=protos.tx_service.BROADCAST_MODE_SYNC
        )
        response = self._grpc.call(stub.BroadcastTx, request, what="a transaction").tx_response
        return response.code, response.codespace, response.raw_log

    def wait_for_time(self, time_ns: int, *, timeout_s: float | None = None) -> Header:
        """Wait until a committed block has a time of at least ``time_ns``; return its header.

        Polls; a long wait asks seldom. Raises NodeTimeout after ``timeout_s`` seconds.
        """
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        while True:
            header = self.get_latest_header()
            left_s = (time_ns - header.time_ns) / 1e9
            if left_s <= 0:
                return header
            self._pause(left_s / 2, deadline, f"the block time {time_ns} ns", header)

    def wait_for_height(self, height: int, *, timeout_s: float | None = None) -> Header:
        """Wait until the block ``height`` is committed; return the latest header."""
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        while True:
            current = self.rpc.get_committed_height()
            if current >= height:
                return self._rpc.get_header(current)
            self._pause(POLL_S, deadline, f"the height {height}", current)

    def _pause(
        self, wanted_s: float, deadline: float | None, what: str, last: Header | int
    ) -> None:
        pause_s = min(max(wanted_s, POLL_S), _LONGEST_POLL_S)
        if deadline is not None:
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                height = last if isinstance(last, int) else last.height
                raise NodeTimeout(
                    f"{self._rpc.url} did not reach {what} in time; its height is {height}",
                    remedy="check that the chain makes blocks",
                )
            pause_s = min(pause_s, left_s)
        time.sleep(pause_s)

    def close(self) -> None:
        """Close all connections."""
        self._grpc.close()
        self._rpc.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()
