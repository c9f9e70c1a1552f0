"""Ports that are reserved, not guessed.

A reservation holds a lock that all harnesses of this user heed for as long as the chain lives, and
the bound socket itself until just before the node starts. Ports are taken from below the range
that the kernel gives to outgoing connections, so that between the two nobody gets one by chance.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import random
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from plurichain.errors import HarnessError, PortInUse
from plurichain.harness.registry import get_runtime_folder, open_shared, remove_empty_folders

if TYPE_CHECKING:
    from types import TracebackType

LOWEST_PORT = 20_000
HOST = "127.0.0.1"


def _get_highest_port() -> int:
    """Return the last port below the range of outgoing connections (macOS begins at 49152)."""
    try:
        text = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii")
        first = int(text.split()[0])
    except (OSError, ValueError, IndexError):
        first = 32_768
    return first - 1 if first > LOWEST_PORT + 1_000 else 32_767


@dataclass(slots=True)
class PortReservation:
    """Ports of one chain by purpose, e.g. ("node0", "rpc").

    ``lock_descriptors`` are handed to the supervisor: a lock is free when the last process that
    holds its descriptor has ended, whatever ended it.
    """

    ports: dict[tuple[str, str], int] = field(default_factory=dict)
    sockets: list[socket.socket] = field(default_factory=list)
    lock_descriptors: list[int] = field(default_factory=list)

    def reserve(self, node: str, purpose: str, port: int | None = None) -> int:
        """Reserve this port, or any free one if it is None. Raises PortInUse."""
        if port is not None:
            if not self._take_patiently(port):
                raise PortInUse(
                    f"port {port} is in use, and {node} needs it for {purpose}",
                    remedy="stop what listens there, or let the harness choose a free port",
                )
            self.ports[node, purpose] = port
            return port
        highest = _get_highest_port()
        # Not seeded: two runs that reserve at once should not walk the same way.
        for candidate in random.SystemRandom().sample(range(LOWEST_PORT, highest + 1), 500):
            if self._take(candidate):
                self.ports[node, purpose] = candidate
                return candidate
        raise HarnessError(
            f"no free port between {LOWEST_PORT} and {highest}", remedy="stop some other localnets"
        )

    def _take_patiently(self, port: int) -> bool:
        """Somebody who sweeps locks holds a free one for a moment."""
        for _ in range(5):
            if self._take(port):
                return True
            time.sleep(0.02)
        return False

    def _take(self, port: int) -> bool:
        lock = _lock_port(port)
        if lock is None:
            return False
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            listener.bind((HOST, port))
        except OSError:
            listener.close()
            os.close(lock)
            return False
        self.sockets.append(listener)
        self.lock_descriptors.append(lock)
        return True

    def release_sockets(self) -> None:
        """Let the nodes have the ports; the locks stay."""
        for held in self.sockets:
            held.close()
        self.sockets.clear()

    def close(self) -> None:
        """Let go of everything that this process holds."""
        self.release_sockets()
        for descriptor in self.lock_descriptors:
            with contextlib.suppress(OSError):
                os.close(descriptor)
        self.lock_descriptors.clear()

    def __enter__(self) -> Self:
        """Hold what is reserved inside a `with`."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of everything that this process holds."""
        self.close()


def _lock_port(port: int) -> int | None:
    """Take the lock of one port; None if another chain has it."""
    while True:
        descriptor = open_shared("ports", str(port), os.O_RDWR)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            return None
        if os.fstat(descriptor).st_nlink:
            return descriptor
        # Swept away between opening and locking: this lock is of a file that nobody sees.
        os.close(descriptor)


def sweep_locks() -> None:
    """Remove the files of locks that nobody holds."""
    folder = get_runtime_folder("ports")
    for path in folder.glob("*"):
        with contextlib.suppress(OSError):
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
            finally:
                os.close(descriptor)
    remove_empty_folders()
