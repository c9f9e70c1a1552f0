"""HTTP/2 through a fault proxy, as far as gRPC needs it: frames, calls, and their paths.

Frames of headers are always passed on, to whom they were sent: their compression has a
state that both ends keep. So a call is delayed by holding back its data, and answered by
the proxy after the server's side of it was cancelled, before any data of it came there.
"""

from __future__ import annotations

import asyncio
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plurichain.harness.fault_proxy_faults import (
    Fault,
    Garbage,
    GoAway,
    GrpcStatus,
    Page,
    Reset,
    Silence,
    Truncate,
)
from plurichain.harness.fault_proxy_hpack import PathReader, encode_literal
from plurichain.harness.fault_proxy_link import make_page
from plurichain.harness.fault_proxy_source import LinkEnded, run_first

if TYPE_CHECKING:
    from plurichain.harness.fault_proxy_link import Link
    from plurichain.harness.fault_proxy_source import Source

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RST_STREAM, _SETTINGS, _GOAWAY, _WINDOW_UPDATE = 0, 1, 3, 4, 7, 8
_END_STREAM, _END_HEADERS = 0x1, 0x4
_CANCEL = 8


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of RFC 9113, section 4.1."""

    kind: int
    flags: int
    stream: int
    payload: bytes

    @property
    def raw(self) -> bytes:
        """Its bytes."""
        head = struct.pack(">I", len(self.payload))[1:] + bytes([self.kind, self.flags])
        return head + struct.pack(">I", self.stream) + self.payload


@dataclass(slots=True)
class _Call:
    fault: Fault | None
    held: list[Frame] = field(default_factory=list)
    is_held: bool = False
    is_ours: bool = False
    """The proxy has answered it."""


def is_settings(start: bytes | bytearray) -> bool:
    """Tell whether a server's first bytes are those of HTTP/2."""
    return start[3] == _SETTINGS and not any(start[5:9])


async def relay(link: Link) -> None:
    """Carry a connection to its end. Raises LinkEnded."""
    await _Http2(link).run()


class _Http2:
    def __init__(self, link: Link) -> None:
        self._link = link
        self._calls: dict[int, _Call] = {}
        self._last_stream = 0
        self._paths = PathReader()
        self._later: set[asyncio.Task[None]] = set()
        self._ended: asyncio.Future[None] | None = None

    async def run(self) -> None:
        self._ended = asyncio.get_running_loop().create_future()
        await self._link.to_server(await self._link.client.read_exactly(len(PREFACE)))
        try:
            await run_first(self._pump_requests(), self._pump_answers(), self._wait_for_later())
        finally:
            for task in self._later:
                task.cancel()
            await asyncio.gather(*self._later, return_exceptions=True)

    async def _wait_for_later(self) -> None:
        assert self._ended is not None
        await self._ended

    # --- from the client -------------------------------------------------------------------------

    async def _pump_requests(self) -> None:
        while True:
            frame = await self._read(self._link.client)
            if frame.kind == _HEADERS and frame.stream > self._last_stream:
                self._last_stream = frame.stream
                await self._begin(frame)
                continue
            call = self._calls.get(frame.stream)
            if call is None:
                await self._link.to_server(frame.raw)
            elif frame.kind == _RST_STREAM:
                self._calls.pop(frame.stream)
                await self._give_back(call.held)
                if not call.is_ours:
                    await self._link.to_server(frame.raw)
            elif call.is_ours and frame.kind == _DATA:
                await self._give_back([frame])  # the server knows nothing of it any more
            elif call.is_held:
                call.held.append(frame)
            else:
                await self._link.to_server(frame.raw)

    async def _begin(self, frame: Frame) -> None:
        path = self._paths.read(frame.payload, frame.flags)
        delay_s, fault = self._link.list_faults(path)
        call = _Call(fault)
        if isinstance(fault, Silence) and fault.way != "answer":
            self._link.silence(fault.way)
        if not delay_s and fault is None:
            await self._link.to_server(frame.raw)
            return
        self._calls[frame.stream] = call
        if not delay_s:
            await self._decide(frame.stream, call)  # perhaps before the server has seen any of it
        call.is_held = bool(delay_s)
        await self._link.to_server(frame.raw)
        if delay_s:
            task = asyncio.ensure_future(self._go_on(frame.stream, call, delay_s))
            self._later.add(task)
            task.add_done_callback(self._note_done)
        elif call.is_ours:
            await self._answer(frame.stream, call)

    async def _give_back(self, frames: list[Frame]) -> None:
        """Let the client send as much again as was not passed on, as the server would."""
        size = sum(len(frame.payload) for frame in frames if frame.kind == _DATA)
        if size:
            update = Frame(_WINDOW_UPDATE, 0, 0, struct.pack(">I", size))
            await self._link.to_client(update.raw)

    async def _go_on(self, stream: int, call: _Call, delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        if self._calls.get(stream) is not call:
            return  # the client has given it up
        await self._decide(stream, call)
        if call.is_ours:
            await self._answer(stream, call)
            return
        while call.held:
            await self._link.to_server(call.held.pop(0).raw)
        call.is_held = False

    def _note_done(self, task: asyncio.Task[None]) -> None:
        self._later.discard(task)
        if task.cancelled() or self._ended is None or self._ended.done():
            return
        error = task.exception()
        if error is not None:
            self._ended.set_exception(error)

    async def _decide(self, stream: int, call: _Call) -> None:
        """Do what needs no server. Raises LinkEnded if it ends the connection."""
        match call.fault:
            case Reset(after_answer=False) | Garbage():
                await self._link.suffer(call.fault)
            case GoAway():
                last = struct.pack(">II", max(stream - 2, 0), 0)
                await self._link.to_client(Frame(_GOAWAY, 0, 0, last).raw)
                raise LinkEnded
            case Page() | GrpcStatus():
                call.is_ours = True

    async def _answer(self, stream: int, call: _Call) -> None:
        """Cancel the call at the server and answer it here."""
        await self._give_back(call.held)
        call.held.clear()
        cancel = struct.pack(">I", _CANCEL)
        await self._link.to_server(Frame(_RST_STREAM, 0, stream, cancel).raw)
        if isinstance(call.fault, GrpcStatus):
            block = _encode(
                (":status", "200"), ("content-type", "application/grpc"),
                ("grpc-status", str(call.fault.code)), ("grpc-message", call.fault.text),
            )  # fmt: skip
            frames = [Frame(_HEADERS, _END_HEADERS | _END_STREAM, stream, block)]
        else:
            assert isinstance(call.fault, Page)
            status = call.fault.status
            block = _encode((":status", str(status)), ("content-type", "text/html"))
            body = make_page(status).partition(b"\r\n\r\n")[2]
            frames = [
                Frame(_HEADERS, _END_HEADERS, stream, block),
                Frame(_DATA, _END_STREAM, stream, body),
            ]
        await self._link.to_client(b"".join(frame.raw for frame in frames))

    # --- from the server -------------------------------------------------------------------------

    async def _pump_answers(self) -> None:
        while True:
            frame = await self._read(self._link.server)
            call = self._calls.get(frame.stream)
            if call is None:
                await self._link.to_client(frame.raw)
                continue
            if call.is_ours and frame.kind in {_DATA, _RST_STREAM}:
                continue
            match call.fault:
                case Truncate(size):
                    self._link.limit(size, call.fault)
                    call.fault = None
                case Silence(way):
                    self._link.silence(way)
            is_end = bool(frame.flags & _END_STREAM) and frame.kind in {_DATA, _HEADERS}
            if is_end and isinstance(call.fault, Reset):
                self._link.reset()
                raise LinkEnded
            await self._link.to_client(frame.raw)
            if is_end or frame.kind == _RST_STREAM:
                self._calls.pop(frame.stream, None)

    async def _read(self, source: Source) -> Frame:
        head = await source.read_exactly(9)
        size = int.from_bytes(head[:3], "big")
        stream = int.from_bytes(head[5:], "big") & 0x7FFFFFFF
        return Frame(head[3], head[4], stream, await source.read_exactly(size))


def _encode(*fields: tuple[str, str]) -> bytes:
    return b"".join(encode_literal(name, text) for name, text in fields)
