"""Servers that misbehave, on real sockets; each ends with its context."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator

Handler = Callable[[socket.socket], None]


@contextlib.contextmanager
def serve(handler: Handler) -> Iterator[int]:
    """Run ``handler`` on every connection to the yielded port of the loopback."""
    listener = socket.create_server(("127.0.0.1", 0))
    opened: list[socket.socket] = []

    def handle(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            handler(connection)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                opened.append(connection)
                threading.Thread(target=handle, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)
        for connection in opened:
            connection.close()


def read_request(connection: socket.socket) -> bytes:
    """Return one HTTP request, its body only."""
    data = b""
    while b"\r\n\r\n" not in data:
        received = connection.recv(65536)
        if not received:
            raise OSError
        data += received
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    length = int(lengths[0].split(b":")[1]) if lengths else 0
    while len(body) < length:
        body += connection.recv(65536)
    return body


def make_reply(body: bytes, *, status: str = "200 OK", kind: str = "application/json") -> bytes:
    """Return a whole HTTP response."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def answer_rpc(results: dict[str, object]) -> Handler:
    """Return a handler that answers JSON-RPC methods from ``results``."""

    def handle(connection: socket.socket) -> None:
        while True:
            request = json.loads(read_request(connection))
            reply = {"jsonrpc": "2.0", "id": request["id"], "result": results[request["method"]]}
            connection.sendall(make_reply(json.dumps(reply).encode()))

    return handle


def answer_html(connection: socket.socket) -> None:
    """Answer anything with the page of some web server."""
    connection.recv(65536)
    page = b"<html><body>502 Bad Gateway</body></html>"
    connection.sendall(make_reply(page, status="502 Bad Gateway", kind="text/html"))
    connection.close()


def never_answer(connection: socket.socket) -> None:
    """Read and say nothing."""
    while connection.recv(65536):
        pass


def get_free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
