"""A node that is away, silent, slow, another program, or wrong: one clear error each, in time."""

from __future__ import annotations

import json
import socket
import threading
import time
from fractions import Fraction
from typing import Any

import pytest

from plurichain.chain import ChainClient
from plurichain.chain.nodes.rpc import RpcClient, parse_time_ns
from plurichain.config import Endpoint, Network
from plurichain.errors import BadReply, NodeError, NodeTimeout, NodeUnreachable, WrongChain
from plurichain.identifiers import Address
from tests.unit.chain.nodes import servers

ADDRESS = Address(b"\x01" * 20, "pluri")
STATUS: dict[str, Any] = {
    "node_info": {"network": "chain-1", "moniker": "m", "version": "0.38"},
    "sync_info": {
        "latest_block_height": "5",
        "latest_block_time": "2026-01-01T00:00:00.5Z",
        "catching_up": False,
    },
}


def make_client(*, grpc: int, rpc: int, timeout_s: float = 0.4) -> ChainClient:
    endpoint = Endpoint(f"127.0.0.1:{grpc}", f"http://127.0.0.1:{rpc}")
    network = Network("n", "chain-1", "pluri", (endpoint,), "upluri", Fraction(0))
    return ChainClient(network, timeout_s=timeout_s)


def test_a_refused_port_is_unreachable_at_once() -> None:
    port = servers.get_free_port()
    began = time.monotonic()
    with make_client(grpc=port, rpc=port, timeout_s=30) as client:
        with pytest.raises(
            NodeUnreachable, match=rf"cannot reach http://127.0.0.1:{port}"
        ) as caught:
            client.check()
        assert "rpc address" in caught.value.remedy
        with servers.serve(servers.answer_rpc({"status": STATUS})) as rpc:
            other = make_client(grpc=port, rpc=rpc, timeout_s=30)
            with pytest.raises(NodeUnreachable, match=rf"cannot reach 127.0.0.1:{port}"):
                other.check()
            other.close()
    assert time.monotonic() - began < 10


def test_a_node_that_never_answers_is_a_time_out() -> None:
    began = time.monotonic()
    with (
        servers.serve(servers.never_answer) as silent,
        servers.serve(servers.answer_rpc({"status": STATUS})) as rpc,
        make_client(grpc=silent, rpc=silent) as wholly_silent,
        make_client(grpc=silent, rpc=rpc) as half_silent,
    ):
        with pytest.raises(NodeTimeout, match=r"did not answer within 0.4 s"):
            wholly_silent.check()
        with pytest.raises(NodeTimeout, match=r"did not answer within 0.4 s \(node info\)"):
            half_silent.check()
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"])
def test_one_byte_at_a_time_does_not_stretch_the_deadline(head: bytes) -> None:
    def drip(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(head)
        while True:
            connection.sendall(b"x")
            threading.Event().wait(0.05)

    began = time.monotonic()
    with servers.serve(drip) as port:
        rpc = RpcClient(f"http://127.0.0.1:{port}", timeout_s=0.4)
        with pytest.raises(NodeTimeout):
            rpc.get_status()
        rpc.close()
    assert time.monotonic() - began < 2


def test_a_web_page_is_no_node() -> None:
    with servers.serve(servers.answer_html) as page:
        with make_client(grpc=page, rpc=page) as client:
            with pytest.raises(BadReply, match=r"not JSON, it begins with b'<html>") as caught:
                client.check()
            assert "CometBFT" in caught.value.remedy
        with (
            servers.serve(servers.answer_rpc({"status": STATUS})) as rpc,
            make_client(grpc=page, rpc=rpc, timeout_s=5) as client,
            pytest.raises(NodeError, match=rf"127.0.0.1:{page}"),
        ):
            client.check()


def test_another_chain_is_refused_before_anything_else_is_read() -> None:
    other = {**STATUS, "node_info": {**STATUS["node_info"], "network": "chain-2"}}
    with (
        servers.serve(servers.answer_rpc({"status": other})) as rpc,
        make_client(grpc=servers.get_free_port(), rpc=rpc) as client,
    ):
        for call in (
            client.check,
            client.get_latest_header,
            lambda: client.get_balances(ADDRESS),
            lambda: client.broadcast(b"x"),
        ):
            with pytest.raises(WrongChain, match=r"serves the chain 'chain-2'.*'n' is 'chain-1'"):
                call()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"result": []}',
        b'{"result": {}}',
        b'{"result": {"node_info": {}, "sync_info": {}}}',
        b"[" * 100_000,
        json.dumps(
            {"result": {**STATUS, "node_info": {**STATUS["node_info"], "network": ""}}}
        ).encode(),
        b"\xff\xfe",
    ],
)
def test_answers_that_cannot_be_true(body: bytes) -> None:
    def answer(connection: socket.socket) -> None:
        servers.read_request(connection)
        connection.sendall(servers.make_reply(body))

    with servers.serve(answer) as port:
        rpc = RpcClient(f"http://127.0.0.1:{port}", timeout_s=5)
        with pytest.raises(BadReply, match=f"127.0.0.1:{port}"):
            rpc.get_status()
        rpc.close()


def test_a_cut_answer_is_not_taken_for_a_short_one() -> None:
    def cut(connection: socket.socket) -> None:
        servers.read_request(connection)
        connection.sendall(servers.make_reply(b'{"result": {}}' * 100)[:200])
        connection.close()

    with servers.serve(cut) as port:
        rpc = RpcClient(f"http://127.0.0.1:{port}", timeout_s=5)
        with pytest.raises(NodeError, match=f"127.0.0.1:{port}"):
            rpc.get_status()
        rpc.close()


def test_a_node_that_speaks_no_http() -> None:
    with servers.serve(lambda connection: connection.sendall(b"SSH-2.0-OpenSSH\r\n")) as port:
        rpc = RpcClient(f"http://127.0.0.1:{port}", timeout_s=5)
        with pytest.raises(NodeError, match=f"127.0.0.1:{port}"):
            rpc.get_status()
        rpc.close()


def test_a_refusal_carries_the_nodes_own_words() -> None:
    def refuse(connection: socket.socket) -> None:
        servers.read_request(connection)
        body = b'{"error": {"code": -32603, "message": "Internal error", "data": "too high"}}'
        connection.sendall(servers.make_reply(body, status="500 Internal Server Error"))

    with servers.serve(refuse) as port:
        rpc = RpcClient(f"http://127.0.0.1:{port}", timeout_s=5)
        with pytest.raises(NodeError, match="refused block: Internal error: too high"):
            rpc.get_block(9)
        rpc.close()


def test_a_connection_that_the_server_closed_meanwhile_is_made_anew() -> None:
    served: list[int] = []

    def answer_once(connection: socket.socket) -> None:
        request = servers.read_request(connection)
        served.append(len(request))
        body = b'{"result": {"response": {"last_block_height": "%d"}}}' % len(served)
        connection.sendall(servers.make_reply(body))
        connection.shutdown(socket.SHUT_RDWR)

    with servers.serve(answer_once) as port:
        rpc = RpcClient(f"http://127.0.0.1:{port}", timeout_s=5)
        assert [rpc.get_committed_height() for _ in range(3)] == [1, 2, 3]
        rpc.close()


def test_threads_do_not_mix_up_answers() -> None:
    with servers.serve(servers.answer_rpc({"status": STATUS})) as port:
        rpc = RpcClient(f"http://127.0.0.1:{port}", timeout_s=10)
        heights: list[int] = []

        def work() -> None:
            for _ in range(25):
                heights.append(rpc.get_status().height)

        threads = [threading.Thread(target=work) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        rpc.close()

    assert heights == [5] * 150


@pytest.mark.parametrize(
    ("text", "time_ns"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2026-11-22T18:06:14.123456789Z", 1_795_370_774_123_456_789),
        ("2026-11-22T18:06:14.1Z", 1_795_370_774_100_000_000),
    ],
)
def test_block_times_are_exact(text: str, time_ns: int) -> None:
    assert parse_time_ns(text) == time_ns


@pytest.mark.parametrize(
    "text", ["", "2026-01-01", "2026-01-01T00:00:00+01:00", "2026-13-01T00:00:00Z"]
)
def test_other_times_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_time_ns(text)
