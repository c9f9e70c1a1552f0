"""Packets that failed, and whether their senders got the money back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from plurichain.ibc.refunds import RefundVerdict, judge_refund
from plurichain.tracker.auditing.journeys import PacketKey, find_answering

if TYPE_CHECKING:
    from plurichain.tracker.store import PacketStore

_PAGE: Final = 1_000
_FAILED: Final = """
SELECT s.chain_id, s.protocol, s.port, s.channel, s.sequence, s.state, s.data, s.denom, s.amount,
    s.ended_height, s.ended_msg, s.returned
FROM sent s
LEFT JOIN route a ON a.chain_id = s.chain_id AND a.protocol = s.protocol AND a.port = s.port
    AND a.channel = s.channel AND a.peer_port = s.peer_port AND a.peer_channel = s.peer_channel
LEFT JOIN received r ON r.chain_id = a.peer_chain_id AND r.protocol = s.protocol
    AND r.port = s.peer_port AND r.channel = s.peer_channel AND r.sequence = s.sequence
WHERE s.protocol = 'classic' AND s.port NOT LIKE 'wasm.%'
    AND (s.denom IS NOT NULL OR s.port = 'transfer')
    AND (s.state = 'timed-out' OR (s.state = 'acknowledged' AND r.outcome = 'error'))
    AND (s.chain_id, s.protocol, s.port, s.channel, s.sequence) > (?, ?, ?, ?, ?)
ORDER BY s.chain_id, s.protocol, s.port, s.channel, s.sequence LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class RefundCheck:
    """A packet that failed: by which end, what its sender was owed, and what it received.

    ``denom`` is that of the packet; ``returned`` is "<amount> <denom>,…" as the bank of the
    sending chain said it, None for nothing.
    """

    key: PacketKey
    end: str
    height: int
    amount: int | None
    denom: str | None
    returned: str | None
    verdict: RefundVerdict


def list_refunds(store: PacketStore) -> Iterator[RefundCheck]:
    """Yield the check of every token transfer that failed, by chain, channel and sequence.

    Those of contracts, whose money is not in the bank, are left out.
    """
    answering = find_answering(store)
    after: tuple[Any, ...] = ("", "", "", "", "")
    while True:
        rows = store.query(_FAILED, (*after, _PAGE))
        for row in rows:
            yield _check(row, answering)
        if len(rows) < _PAGE:
            return
        after = rows[-1][:5]


def _check(row: tuple[Any, ...], answering: set[PacketKey]) -> RefundCheck:
    key = PacketKey.read(row[:5])
    state, data, denom, amount, height, message, returned = row[5:]
    verdict = judge_refund(
        bytes(data), returned, is_told=message is not None, is_passed_on=key in answering
    )
    owed = None if amount is None else int(amount)
    return RefundCheck(key, state, height, owed, denom, returned, verdict)
