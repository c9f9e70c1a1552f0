"""The fault proxy before servers on real sockets: what passes, what is done, what is left."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Self

import pytest

from plurichain.errors import HarnessError, UsageError
from plurichain.harness import fault_proxy_faults as faults
from plurichain.harness.fault_proxy import FaultProxy
from tests.unit.chain.nodes import servers


def answer(connection: socket.socket) -> None:
    """Answer JSON-RPC with heights, large answers in chunks."""
    while True:
        request = json.loads(servers.read_request(connection))
        result = {"height": "10", "deep": [{"last_block_height": "10"}], "name": "10"}
        if request["method"] == "large":
            result["text"] = "x" * 200_000
        body = json.dumps({"id": request["id"], "result": result}).encode()
        if request["method"] != "large":
            connection.sendall(servers.make_reply(body))
            continue
        chunks = [body[at : at + 70_001] for at in range(0, len(body), 70_001)]
        framed = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in [*chunks, b""])
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + framed)


@pytest.fixture
def proxy() -> Iterator[FaultProxy]:
    with (
        servers.serve(answer) as port,
        FaultProxy(f"http://127.0.0.1:{port}", seed=1) as opened,
    ):
        yield opened


class Client:
    """A connection that is kept, as clients keep theirs."""

    def __init__(self, proxy: FaultProxy) -> None:
        host = proxy.address.removeprefix("http://")
        self.http = http.client.HTTPConnection(host, timeout=5)

    def ask(self, method: str = "status") -> Any:
        self.http.request("POST", "/", json.dumps({"id": 1, "method": method}))
        reply = self.http.getresponse()
        body = reply.read()
        return json.loads(body)["result"] if reply.status == 200 else reply.status

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()


def test_without_rules_everything_passes(proxy: FaultProxy) -> None:
    with Client(proxy) as client:
        for _ in range(5):
            assert client.ask()["height"] == "10"
        assert len(client.ask("large")["text"]) == 200_000
        assert client.ask()["name"] == "10"
    traffic = proxy.traffic
    assert (traffic.connections, traffic.calls, traffic.faults) == (1, 7, {})
    assert traffic.bytes_down > 200_000


def test_the_calls_that_a_rule_names_are_met_and_no_others(proxy: FaultProxy) -> None:
    rule = proxy.on_call(faults.Page(503), "status", skip=2, times=2)
    seen = []
    for method in ["status", "block", "status", "status", "block", "status", "status"]:
        with Client(proxy) as client:
            reply = client.ask(method)
            seen.append(reply if isinstance(reply, int) else 200)
    assert seen == [200, 200, 200, 503, 200, 503, 200]
    assert (rule.seen, rule.done) == (5, 2)
    assert proxy.traffic.faults == {"Page": 2}


def test_time_and_connection_choose_too(proxy: FaultProxy) -> None:
    proxy.on_call(faults.Page(500), connections=range(2, 3))
    late = proxy.on_call(faults.Page(504), after_s=0.3, for_s=60)
    for wanted in (200, 500, 200):
        with Client(proxy) as client:
            reply = client.ask()
            assert (reply if isinstance(reply, int) else 200) == wanted
    deadline = time.monotonic() + 30
    while not late.done:
        with Client(proxy) as client:
            client.ask()
        assert time.monotonic() < deadline, "the rule begins after 0.3 s"
    with Client(proxy) as client:
        assert client.ask() == 504


@pytest.mark.parametrize("after_answer", [False, True])
def test_a_reset_is_one_and_the_server_sees_the_call_or_not(after_answer: bool) -> None:
    asked: list[bytes] = []

    def note(connection: socket.socket) -> None:
        while True:
            asked.append(servers.read_request(connection))
            connection.sendall(servers.make_reply(b'{"result": 1}'))

    with servers.serve(note) as port, FaultProxy(f"127.0.0.1:{port}") as proxy:
        proxy.on_call(faults.Reset(after_answer=after_answer))
        with Client(proxy) as client, pytest.raises(ConnectionResetError):
            client.ask()
    assert len(asked) == after_answer


def test_a_truncated_answer_ends_where_it_was_told(proxy: FaultProxy) -> None:
    proxy.on_call(faults.Truncate(100_000), "large")
    with Client(proxy) as client:
        client.http.request("POST", "/", json.dumps({"id": 1, "method": "large"}))
        reply = client.http.getresponse()
        with pytest.raises(http.client.IncompleteRead):
            reply.read()
    assert proxy.traffic.bytes_down <= 100_000


def test_garbage_is_drawn_from_the_seed(proxy: FaultProxy) -> None:
    proxy.on_call(faults.Garbage(32))
    with Client(proxy) as client, pytest.raises(http.client.BadStatusLine):
        client.ask()


@pytest.mark.parametrize("way", ["request", "answer", "both"])
def test_half_open_says_nothing_and_does_not_end(proxy: FaultProxy, way: Any) -> None:
    proxy.on_call(faults.Silence(way), skip=1)
    with Client(proxy) as client:
        client.ask()
        assert client.http.sock is not None
        client.http.sock.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.ask()


def test_a_lie_about_height_is_one_about_nothing_else(proxy: FaultProxy) -> None:
    proxy.on_call(faults.lie_about_height(1_000), "status", "large")
    with Client(proxy) as client:
        told = client.ask()
        assert told == {"height": "1010", "deep": [{"last_block_height": "1010"}], "name": "10"}
        assert client.ask("large")["height"] == "1010"
        assert client.ask("block")["height"] == "10"


def test_a_delay_holds_a_call_back(proxy: FaultProxy) -> None:
    proxy.on_call(faults.Delay(0.25), times=1)
    with Client(proxy) as client:
        begun = time.monotonic()
        client.ask()
        assert time.monotonic() - begun >= 0.25


def test_a_cut_link_refuses_and_comes_back_on_its_port(proxy: FaultProxy) -> None:
    address = proxy.address
    with Client(proxy) as client:
        client.ask()
        proxy.cut()
        with pytest.raises(ConnectionResetError):
            client.ask()
    with Client(proxy) as client, pytest.raises(ConnectionRefusedError):
        client.ask()
    proxy.heal()
    assert proxy.address == address
    with Client(proxy) as client:
        assert client.ask()["height"] == "10"


def test_a_silent_cut_holds_what_is_on_its_way(proxy: FaultProxy) -> None:
    with Client(proxy) as client:
        client.ask()
        proxy.cut(is_silent=True)
        client.http.request("POST", "/", json.dumps({"id": 1, "method": "status"}))
        assert client.http.sock is not None
        client.http.sock.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.http.sock.recv(1, socket.MSG_PEEK)
        proxy.heal()
        client.http.sock.settimeout(5)
        assert json.loads(client.http.getresponse().read())["result"]["height"] == "10"


def test_another_server_behind_the_same_port(proxy: FaultProxy) -> None:
    def other(connection: socket.socket) -> None:
        servers.read_request(connection)
        connection.sendall(servers.make_reply(b'{"result": "other"}'))

    with servers.serve(other) as port, Client(proxy) as client:
        client.ask()
        proxy.aim(f"http://127.0.0.1:{port}")
        assert client.ask()["height"] == "10"  # a connection stays with its server
        client.http.close()
        assert client.ask() == "other"


def test_the_same_seed_meets_the_same_calls() -> None:
    def meet(seed: int) -> list[bool]:
        with (
            servers.serve(answer) as port,
            FaultProxy(f"http://127.0.0.1:{port}", seed=seed) as proxy,
        ):
            proxy.on_call(faults.Page(), share=0.3)
            met = []
            for _ in range(40):
                with Client(proxy) as client:
                    met.append(isinstance(client.ask(), int))
            return met

    first = meet(7)
    assert meet(7) == first
    assert meet(8) != first
    assert 2 <= sum(first) <= 25


def test_bytes_that_are_no_http_pass_and_end_where_told() -> None:
    def echo(connection: socket.socket) -> None:
        connection.sendall(b"welcome to something else\n")
        while data := connection.recv(65536):
            connection.sendall(data)

    with servers.serve(echo) as port, FaultProxy(f"127.0.0.1:{port}") as proxy:
        host, _, number = proxy.address.partition(":")
        proxy.on_connection(faults.Reset(), after_bytes=40, connections=range(2, 99))
        with socket.create_connection((host, int(number)), timeout=5) as plain:
            assert plain.recv(7) == b"welcome"
        with socket.create_connection((host, int(number)), timeout=5) as plain:
            plain.sendall(b"0123456789" * 5)
            received = b""
            while len(received) < 40:
                received += plain.recv(40)
            assert len(received) == 40
            with pytest.raises(ConnectionResetError):
                plain.recv(1)


def test_a_websocket_passes_after_its_upgrade() -> None:
    import websockets.sync.client
    import websockets.sync.server

    def echo(connection: Any) -> None:
        for message in connection:
            connection.send(message * 2)

    server = websockets.sync.server.serve(echo, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        port = server.socket.getsockname()[1]
        with FaultProxy(f"127.0.0.1:{port}") as proxy:
            url = f"ws://{proxy.address}/websocket"
            with websockets.sync.client.connect(url, proxy=None) as client:
                for number in range(20):
                    client.send(f"{number} ")
                    assert client.recv(timeout=5) == f"{number} {number} "
                proxy.reset_connections()
                with pytest.raises(websockets.exceptions.ConnectionClosed):
                    client.recv(timeout=5)
    finally:
        server.shutdown()
        thread.join(10)


def test_no_server_behind_it_is_a_reset() -> None:
    with (
        FaultProxy(f"127.0.0.1:{servers.get_free_port()}") as proxy,
        Client(proxy) as client,
        pytest.raises((ConnectionError, http.client.RemoteDisconnected)),
    ):
        client.ask()


def test_what_cannot_be_meant_is_refused(proxy: FaultProxy) -> None:
    refused: list[Callable[[], object]] = [
        lambda: proxy.on_call(faults.Page(), share=1.5),
        lambda: proxy.on_call(faults.Page(), skip=-1),
        lambda: proxy.on_connection(faults.lie_about_height(1)),
    ]
    for add in refused:
        with pytest.raises(UsageError):
            add()
    with pytest.raises(HarnessError, match="not host:port"):
        FaultProxy("http://nowhere")
    taken = int(proxy.address.rpartition(":")[2])
    with pytest.raises(HarnessError, match=f"no fault proxy on port {taken}"):
        FaultProxy("127.0.0.1:1", port=taken).start()


def test_nothing_is_left_behind() -> None:
    before = set(threading.enumerate())
    with servers.serve(servers.never_answer) as port:
        opened = FaultProxy(f"127.0.0.1:{port}").start()
        address = opened.address
        with Client(opened) as client:
            client.http.request("POST", "/", b"{}")
            opened.close()
            opened.close()
            with pytest.raises((ConnectionError, http.client.RemoteDisconnected)):
                client.http.getresponse()
    assert {thread for thread in threading.enumerate() if thread.name == "fault-proxy"} <= before
    with pytest.raises(HarnessError, match="is closed"):
        opened.heal()
    host, _, port_text = address.partition(":")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port_text)), timeout=5)
