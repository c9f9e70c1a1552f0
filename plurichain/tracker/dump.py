"""Everything that the tracker knows, as lines that are equal whenever the knowledge is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from plurichain.tracker.schema import KEYS, MIGRATIONS

if TYPE_CHECKING:
    from plurichain.tracker.store import PacketStore

FORMAT: Final = f"plurichain/packets/{len(MIGRATIONS)}"
_PAGE: Final = 1_000


def dump_store(store: PacketStore) -> Iterator[str]:
    """Yield a line of canonical JSON a row: tables by name, rows by key, bytes as hex.

    One state of all tables, whoever writes meanwhile; memory does not grow with them.
    """
    yield _write({"format": FORMAT})
    with store.reading():
        for table in sorted(KEYS):
            columns = store.list_columns(table)
            for row in _list_rows(store, table, columns):
                values = dict(zip(columns, row, strict=True))
                yield _write({"table": table} | {name: _show(values[name]) for name in columns})


def _list_rows(store: PacketStore, table: str, columns: list[str]) -> Iterator[tuple[object, ...]]:
    keys = KEYS[table]
    places = [columns.index(key) for key in keys]
    order, marks = ", ".join(keys), ", ".join("?" * len(keys))
    after: tuple[object, ...] = ()
    while True:
        where = f"WHERE ({order}) > ({marks})" if after else ""
        statement = f"SELECT * FROM {table} {where} ORDER BY {order} LIMIT {_PAGE}"  # noqa: S608
        rows = store.query(statement, after)
        yield from rows
        if len(rows) < _PAGE:
            return
        after = tuple(rows[-1][place] for place in places)


def _show(value: object) -> object:
    return value.hex() if isinstance(value, bytes) else value


def _write(content: dict[str, object]) -> str:
    return json.dumps(content, sort_keys=True, separators=(",", ":"))
