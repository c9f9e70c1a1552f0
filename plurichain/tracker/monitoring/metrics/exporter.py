"""The last snapshot over HTTP, for Prometheus: a request is answered from memory alone."""

from __future__ import annotations

import contextlib
import errno
import http.server
import logging
import os
import socket
import socketserver
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from plurichain.errors import ConfigError
from plurichain.tracker.monitoring.metrics.collector import SnapshotCollector
from plurichain.tracker.monitoring.metrics.labels import NO_NAMES, RelayerNames
from plurichain.tracker.monitoring.metrics.listening import ListenAddress
from plurichain.tracker.monitoring.metrics.refreshing import EVERY_S, Refresher, Taken

if TYPE_CHECKING:
    from plurichain.ibc.overdue import Thresholds
    from plurichain.tracker.store import PacketStore

logger = logging.getLogger(__name__)

IDLE_S: Final = 60.0
"""A connection that says nothing for so long is closed."""
MOST_CONNECTIONS: Final = 64
HEALTHY_S: Final = 60.0
"""A snapshot older than this, or than ten times what reading takes, fails the health check."""
_OPENMETRICS: Final = "application/openmetrics-text"
_OPENMETRICS_TYPE: Final = f"{_OPENMETRICS}; version=1.0.0; charset=utf-8"
_TEXT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_PLAIN: Final = "text/plain; charset=utf-8"
_POINTER: Final = "plurichain's IBC exporter: metrics at /metrics, health at /healthz\n"
_BIND_REMEDIES: Final = {
    errno.EADDRINUSE: "another program listens there: choose another port",
    errno.EACCES: "ports below 1024 are the system's: choose another one",
    errno.EADDRNOTAVAIL: "this machine has no such address: choose one of its own",
}


class Exporter:
    """An HTTP server in threads; it listens from its making on. Raises ConfigError, UsageError."""

    def __init__(
        self,
        listen: ListenAddress,
        get_taken: Callable[[], Taken],
        names: RelayerNames = NO_NAMES,
    ) -> None:
        from prometheus_client import CollectorRegistry

        registry = CollectorRegistry(auto_describe=False)
        registry.register(SnapshotCollector(get_taken, names))
        self._server = _bind(listen, _Pages(registry, get_taken))
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.1,), name="exporter", daemon=True
        )

    @property
    def address(self) -> ListenAddress:
        """Where it listens, with the port that it took."""
        host, port = self._server.server_address[:2]
        return ListenAddress(str(host), int(port))

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Answer nobody any more; requests at hand are left behind."""
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()


class _Pages:
    """What is answered to which path."""

    def __init__(self, registry: Any, get_taken: Callable[[], Taken]) -> None:
        self._registry = registry
        self._get_taken = get_taken

    def find(self, path: str, accept: str) -> tuple[HTTPStatus, str, bytes]:
        """Return status, content type and body."""
        if path == "/metrics":
            return (HTTPStatus.OK, *self._render(accept))
        if path == "/healthz":
            status, text = self._judge_health()
            return status, _PLAIN, text.encode()
        if path == "/":
            return HTTPStatus.OK, _PLAIN, _POINTER.encode()
        return HTTPStatus.NOT_FOUND, _PLAIN, b"no such page: see /\n"

    def _render(self, accept: str) -> tuple[str, bytes]:
        from prometheus_client import generate_latest

        if _OPENMETRICS in accept:
            return _OPENMETRICS_TYPE, _encode_openmetrics(self._registry)
        return _TEXT_TYPE, generate_latest(self._registry)

    def _judge_health(self) -> tuple[HTTPStatus, str]:
        taken = self._get_taken()
        age_s = taken.age_s(time.monotonic())
        if age_s is None:
            return HTTPStatus.SERVICE_UNAVAILABLE, f"no snapshot yet: {taken.error or 'waiting'}\n"
        shown = f"snapshot {age_s:.1f} s old"
        if age_s > max(HEALTHY_S, 10 * (taken.duration_s or 0)):
            reason = taken.error or "the database does not answer"
            return HTTPStatus.SERVICE_UNAVAILABLE, f"{shown}: {reason}\n"
        return HTTPStatus.OK, f"ok: {shown}\n"


def _encode_openmetrics(registry: Any) -> bytes:
    from prometheus_client.openmetrics import exposition

    return bytes(exposition.generate_latest(registry))  # type: ignore[no-untyped-call]


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(
        self, address: tuple[str, int], family: socket.AddressFamily, pages: _Pages
    ) -> None:
        self.address_family = family
        self.pages = pages
        self._free = threading.BoundedSemaphore(MOST_CONNECTIONS)
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Bind without looking up this machine's name, which may take long."""
        if self.address_family == socket.AF_INET6:
            # [::] takes IPv4 in too, whatever the system's default is.
            with contextlib.suppress(OSError):
                self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve in a thread, unless there are too many."""
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one connection."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """Log; who breaks a connection off is no error of ours."""
        error = sys.exception()
        level = logging.INFO if isinstance(error, OSError) else logging.ERROR
        logger.log(level, "a request of %s failed", client_address[0], exc_info=error)


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "plurichain"
    sys_version = ""
    timeout = IDLE_S

    def do_GET(self) -> None:
        """Answer with a page."""
        path = self.path.partition("?")[0]
        status, content_type, body = self.server.pages.find(path, self.headers.get("Accept", ""))
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815 - the base class looks for this name

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Log requests only where somebody looks for the reason of something."""
        logger.debug(format, *args)


def _bind(listen: ListenAddress, pages: _Pages) -> _Server:
    try:
        return _Server((listen.host, listen.port), listen.family, pages)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise ConfigError(
            f"nothing can be served at {listen}: {reason}",
            remedy=_BIND_REMEDIES.get(error.errno or 0, "choose another address"),
        ) from error


@contextlib.contextmanager
def exporting(
    listen: ListenAddress,
    open_store: Callable[[], PacketStore],
    thresholds: Thresholds,
    *,
    names: RelayerNames = NO_NAMES,
    report: Callable[[str], None],
    every_s: float = EVERY_S,
) -> Iterator[tuple[Exporter, Refresher]]:
    """Serve snapshots while the block runs; ``open_store`` opens a store for this alone.

    Raises ConfigError where nothing can be served.
    """
    refresher = Refresher(open_store, thresholds, report=report, every_s=every_s)
    exporter = Exporter(listen, lambda: refresher.taken, names)
    exporter.start()
    refresher.start()
    try:
        yield exporter, refresher
    finally:
        exporter.stop()
        refresher.stop()
