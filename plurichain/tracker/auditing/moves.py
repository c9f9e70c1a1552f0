"""What packets of a channel had under way at two heights, rebuilt from what blocks told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from plurichain.encoding.height import Height, revision_of
from plurichain.ibc.packet_story import Answer, SourceState
from plurichain.ibc.token_move import TokenMove
from plurichain.ibc.transfer import TransferData, parse_transfer_data
from plurichain.tracker.auditing.sent_packet import SentPacket
from plurichain.tracker.auditing.tokens import CLASSIC, Side, TokenCrossing, find_crossing
from plurichain.tracker.auditing.unread import settle_unread

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plurichain.tracker.auditing.chain_state import ChainState
    from plurichain.tracker.auditing.extent import Moment
    from plurichain.tracker.auditing.unread import Way
    from plurichain.tracker.store import PacketStore

_PAGE: Final = 1_000
# All but those that both chains have behind them: what these moved is in the two banks.
_UNSETTLED: Final = """
SELECT s.sequence, s.data, s.state, s.timeout_height, s.timeout_ns, s.sent_height, s.ended_height,
    r.received_height, r.received_tx, r.received_msg, r.answered_height, r.answered_tx,
    r.answered_msg, r.outcome
FROM sent s
LEFT JOIN received r ON r.chain_id = ? AND r.protocol = s.protocol AND r.port = s.peer_port
    AND r.channel = s.peer_channel AND r.sequence = s.sequence
WHERE s.chain_id = ? AND s.protocol = ? AND s.port = ? AND s.channel = ? AND s.sequence > ?
    AND (s.sent_height > ? OR s.ended_height IS NULL OR s.ended_height > ?
        OR r.received_height > ? OR r.answered_height > ?)
ORDER BY s.sequence LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A packet that one of the chains may not have behind it yet.

    ``crossing`` and ``move`` are None if its data are no transfer; ``is_open``: its sender
    holds its commitment at the height of the moment.
    """

    sender: Side
    sequence: int
    is_open: bool
    crossing: TokenCrossing | None
    move: TokenMove | None


def list_unsettled(
    store: PacketStore,
    states: Mapping[str, ChainState],
    ways: Iterable[Way],
    moments: Mapping[str, Moment],
) -> Iterator[Unsettled]:
    """Yield the packets of a channel, both ways, that the equation has to know of.

    Raises Unaudited where it cannot be known of them, NodeError.
    """
    for way in ways:
        here, there = moments[way.sender.chain_id], moments[way.receiver.chain_id]
        rows = list(_list_rows(store, way.sender, here.height, way.receiver, there.height))
        for packet in settle_unread(states, way, moments, rows):
            yield _make_unsettled(packet, way.sender, way.receiver, here, there)


def _list_rows(
    store: PacketStore, sender: Side, height: int, receiver: Side, peer_height: int
) -> Iterator[SentPacket]:
    after = ""
    while True:
        rows = store.query(
            _UNSETTLED,
            (
                receiver.chain_id, sender.chain_id, CLASSIC, sender.port, sender.channel, after,
                height, height, peer_height, peer_height, _PAGE,
            ),
        )  # fmt: skip
        yield from (SentPacket(*row) for row in rows)
        if len(rows) < _PAGE:
            return
        after = rows[-1][0]


def _make_unsettled(
    packet: SentPacket, sender: Side, receiver: Side, here: Moment, there: Moment
) -> Unsettled:
    is_open = packet.is_open_at(here.height)
    transfer = parse_transfer_data(bytes(packet.data))
    if not isinstance(transfer, TransferData):
        return Unsettled(sender, packet.number, is_open, None, None)
    crossing = find_crossing(sender, receiver, transfer.path)
    is_returning = crossing.owner != sender
    move = _make_move(packet, transfer.amount, there, is_returning=is_returning)
    return Unsettled(sender, packet.number, is_open, crossing, move)


def _make_move(packet: SentPacket, amount: int, there: Moment, *, is_returning: bool) -> TokenMove:
    is_error = packet.outcome == Answer.ERROR.value
    has_failed = packet.state == SourceState.TIMED_OUT.value or is_error
    # Refused by the very message that brought it: the chain took back all that it had done.
    received = (packet.received_height, packet.received_tx, packet.received_msg)
    answered = (packet.answered_height, packet.answered_tx, packet.answered_msg)
    return TokenMove(
        amount=amount,
        is_returning=is_returning,
        sent=packet.sent_height,
        refunded=packet.ended_height if has_failed else None,
        arrived=None if is_error and received == answered else _get_arrival(packet),
        refused=packet.answered_height if is_error else None,
        is_due=_is_due(packet, there),
    )


def _get_arrival(packet: SentPacket) -> int | None:
    """Return the height of its arrival; 0 is before all that was read, where it was answered."""
    if packet.received_height is None and packet.answered_height is not None:
        return 0
    return packet.received_height


def _is_due(packet: SentPacket, there: Moment) -> bool:
    """Whether the chain that it goes to refuses it from the moment on."""
    limit = Height.parse(packet.timeout_height)
    if not limit.is_zero and Height(revision_of(there.chain_id), there.height) >= limit:
        return True
    return 0 < int(packet.timeout_ns) <= there.time_ns
