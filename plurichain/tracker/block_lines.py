"""Recorded blocks as lines of JSON: all that the tracker reads of a block, to the byte.

The first line of a file names the format, the chain and where its channels lead, as far as
was known; then comes a line a block, in the order of heights, a line for blocks that could
not be read, and a line for a route that was learnt on the way. Text of events is escaped
to ASCII, bytes are base64, times Unix nanoseconds in decimal.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from plurichain.errors import InputError, NewerFormatError
from plurichain.ibc.packet import ProtocolVersion
from plurichain.tracker.blocks import (
    Absence,
    Missing,
    RawEvent,
    TrackedBlock,
    TrackedTx,
)
from plurichain.tracker.reading import End
from plurichain.tracker.store import Route
from plurichain.units import U32_MAX, U64_MAX

FAMILY: Final = "plurichain/blocks/"
FORMAT: Final = f"{FAMILY}1"
_BROKEN: Final = (KeyError, ValueError, TypeError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Header:
    """The first line of a file."""

    chain_id: str
    routes: tuple[Route, ...] = ()


def write_header(header: Header) -> bytes:
    """Return the first line."""
    routes = [_show_route(route) for route in header.routes]
    return _write({"format": FORMAT, "chain_id": header.chain_id, "routes": routes})


def write_route(route: Route) -> bytes:
    """Return the line of a route."""
    return _write({"route": _show_route(route)})


def write_news(news: TrackedBlock | Missing) -> bytes:
    """Return the line of a block, or of blocks that cannot be read."""
    if isinstance(news, Missing):
        return _write({"missing": [news.first, news.last], "reason": news.reason.value})
    content: dict[str, Any] = {"height": news.height}
    if news.since != news.height:
        content["since"] = news.since
    content["time_ns"] = None if news.time_ns is None else str(news.time_ns)
    content |= {"hash": news.block_hash, "previous": news.previous_hash}
    content["txs"] = [_show_tx(tx) for tx in news.txs]
    content["events"] = _show_events(news.events)
    return _write(content)


def read_header(line: bytes) -> Header | None:
    """Return what the first line of a file says, None if it is of another kind.

    Raises NewerFormatError, InputError.
    """
    try:
        content = json.loads(line)
        kind = content["format"]
    except _BROKEN:
        return None
    if not isinstance(kind, str) or not kind.startswith(FAMILY):
        return None
    if kind != FORMAT:
        raise NewerFormatError(
            f"format {kind[:40]} is newer than {FORMAT}, which this program reads",
            remedy="use a newer plurichain",
        )
    try:
        chain_id = _text(content["chain_id"])
        routes = tuple(_read_route(chain_id, each) for each in content["routes"])
    except _BROKEN as error:
        raise InputError("the first line lacks a field, or one is of another kind") from error
    return Header(chain_id, routes)


def read_line(chain_id: str, line: bytes) -> TrackedBlock | Missing | Route:
    """Return what a later line says of a chain. Raises InputError."""
    try:
        content = json.loads(line)
        if "route" in content:
            return _read_route(chain_id, content["route"])
        if "missing" in content:
            first, last = (_number(each) for each in content["missing"])
            if first > last:
                raise ValueError("missing")
            return Missing(chain_id, first, last, Absence(content["reason"]))
        return _read_block(chain_id, content)
    except _BROKEN as error:
        raise InputError(f"not a recorded block: {_describe(error)}") from error


def _describe(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError):
        return "not JSON"
    if isinstance(error, KeyError):
        return f"{error} is missing"
    return "a field is of another kind"


def _write(content: dict[str, Any]) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode() + b"\n"


def _show_route(route: Route) -> dict[str, str]:
    return {
        "protocol": route.end.protocol.value,
        "port": route.end.port,
        "channel": route.end.channel,
        "peer_chain_id": route.peer_chain_id,
        "peer_port": route.peer.port,
        "peer_channel": route.peer.channel,
    }


def _read_route(chain_id: str, content: dict[str, Any]) -> Route:
    protocol = ProtocolVersion(content["protocol"])
    names = [_text(content[key]) for key in ("port", "channel", "peer_port", "peer_channel")]
    peer = _text(content["peer_chain_id"])
    return Route(chain_id, End(protocol, *names[:2]), peer, End(protocol, *names[2:]))


def _show_tx(tx: TrackedTx) -> dict[str, Any]:
    content: dict[str, Any] = {"code": tx.code, "events": _show_events(tx.events)}
    if tx.codespace:
        content["codespace"] = tx.codespace
    if tx.data:
        content["data"] = base64.b64encode(tx.data).decode()
    if tx.signed:
        content["signed"] = base64.b64encode(tx.signed).decode()
    return content


def _show_events(events: Iterable[RawEvent]) -> list[list[Any]]:
    return [[kind, [list(pair) for pair in pairs]] for kind, pairs in events]


def _read_block(chain_id: str, content: dict[str, Any]) -> TrackedBlock:
    height = _number(content["height"])
    since = _number(content.get("since", height))
    time_ns = content["time_ns"]
    if since > height:
        raise ValueError("since")
    return TrackedBlock(
        chain_id=chain_id,
        height=height,
        since=since,
        time_ns=None if time_ns is None else int(_text(time_ns)),
        block_hash=_text(content["hash"]),
        previous_hash=_text(content["previous"]),
        txs=tuple(_read_tx(each) for each in content["txs"]),
        events=_read_events(content["events"]),
    )


def _read_tx(content: dict[str, Any]) -> TrackedTx:
    return TrackedTx(
        _number(content["code"], least=0, most=U32_MAX),
        _text(content.get("codespace", "")),
        _read_events(content["events"]),
        base64.b64decode(content.get("data", ""), validate=True),
        base64.b64decode(content.get("signed", ""), validate=True),
    )


def _read_events(content: Sequence[Any]) -> tuple[RawEvent, ...]:
    return tuple(
        (_text(kind), tuple((_text(key), _text(value)) for key, value in pairs))
        for kind, pairs in content
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("text")
    return value


def _number(value: object, *, least: int = 1, most: int = U64_MAX) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ValueError("number")
    return value
