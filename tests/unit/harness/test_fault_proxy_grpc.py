"""The fault proxy before a real gRPC server: calls are told apart within one connection."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent import futures
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from plurichain.harness import fault_proxy_faults as faults
from plurichain.harness.fault_proxy import FaultProxy
from plurichain.harness.fault_proxy_hpack import PathReader, encode_literal
from plurichain.harness.fault_proxy_http2 import PREFACE, Frame
from tests.unit.chain.nodes import servers

Ask = Callable[..., bytes]


class Server:
    """Echoes, and notes what reached it."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []
        self._guard = threading.Lock()

    def echo(self, request: bytes, _context: object) -> bytes:
        with self._guard:
            self.seen.append(request)
        return request

    def handlers(self) -> dict[str, grpc.RpcMethodHandler]:
        return {name: grpc.unary_unary_rpc_method_handler(self.echo) for name in ("Read", "Send")}


@pytest.fixture
def server() -> Iterator[tuple[Server, int]]:
    known = Server()
    running = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
    running.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("town.v1.Service", known.handlers()),)
    )
    port = running.add_insecure_port("127.0.0.1:0")
    running.start()
    yield known, port
    running.stop(None).wait(10)


@pytest.fixture
def proxy(server: tuple[Server, int]) -> Iterator[FaultProxy]:
    with FaultProxy(f"127.0.0.1:{server[1]}", seed=3) as opened:
        yield opened


@pytest.fixture
def ask(proxy: FaultProxy) -> Iterator[Ask]:
    options = (
        ("grpc.enable_retries", 0),
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.max_reconnect_backoff_ms", 100),
    )
    with grpc.insecure_channel(proxy.address, options=options) as channel:

        def call(data: bytes, *, method: str = "Read", timeout_s: float = 10.0) -> bytes:
            path = f"/town.v1.Service/{method}"
            answer = channel.unary_unary(path, None, None)(data, timeout=timeout_s)
            assert isinstance(answer, bytes)
            return answer

        yield call


def get_status(ask: Ask, data: bytes = b"x", **options: object) -> str:
    try:
        ask(data, **options)
    except grpc.RpcError as error:
        print(error.details())
        return str(error.code().name)
    return "OK"


def wait_until_served(ask: Ask) -> None:
    """A channel whose connection broke takes a moment for the next one."""
    deadline = time.monotonic() + 30
    while get_status(ask) != "OK":
        assert time.monotonic() < deadline, "the channel connects again"


def test_calls_and_their_paths_are_known(proxy: FaultProxy, ask: Ask) -> None:
    rule = proxy.on_call(faults.Delay(0.0), "v1.Service/Send")
    for number in range(30):
        data = b"%d" % number * 50
        assert ask(data, method="Send" if number % 3 else "Read") == data
    assert ask(b"y" * 1_000_000) == b"y" * 1_000_000
    assert (rule.seen, rule.done) == (20, 20)
    assert (proxy.traffic.calls, proxy.traffic.connections) == (31, 1)


def test_threads_share_a_connection_and_only_the_delayed_call_waits(
    proxy: FaultProxy, ask: Ask
) -> None:
    ask(b"first")
    proxy.on_call(faults.Delay(1.5), "Send")
    with ThreadPoolExecutor() as pool:
        begun = time.monotonic()
        slow = pool.submit(ask, b"slow", method="Send")
        for _ in range(20):
            ask(b"fast")
        assert not slow.done()
        assert slow.result() == b"slow"
        assert time.monotonic() - begun >= 1.5
    assert proxy.traffic.connections == 1


@pytest.mark.parametrize("after_answer", [False, True])
def test_a_lost_call_and_a_lost_answer(
    proxy: FaultProxy, ask: Ask, server: tuple[Server, int], after_answer: bool
) -> None:
    proxy.on_call(faults.Reset(after_answer=after_answer), "Send")
    assert get_status(ask, b"kept?", method="Send") == "UNAVAILABLE"
    assert (b"kept?" in server[0].seen) is after_answer
    wait_until_served(ask)


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (faults.Page(502), "UNAVAILABLE"),
        (faults.Page(429), "UNAVAILABLE"),
        (faults.GrpcStatus(8), "RESOURCE_EXHAUSTED"),
        (faults.GrpcStatus(4), "DEADLINE_EXCEEDED"),
        (faults.GoAway(), "UNAVAILABLE"),
        (faults.Garbage(), "UNKNOWN UNAVAILABLE"),  # as the client finds it out
        (faults.Truncate(12), "UNAVAILABLE"),
    ],
    ids=str,
)
def test_what_a_client_sees(
    proxy: FaultProxy, ask: Ask, server: tuple[Server, int], fault: faults.Fault, status: str
) -> None:
    ask(b"before")
    proxy.on_call(fault, "Send", times=1)
    assert get_status(ask, b"x" * 5_000, method="Send") in status
    wait_until_served(ask)
    is_seen = b"x" * 5_000 in server[0].seen
    assert is_seen is isinstance(fault, faults.Truncate)


def test_what_the_server_never_got_uses_up_no_room() -> None:
    """A connection has room for 64 KiB in all: bytes that stay here are given back."""
    data = b"x" * 1_000
    headers = Frame(1, 0x4, 1, encode_literal(":path", "/town.v1.Service/Send"))
    sent = [Frame(4, 0, 0, b""), headers, Frame(0, 0x1, 1, data)]
    with (
        servers.serve(servers.never_answer) as port,
        FaultProxy(f"127.0.0.1:{port}") as proxy,
    ):
        proxy.on_call(faults.Page(502), "Service/Send")
        host, _, number = proxy.address.partition(":")
        with socket.create_connection((host, int(number)), timeout=10) as client:
            client.sendall(PREFACE + b"".join(frame.raw for frame in sent))
            received = b""
            given_back = Frame(8, 0, 0, len(data).to_bytes(4, "big")).raw
            while given_back not in received:
                more = client.recv(4_096)
                assert more, received
                received += more
    assert b"502 from a fault proxy" in received


@pytest.mark.parametrize("way", ["request", "answer", "both"])
def test_half_open_runs_into_the_deadline(proxy: FaultProxy, ask: Ask, way: faults.Way) -> None:
    ask(b"before")
    proxy.on_call(faults.Silence(way), times=1)
    assert get_status(ask, timeout_s=0.4) == "DEADLINE_EXCEEDED"


def test_a_call_that_is_given_up_is_not_sent_later(
    proxy: FaultProxy, ask: Ask, server: tuple[Server, int]
) -> None:
    proxy.on_call(faults.Delay(0.6), times=1)
    assert get_status(ask, b"late", timeout_s=0.2) == "DEADLINE_EXCEEDED"
    deadline = time.monotonic() + 0.8
    while time.monotonic() < deadline:
        assert ask(b"next") == b"next"
    assert b"late" not in server[0].seen


def test_cut_and_heal(proxy: FaultProxy, ask: Ask) -> None:
    ask(b"before")
    proxy.cut()
    assert get_status(ask) == "UNAVAILABLE"
    proxy.heal()
    wait_until_served(ask)


def test_shares_lose_nothing_that_is_tried_again(
    proxy: FaultProxy, ask: Ask, server: tuple[Server, int]
) -> None:
    print(f"seed {proxy.seed}")
    proxy.on_call(faults.Reset(), share=0.05)
    proxy.on_call(faults.Reset(after_answer=True), share=0.05)
    proxy.on_call(faults.Delay(0.02), share=0.2)
    for number in range(60):
        data = b"call %d." % number
        deadline = time.monotonic() + 30
        while get_status(ask, data) != "OK":
            assert time.monotonic() < deadline, "a call passes in the end"
    assert {b"call %d." % number for number in range(60)} == set(server[0].seen)
    assert proxy.traffic.faults["Reset"] >= 2
    assert proxy.traffic.faults["Delay"] >= 5


def test_paths_in_all_their_spellings() -> None:
    reader = PathReader()
    new_name = b"\x40\x05:path\x04/a/B"  # kept, with a new name
    assert reader.read(new_name, 0x4) == "/a/B"
    assert reader.read(b"\xbe", 0x4) == "/a/B"  # the newest entry of the table
    assert reader.read(b"\x44\x04/c/D" + b"\x82", 0x4) == "/c/D"
    assert reader.read(b"\xbf\x84", 0x4) == "/"
    assert reader.read(b"\xbf", 0x4) == "/a/B"
    assert reader.read(b"\x00\x05:path\x02/e" + encode_literal("te", "trailers"), 0x4) == "/e"
    assert reader.read(b"\x04\x82\xff\xff", 0x4) == ""  # in Huffman code
    padded = b"\x02" + b"\x00\x00\x00\x00\x10" + b"\xbf" + b"\0\0"
    assert reader.read(padded, 0x4 | 0x8 | 0x20) == "/a/B"
    reader.read(b"\x3f\x00\x20", 0x4)  # the table is emptied
    assert reader.read(b"\xbe", 0x4) == ""
    assert reader.read(b"\x44\x04/c/D", 0x4) == ""  # lost its place: nothing is guessed
