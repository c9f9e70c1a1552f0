"""HTTP/1.1 through a fault proxy: JSON-RPC and plain GETs call by call, websockets as bytes."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plurichain.harness.fault_proxy_faults import (
    Fault,
    Garbage,
    GoAway,
    GrpcStatus,
    Lie,
    Page,
    Reset,
    Silence,
    Truncate,
)
from plurichain.harness.fault_proxy_source import LinkEnded, run_first

if TYPE_CHECKING:
    from plurichain.harness.fault_proxy_link import Link
    from plurichain.harness.fault_proxy_source import Source

_HEAD_END = b"\r\n\r\n"
_NO_BODY = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class Message:
    """A request or an answer: as it came, and its body without any transfer encoding."""

    raw: bytes
    start: str
    headers: dict[str, str]
    body: bytes
    is_last: bool

    @property
    def status(self) -> int:
        """The status of an answer."""
        return int(self.start.split(" ", 2)[1])

    @property
    def method(self) -> str:
        """What is called: the method of JSON-RPC, of several, or the path of a GET."""
        verb, path = self.start.split(" ")[:2]
        if verb != "POST":
            return path
        try:
            content = json.loads(self.body)
        except ValueError:
            return path
        calls = content if isinstance(content, list) else [content]
        return " ".join(str(call.get("method")) for call in calls if isinstance(call, dict))

    @property
    def is_upgrade(self) -> bool:
        """Whether a websocket is asked for."""
        return "upgrade" in self.headers.get("connection", "").lower()


async def relay(link: Link) -> None:
    """Carry a connection to its end. Raises LinkEnded."""
    while True:
        request = await _read_request(link.client)
        if request.is_upgrade:
            link.list_faults(request.method)  # counted; what happens to it is for connections
            await link.to_server(request.raw)
            await link.pump()
            return
        # A client that gives up meanwhile ends it.
        await run_first(_exchange(link, request), link.client.wait_for_end())


async def _exchange(link: Link, request: Message) -> None:
    delay_s, fault = link.list_faults(request.method)
    if delay_s:
        await asyncio.sleep(delay_s)
    match fault:
        case Reset(after_answer=False) | Page() | Garbage():
            await link.suffer(fault)
        case GrpcStatus():
            await link.suffer(Page(429))
        case GoAway():
            raise LinkEnded
        case Silence(way="request" | "both"):
            link.silence(fault.way)
    await link.to_server(request.raw)
    answer = await _read_answer(link.server, request)
    await _answer(link, request, answer, fault)


async def _answer(link: Link, request: Message, answer: Message, fault: Fault | None) -> None:
    raw = answer.raw
    match fault:
        case Reset():
            link.reset()
            raise LinkEnded
        case Silence(way):
            link.silence(way)
        case Truncate(size):
            link.limit(size, fault)
        case Lie(change):
            raw = _rewrite(request, answer, change)
    await link.to_client(raw)
    if answer.is_last:
        raise LinkEnded


def _rewrite(request: Message, answer: Message, change: object) -> bytes:
    try:
        content = json.loads(answer.body)
    except ValueError:
        return answer.raw
    assert callable(change)
    body = json.dumps(change(request.method, content)).encode()
    dropped = {"content-length", "transfer-encoding"}
    lines = [answer.start]
    lines += [f"{name}: {text}" for name, text in answer.headers.items() if name not in dropped]
    lines.append(f"content-length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + _HEAD_END + body


async def _read_request(source: Source) -> Message:
    head = await source.read_until(_HEAD_END)
    start, headers = _parse_head(head)
    body = await source.read_exactly(int(headers.get("content-length", "0")))
    return Message(head + body, start, headers, body, is_last=False)


async def _read_answer(source: Source, request: Message) -> Message:
    head = await source.read_until(_HEAD_END)
    start, headers = _parse_head(head)
    is_last = headers.get("connection", "").lower() == "close"
    status = int(start.split(" ", 2)[1])
    if request.start.startswith("HEAD ") or status in _NO_BODY:
        return Message(head, start, headers, b"", is_last)
    if headers.get("transfer-encoding", "").lower() == "chunked":
        raw, body = await _read_chunks(source)
    elif "content-length" in headers:
        raw = body = await source.read_exactly(int(headers["content-length"]))
    else:
        raw = body = await source.read_to_end()
        is_last = True
    return Message(head + raw, start, headers, body, is_last)


async def _read_chunks(source: Source) -> tuple[bytes, bytes]:
    """Return a chunked body as it came, and its content."""
    raw, body = bytearray(), bytearray()
    while True:
        line = await source.read_until(b"\r\n")
        size = int(line.partition(b";")[0], 16)
        chunk = await source.read_exactly(size + 2) if size else b""
        raw += line + chunk
        body += chunk[:-2]
        if not size:
            while (trailer := await source.read_until(b"\r\n")) != b"\r\n":
                raw += trailer
            return bytes(raw + b"\r\n"), bytes(body)


def _parse_head(head: bytes) -> tuple[str, dict[str, str]]:
    start, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return start, {name.strip().lower(): text.strip() for name, _, text in pairs}
