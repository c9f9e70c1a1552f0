"""How halves of packets are read and written: few statements, many rows each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from plurichain.tracker.schema import KEYS

if TYPE_CHECKING:
    from plurichain.storage import Engine

Key = tuple[str, str, str, str, str]
"""Chain, protocol, port and channel of an end, and the sequence with all its digits."""

_AT_ONCE: Final = 512
_KEY: Final = "chain_id = ? AND protocol = ? AND port = ? AND channel = ? AND sequence = ?"
_KEYS: Final = "chain_id, protocol, port, channel, sequence"


def _make_insert(table: str, columns: str) -> str:
    names = [name.strip() for name in f"{_KEYS}, {columns}".split(",")]
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608


INSERT_SENT: Final = _make_insert(
    "sent",
    "peer_port, peer_channel, state, commitment, data, timeout_height, timeout_ns, denom, amount,"
    "sent_height, sent_time_ns, sent_tx, sent_by, sent_msg,"
    "ended_height, ended_time_ns, ended_tx, ended_by, ended_msg, ended_result, returned, repeats",
)
END_SENT: Final = (
    "UPDATE sent SET state = ?, ended_height = ?, ended_time_ns = ?, ended_tx = ?, ended_by = ?,"  # noqa: S608
    f" ended_msg = ?, ended_result = ?, returned = ?, repeats = ? WHERE {_KEY}"
)
REPEAT_SENT: Final = f"UPDATE sent SET repeats = ? WHERE {_KEY}"  # noqa: S608
INSERT_RECEIVED: Final = _make_insert(
    "received",
    "peer_port, peer_channel, state, commitment,"
    "received_height, received_time_ns, received_tx, received_by, received_msg, received_result,"
    "answer, outcome,"
    "answered_height, answered_time_ns, answered_tx, answered_by, answered_msg, repeats",
)
ANSWER_RECEIVED: Final = (
    "UPDATE received SET state = ?, answer = ?, outcome = ?, answered_height = ?,"  # noqa: S608
    " answered_time_ns = ?, answered_tx = ?, answered_by = ?, answered_msg = ?, repeats = ?"
    f" WHERE {_KEY}"
)
REPEAT_RECEIVED: Final = f"UPDATE received SET repeats = ? WHERE {_KEY}"  # noqa: S608
COUNT_RELAYING: Final = (
    "INSERT INTO relaying (chain_id, signer, kind, first, repeated, inferred)"
    " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (chain_id, signer, kind) DO UPDATE SET"
    " first = relaying.first + excluded.first, repeated = relaying.repeated + excluded.repeated,"
    " inferred = relaying.inferred + excluded.inferred"
)


def load_rows(
    engine: Engine, table: str, columns: Sequence[str], keys: Iterable[Key]
) -> Iterator[tuple[Key, tuple[Any, ...]]]:
    """Yield the rows that there are of these keys: each key with its ``columns``."""
    names = KEYS[table]
    for part in _cut(list(keys)):
        for row in engine.fetch(table, (*names, *columns), names, part):
            yield row[: len(names)], row[len(names) :]


def _cut(keys: list[Key]) -> Iterator[list[Key]]:
    return (keys[first : first + _AT_ONCE] for first in range(0, len(keys), _AT_ONCE))
