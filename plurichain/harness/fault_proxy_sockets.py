"""Addresses and listening sockets of fault proxies."""

from __future__ import annotations

import socket
import urllib.parse

from plurichain.errors import HarnessError

HOST = "127.0.0.1"


def split_address(target: str) -> tuple[str, tuple[str, int]]:
    """Return (scheme with ``://``, or empty; (host, port)) of an address."""
    scheme, mark, rest = target.rpartition("://")
    parts = urllib.parse.urlsplit(f"//{rest}")
    if parts.hostname is None or parts.port is None:
        raise HarnessError(f"target: {target!r} is not host:port")
    return scheme + mark, (parts.hostname, parts.port)


def bind_port(port: int) -> socket.socket:
    """Return a socket bound to a port of the loopback, any free one for 0. Raises OSError."""
    sock = socket.socket()
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((HOST, port))
    except BaseException:
        sock.close()
        raise
    return sock
