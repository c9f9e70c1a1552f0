"""HTTP requests that end by a deadline, whatever the other side does.

A socket's own time-out begins anew with each byte: a server that sends one byte a
second holds its caller for ever. Here the time left is set before every read.
"""

from __future__ import annotations

import http.client
import io
import ipaddress
import socket
import ssl
import threading
import time
import urllib.parse
from typing import TYPE_CHECKING, Any

from plurichain.chain.nodes.tls import (
    SPEAKS_TLS_CAUSE,
    SPEAKS_TLS_REMEDY,
    explain_error,
    explain_tls,
    is_tls_port,
)
from plurichain.errors import BadReply, NodeBusy, NodeUnreachable, TlsFailed
from plurichain.storage.effects import effect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Buffer

    from plurichain.chain.budget import CallLimit

MAX_REPLY_BYTES = 256 * 1024 * 1024
_BUSY = (429, 503)
_PROBE_S = 1.0


class _DeadlineReader(io.RawIOBase):
    """Reads a socket, each time with what is left until the deadline."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)
        return self._sock.recv_into(buffer)


class _Source:
    """Stands where http.client expects a socket to read a response from."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._reader = io.BufferedReader(_DeadlineReader(sock, deadline), 65536)

    def makefile(self, _mode: str) -> io.BufferedIOBase:
        return self._reader


class HttpEndpoint:
    """One server that JSON is posted to. Connections are kept and used by one call at a time."""

    def __init__(self, url: str, *, tls_context: ssl.SSLContext | None = None) -> None:
        parts = urllib.parse.urlsplit(url)
        self.url = url
        self._is_tls = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if self._is_tls else 80)
        self._path = parts.path or "/"
        self._tls_context = tls_context
        self._idle: list[socket.socket] = []
        self._guard = threading.Lock()
        self.breaks = 0
        """How many connections the other side ended: behind one, another server may be."""

    def post(self, body: bytes, *, limit: CallLimit, what: str = "") -> bytes:
        """Return the body of the answer to ``body``, a JSON text that asks for ``what``.

        Raises NodeUnreachable (TlsFailed), NodeTimeout, NodeBusy, BadReply.
        """
        deadline = time.monotonic() + limit.seconds
        for sock, is_fresh in self._connections(deadline, limit):
            try:
                reply = self._exchange(sock, body, deadline, what)
            except TimeoutError:
                sock.close()
                raise limit.make_error(self.url) from None
            except (OSError, http.client.HTTPException) as error:
                sock.close()
                self.breaks += 1
                if not is_fresh and isinstance(error, OSError | http.client.RemoteDisconnected):
                    continue  # the server had closed an idle connection
                found = self._explain(deadline)
                if found is not None:
                    raise self._tls_failed(*found) from error
                if isinstance(error, OSError):
                    raise self._unreachable(error) from error
                raise BadReply(
                    f"{self.url} does not answer in HTTP ({type(error).__name__})",
                    remedy="check the rpc address of the network",
                ) from error
            with self._guard:
                self._idle.append(sock)
            return reply
        raise AssertionError("a fresh connection either answers or raises")

    def close(self) -> None:
        """Close the idle connections."""
        with self._guard:
            while self._idle:
                self._idle.pop().close()

    def _connections(
        self, deadline: float, limit: CallLimit
    ) -> Iterator[tuple[socket.socket, bool]]:
        with self._guard:
            idle = self._idle.pop() if self._idle else None
        if idle is not None:
            yield idle, False
        yield self._connect(deadline, limit), True

    def _connect(self, deadline: float, limit: CallLimit) -> socket.socket:
        try:
            sock = connect(self._host, self._port, deadline)
        except TimeoutError:
            raise limit.make_error(self.url) from None
        except OSError as error:
            raise self._unreachable(error) from error
        if not self._is_tls:
            return sock
        try:
            sock.settimeout(_compute_left(deadline))
            context = self._tls_context or ssl.create_default_context()
            return context.wrap_socket(sock, server_hostname=self._host)
        except TimeoutError:
            sock.close()
            raise limit.make_error(self.url) from None
        except OSError as error:
            sock.close()
            raise self._unreachable(error) from error

    def _exchange(self, sock: socket.socket, body: bytes, deadline: float, what: str) -> bytes:
        head = (
            f"POST {self._path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\n"
            "User-Agent: plurichain\r\nContent-Type: application/json\r\n"
            f"Accept: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        sock.settimeout(_compute_left(deadline))
        with effect("send", what):
            sock.sendall(head.encode() + body)
        response = http.client.HTTPResponse(_Source(sock, deadline), method="POST")  # type: ignore[arg-type]
        with effect("receive", what):
            response.begin()
            reply = response.read(MAX_REPLY_BYTES + 1)
        if len(reply) > MAX_REPLY_BYTES:
            sock.close()
            raise BadReply(f"{self.url} sent more than {MAX_REPLY_BYTES} bytes")
        if response.will_close:
            sock.close()
        if response.status in _BUSY:
            sock.close()
            raise NodeBusy(
                f"{self.url} refuses for now (HTTP {response.status})",
                remedy="ask less often, or use another node",
            )
        return reply

    def _unreachable(self, error: OSError) -> NodeUnreachable:
        found = explain_error(error)
        if found is not None:
            return self._tls_failed(*found)
        return NodeUnreachable(
            f"cannot reach {self.url}: {error.strerror or error}",
            remedy="check that the node runs and that the network's rpc address is right",
        )

    def _tls_failed(self, cause: str, remedy: str) -> TlsFailed:
        return TlsFailed(f"no secure connection to {self.url}: {cause}", remedy=remedy)

    def _explain(self, deadline: float) -> tuple[str, str] | None:
        """Say what TLS has to do with an exchange that broke off, if anything."""
        left_s = min(_compute_left(deadline), _PROBE_S)
        if self._is_tls:
            context = self._tls_context or ssl.create_default_context()
            return explain_tls(self._host, self._port, context, timeout_s=left_s)
        if is_tls_port(self._host, self._port, timeout_s=left_s):
            return SPEAKS_TLS_CAUSE, SPEAKS_TLS_REMEDY
        return None


def connect(host: str, port: int, deadline: float) -> socket.socket:
    """Return a connection to the first address of ``host`` that answers by ``deadline``.

    Raises OSError; TimeoutError if time is over first, also while the name is looked up.
    """
    last: OSError | None = None
    for family, kind, protocol, _, address in _resolve(host, port, deadline):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(_compute_left(deadline))
            with effect("connect", "node"):
                sock.connect(address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            sock.close()
            last = error
            continue
        return sock
    raise last or OSError(f"{host} has no address")


def _resolve(host: str, port: int, deadline: float) -> list[Any]:
    """Look the name up in a thread of its own: the system's resolver knows no deadline."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        with effect("resolve", "node"):
            return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    found: list[Any] = []

    def look_up() -> None:
        try:
            with effect("resolve", "node"):
                found.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            found.append(error if isinstance(error, OSError) else OSError(str(error)))

    thread = threading.Thread(target=look_up, name="plurichain-resolve", daemon=True)
    thread.start()
    thread.join(_compute_left(deadline))
    if not found:
        raise TimeoutError
    if isinstance(found[0], OSError):
        raise found[0]
    addresses: list[Any] = found[0]
    return addresses


def _compute_left(deadline: float) -> float:
    return max(deadline - time.monotonic(), 0.001)
