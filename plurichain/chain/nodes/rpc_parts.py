"""Parts of CometBFT's JSON answers as plain values.

What is missing or wrong raises KeyError, TypeError or ValueError; the client of the node
knows which answer it was.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from plurichain import units
from plurichain.chain.types import Event, Header, TxResult
from plurichain.errors import InputError


def parse_time_ns(text: str) -> int:
    """Return Unix nanoseconds of an RFC 3339 time in UTC; raises ValueError."""
    try:
        return units.parse_time_ns(text)
    except InputError as error:
        raise ValueError(text) from error


def join_error(error: Mapping[str, Any]) -> str:
    """Return what a node says of an error, in one line."""
    return f"{error.get('message', '')}: {error.get('data', '')}".strip(": ")


def read_header(content: dict[str, Any], height: int) -> Header:
    """Return a header, which must be that of ``height``."""
    if int(content["height"]) != height:
        raise ValueError
    return Header(
        height=height,
        time_ns=parse_time_ns(content["time"]),
        chain_id=filled(content["chain_id"]),
        app_hash=bytes.fromhex(content["app_hash"]),
        last_block_hash=str((content.get("last_block_id") or {}).get("hash", "")).upper(),
    )


def read_tx_result(content: dict[str, Any]) -> TxResult:
    """Return how one transaction ended."""
    code = int(content["code"])
    if not 0 <= code <= units.U32_MAX:
        raise ValueError("code")
    return TxResult(
        code=code,
        codespace=str(content.get("codespace", "")),
        log=str(content.get("log", "")),
        gas_used=int(content["gas_used"]),
        gas_wanted=int(content["gas_wanted"]),
        events=read_events(content.get("events")),
        data=base64.b64decode(content.get("data") or "", validate=True),
    )


def read_events(content: list[dict[str, Any]] | None) -> tuple[Event, ...]:
    """Return events in their order."""
    return tuple(
        Event(
            type=str(entry["type"]),
            attributes=tuple(
                (str(item["key"]), str(item.get("value") or ""))
                for item in entry.get("attributes") or ()
            ),
        )
        for entry in content or ()
    )


def filled(text: object) -> str:
    """Return a text that may not be empty."""
    if not isinstance(text, str) or not text:
        raise ValueError
    return text
