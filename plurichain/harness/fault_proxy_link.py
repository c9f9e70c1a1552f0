"""One connection through a fault proxy: two sockets, and what is done to bytes between them."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plurichain.harness.fault_proxy_faults import (
    Delay,
    Fault,
    Garbage,
    Page,
    Reset,
    Silence,
    Truncate,
)
from plurichain.harness.fault_proxy_source import LinkEnded, Source, run_first

if TYPE_CHECKING:
    from plurichain.harness.fault_proxy_faults import Rule, Way

_RST = struct.pack("ii", 1, 0)


@dataclass(slots=True)
class Traffic:
    """Counts of one proxy: ``faults`` by the name of their class."""

    connections: int = 0
    calls: int = 0
    bytes_up: int = 0
    bytes_down: int = 0
    faults: dict[str, int] = field(default_factory=dict)

    def note(self, fault: Fault) -> None:
        """Count a fault."""
        name = type(fault).__name__
        self.faults[name] = self.faults.get(name, 0) + 1


class Link:
    """A client and the server behind; ``flow`` is set while the proxy lets bytes pass."""

    def __init__(
        self,
        number: int,
        client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        server: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        *,
        match_call: Callable[[str, int], list[Fault]],
        flow: asyncio.Event,
        traffic: Traffic,
        rng: random.Random,
    ) -> None:
        self.number = number
        self.client, self._client_writer = Source(client[0]), client[1]
        self.server, self._server_writer = Source(server[0]), server[1]
        self._match_call = match_call
        self._flow = flow
        self._traffic = traffic
        self._rng = rng
        self._silent = {"request": False, "answer": False}
        self._limit: tuple[int, Fault] | None = None

    # --- bytes -----------------------------------------------------------------------------------

    async def to_server(self, data: bytes) -> None:
        """Pass bytes of the client on. Raises LinkEnded."""
        await self._flow.wait()
        if self._silent["request"]:
            return
        self._traffic.bytes_up += len(data)
        await self._write(self._server_writer, data)

    async def to_client(self, data: bytes) -> None:
        """Pass bytes to the client, up to the limit if there is one. Raises LinkEnded."""
        await self._flow.wait()
        if self._silent["answer"]:
            return
        if self._limit is not None:
            left, fault = self._limit
            if len(data) >= left:
                await self._write(self._client_writer, data[:left])
                self._limit = None
                await self.suffer(fault)
                return
            self._limit = (left - len(data), fault)
        self._traffic.bytes_down += len(data)
        await self._write(self._client_writer, data)

    async def _write(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        try:
            writer.write(data)
            await writer.drain()
        except OSError as error:
            raise LinkEnded from error

    async def pump(self) -> None:
        """Pass everything on, both ways, until one side ends."""

        async def up() -> None:
            while True:
                await self.to_server(await self.client.read_some())

        async def down() -> None:
            while True:
                await self.to_client(await self.server.read_some())

        await run_first(up(), down())

    # --- faults ----------------------------------------------------------------------------------

    def list_faults(self, method: str) -> tuple[float, Fault | None]:
        """Count a call; returns for how long it waits, and what else happens to it."""
        self._traffic.calls += 1
        faults = self._match_call(method, self.number)
        for fault in faults:
            self._traffic.note(fault)
        delay_s = sum(fault.seconds for fault in faults if isinstance(fault, Delay))
        others = [fault for fault in faults if not isinstance(fault, Delay)]
        return delay_s, others[0] if others else None

    async def begin(self, rules: list[Rule]) -> None:
        """Have the rules for this connection count from its first byte. Raises LinkEnded."""
        for rule in rules:
            fault = rule.fault
            self._traffic.note(fault)
            size = fault.size if isinstance(fault, Truncate) else rule.after_bytes
            if size:
                self._limit = (size, fault)
            else:
                await self.suffer(fault)

    async def suffer(self, fault: Fault) -> None:
        """Do to the connection what needs no call. Raises LinkEnded if that is its end."""
        match fault:
            case Delay(seconds):
                await asyncio.sleep(seconds)
            case Silence(way):
                self.silence(way)
            case Page(status):
                await self.to_client(make_page(status))
                raise LinkEnded
            case Garbage(size):
                await self.to_client(self._rng.randbytes(size))
                raise LinkEnded
            case Reset():
                self.reset()
                raise LinkEnded
            case _:  # Truncate: the bytes before are out
                raise LinkEnded

    def limit(self, size: int, fault: Fault) -> None:
        """Have ``fault`` happen after ``size`` more bytes to the client."""
        self._limit = (size, fault)

    def silence(self, way: Way) -> None:
        """Pass nothing on any more that goes this way."""
        for each in self._silent if way == "both" else (way,):
            self._silent[each] = True

    # --- the end ---------------------------------------------------------------------------------

    def reset(self) -> None:
        """End both sides with RST."""
        for writer in (self._client_writer, self._server_writer):
            sock: socket.socket | None = writer.get_extra_info("socket")
            with contextlib.suppress(OSError):
                if sock is not None:
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST)
            writer.transport.abort()

    async def close(self) -> None:
        """End both sides once what was written is out."""
        for writer in (self._client_writer, self._server_writer):
            writer.close()
        for writer in (self._client_writer, self._server_writer):
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(1):
                    await writer.wait_closed()
            writer.transport.abort()


def make_page(status: int) -> bytes:
    """Return a whole HTTP/1.1 answer: the error page of some web server."""
    body = f"<html><body><h1>{status} from a fault proxy</h1></body></html>\n".encode()
    head = (
        f"HTTP/1.1 {status} Fault\r\nContent-Type: text/html\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
