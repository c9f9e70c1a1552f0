"""A scripted node on real sockets: CometBFT's RPC and the gRPC service that names the chain."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent import futures
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import grpc

from plurichain.chain import ChainClient, protos
from plurichain.chain.nodes.rpc import parse_time_ns
from plurichain.config import Endpoint, Network
from tests.unit.chain.nodes import servers

CHAIN_ID = "chain-1"


def format_time(time_ns: int) -> str:
    moment = datetime.datetime.fromtimestamp(time_ns // 10**9, datetime.UTC)
    text = f"{moment:%Y-%m-%dT%H:%M:%S}.{time_ns % 10**9:09d}Z"
    assert parse_time_ns(text) == time_ns
    return text


@dataclass
class ScriptedNode:
    """Blocks 1 to ``height``, a second apart, the last one now; ``history`` makes their hashes."""

    chain_id: str = CHAIN_ID
    height: int = 100
    first_height: int = 1
    history: str = "a"
    catching_up: bool = False
    time_ns: int = field(default_factory=time.time_ns)
    said_height: int = 0  # a lie, if not 0
    is_silent: bool = False
    drops_next: bool = False
    grpc_height: int = 0
    calls: list[str] = field(default_factory=list)
    rpc_port: int = 0
    grpc_port: int = 0

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(f"127.0.0.1:{self.grpc_port}", f"http://127.0.0.1:{self.rpc_port}")

    def get_time(self, height: int) -> int:
        return self.time_ns - (self.height - height) * 10**9

    def get_hash(self, height: int) -> str:
        return hashlib.sha256(f"{self.history} {height}".encode()).hexdigest().upper()

    def _header(self, height: int) -> dict[str, Any]:
        return {
            "height": str(height),
            "time": format_time(self.get_time(height)),
            "chain_id": self.chain_id,
            "app_hash": "",
        }

    def answer(self, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
        self.calls.append(method)
        said = self.said_height or self.height
        if method == "status":
            return {
                "node_info": {"network": self.chain_id, "moniker": "m", "version": "0.38"},
                "sync_info": {
                    "latest_block_height": str(said),
                    "latest_block_time": format_time(self.time_ns + (said - self.height) * 10**9),
                    "latest_block_hash": self.get_hash(self.height),
                    "earliest_block_height": str(self.first_height),
                    "catching_up": self.catching_up,
                },
            }
        if method == "abci_info":
            return {"response": {"last_block_height": str(said)}}
        height = int(parameters.get("height") or parameters.get("minHeight") or 0)
        if height > self.height:
            raise LookupError(
                f"height {height} must be less than or equal to the current blockchain height"
            )
        if height < self.first_height:
            raise LookupError(
                f"height {height} is not available, lowest height is {self.first_height}"
            )
        if method == "header":
            return {"header": self._header(height)}
        if method == "block":
            return {"block": {"header": self._header(height), "data": {"txs": []}}}
        assert method == "blockchain"
        meta = {"block_id": {"hash": self.get_hash(height)}, "header": {"height": str(height)}}
        return {"block_metas": [meta]}

    def handle(self, connection: socket.socket) -> None:
        while True:
            body = servers.read_request(connection)
            if not body:
                return  # whoever asks for announcements, which it has none of
            request = json.loads(body)
            if self.drops_next:
                self.drops_next = False
                connection.shutdown(socket.SHUT_RDWR)
                return
            while self.is_silent:
                threading.Event().wait(0.01)
            reply: dict[str, Any] = {"jsonrpc": "2.0", "id": request["id"]}
            try:
                reply["result"] = self.answer(request["method"], request["params"])
            except LookupError as error:
                reply["error"] = {"code": -32603, "message": "Internal error", "data": str(error)}
            connection.sendall(servers.make_reply(json.dumps(reply).encode()))

    @contextlib.contextmanager
    def running(self) -> Iterator[ScriptedNode]:
        server = grpc.server(futures.ThreadPoolExecutor(max_workers=2))
        protos.node_query_grpc.add_ServiceServicer_to_server(_Service(self), server)
        self.grpc_port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            with servers.serve(self.handle) as self.rpc_port:
                yield self
        finally:
            self.is_silent = False
            server.stop(None).wait(10)


class _Service(protos.node_query_grpc.ServiceServicer):  # type: ignore[misc]
    def __init__(self, node: ScriptedNode) -> None:
        self._node = node

    def GetNodeInfo(self, request: object, context: Any) -> object:
        reply = protos.node_query.GetNodeInfoResponse()
        reply.default_node_info.network = self._node.chain_id
        return reply


def make_network(*endpoints: Endpoint, **options: Any) -> Network:
    return Network("town", CHAIN_ID, "pluri", endpoints, "upluri", Fraction(0), **options)


def make_client(*nodes: ScriptedNode | Endpoint, **options: Any) -> ChainClient:
    endpoints = [node.endpoint if isinstance(node, ScriptedNode) else node for node in nodes]
    fields = {name: options.pop(name) for name in list(options) if name in Network.__slots__}
    return ChainClient(make_network(*endpoints, **fields), **({"timeout_s": 0.4} | options))


def make_dead_endpoint() -> Endpoint:
    port = servers.get_free_port()
    return Endpoint(f"127.0.0.1:{port}", f"http://127.0.0.1:{port}")
