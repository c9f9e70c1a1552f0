"""Which transaction and which auction the lines of a log are about.

Set around everything that is done for one transaction, so that also the lines of calls
to nodes carry its hash. Lines say it themselves with ``extra=``, which counts first.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from types import MappingProxyType

FIELDS = ("tx_hash", "auction_id")

_NOTHING: Mapping[str, object] = MappingProxyType({})
_current: ContextVar[Mapping[str, object]] = ContextVar("plurichain_log", default=_NOTHING)


@contextlib.contextmanager
def about(**fields: object) -> Iterator[None]:
    """Have lines that are logged in the block carry ``fields``, of ``FIELDS``."""
    token = _current.set({**_current.get(), **fields})
    try:
        yield
    finally:
        _current.reset(token)


def read_fields(record: object) -> dict[str, object]:
    """Return the fields of a log record, None where nothing is known."""
    current = _current.get()
    return {name: getattr(record, name, current.get(name)) for name in FIELDS}
