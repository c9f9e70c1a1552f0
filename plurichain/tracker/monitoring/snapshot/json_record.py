"""A snapshot as JSON for programs: integers as text where they may be great, None unknown."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from plurichain.tracker.reading import End

if TYPE_CHECKING:
    from plurichain.tracker.monitoring.snapshot.items import Snapshot

FORMAT: Final = "plurichain/watch/1"
_SAFE: Final = 2**53
_GREAT: Final = frozenset({"amount", "least", "difference"})


def make_record(snapshot: Snapshot) -> dict[str, Any]:
    """Return a snapshot as an object; times in Unix nanoseconds as text."""
    return {"format": FORMAT} | _convert_item(snapshot)


def _convert_item(item: Any) -> dict[str, Any]:
    return {
        field.name: _convert(field.name, getattr(item, field.name))
        for field in dataclasses.fields(item)
    }


def _convert(name: str, value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, End):
        return {"protocol": value.protocol.value, "port": value.port, "channel": value.channel}
    if dataclasses.is_dataclass(value):
        return _convert_item(value)
    if isinstance(value, Mapping):
        return {_convert("", key): _convert(name, each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [_convert(name, each) for each in value]
    is_number = isinstance(value, int) and not isinstance(value, bool)
    if is_number and (name.endswith("_ns") or name in _GREAT or abs(value) >= _SAFE):
        return str(value)
    return value
