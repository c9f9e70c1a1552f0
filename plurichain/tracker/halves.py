"""Writing what one event says of a packet into the half of the chain that said it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plurichain.ibc.event_types import PacketEventKind
from plurichain.ibc.packet import ProtocolVersion
from plurichain.ibc.packet_story import (
    DESTINATION_STEPS,
    SOURCE_STEPS,
    DestinationState,
    Fault,
    SourceState,
    State,
    Step,
)
from plurichain.ibc.packet_v2 import decode_packet_v2
from plurichain.ibc.results import judge_step
from plurichain.ibc.results import judge_step
from plurichain.ibc.transfer import TransferData, parse_transfer_data
from plurichain.tracker.reading import End, PacketWord, Place, clean_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plurichain.ibc.credits import Receipt
    from plurichain.storage import Database

SEQUENCE_DIGITS: Final = 20
_BY_SOURCE: Final = frozenset(
    {PacketEventKind.SEND, PacketEventKind.ACKNOWLEDGE, PacketEventKind.TIMEOUT}
)
_KEY: Final = "chain_id = ? AND protocol = ? AND port = ? AND channel = ? AND sequence = ?"


def write_word(database: Database, word: PacketWord) -> Fault | None:
    """Apply the table of steps to one event; returns what was wrong with it, if anything.

    Within a transaction of the caller.
    """
    if word.kind in _BY_SOURCE:
        step: Step[SourceState] | Step[DestinationState] = _write_source(database, word)
    else:
        step = _write_destination(database, word)
    if word.kind is not PacketEventKind.SEND and word.place.tx is not None:
        _count(database, word, is_repeat=step.is_repeat)
    return step.fault


def _judge(step: Step[State], before: State, word: PacketWord) -> Step[State]:
    # The result is that of the message; an answer may be written within any message.
    result = None if word.kind is PacketEventKind.WRITE_ACK else word.result
    return judge_step(before, step, result)


def list_returned(
    protocol: ProtocolVersion, data: bytes, receipts: Sequence[Receipt]
) -> str | None:
    """Return what a packet's sender received: ``"<amount> <denom>"``, joined by commas.

    ``data`` are the packet's as they are stored; None if nothing.
    """
    senders = _list_senders(protocol, data) if receipts else set()
    coins = [
        f"{coin.amount} {clean_text(coin.denom)}" for coin in receipts if coin.address in senders
    ]
    return ",".join(coins) or None


def _list_senders(protocol: ProtocolVersion, data: bytes) -> set[str]:
    payloads = [data]
    if protocol is ProtocolVersion.V2:
        payloads = [payload.value for payload in decode_packet_v2(data).payloads]
    transfers = map(parse_transfer_data, payloads)
    return {each.sender for each in transfers if isinstance(each, TransferData)}


def _make_key(word: PacketWord, end: End) -> tuple[str, ...]:
    sequence = f"{word.sequence:0{SEQUENCE_DIGITS}d}"
    return (word.place.chain_id, end.protocol.value, end.port, end.channel, sequence)


def _at(place: Place) -> tuple[object, ...]:
    time_ns = None if place.time_ns is None else str(place.time_ns)
    return (place.height, time_ns, place.tx, place.signer)


def _write_source(database: Database, word: PacketWord) -> Step[SourceState]:
    key = _make_key(word, word.source)
    rows = database.query(f"SELECT state, data FROM sent WHERE {_KEY}", key)  # noqa: S608
    before = SourceState(rows[0][0]) if rows else SourceState.NOTHING
    step = _judge(SOURCE_STEPS[before, word.kind], before, word)
    if step.state is before:
        if step.is_repeat and rows:
            _count_repeat(database, "sent", key)
    elif before is SourceState.NOTHING:
        _insert_sent(database, word, key, step.state)
    else:
        database.execute(
            "UPDATE sent SET state = ?, ended_height = ?, ended_time_ns = ?, ended_tx = ?,"  # noqa: S608
            f" ended_by = ?, ended_msg = ?, ended_result = ?, returned = ? WHERE {_KEY}",
            (
                step.state.value,
                *_at(word.place),
                word.msg,
                _show_result(word),
                list_returned(word.source.protocol, rows[0][1], word.credits),
                *key,
            ),
        )
    return step


def _insert_sent(
    database: Database, word: PacketWord, key: tuple[str, ...], state: SourceState
) -> None:
    assert word.commitment is not None
    _note_end(database, key)
    denom, amount = word.coin or (None, None)
    values = (
        *key, word.destination.port, word.destination.channel, state.value,
        word.commitment.hex(), word.data, word.timeout_height, str(word.timeout_ns), denom, amount,
        *_at(word.place), word.msg,
    )  # fmt: skip
    database.execute(
        "INSERT INTO sent (chain_id, protocol, port, channel, sequence, peer_port, peer_channel,"  # noqa: S608
        " state, commitment, data, timeout_height, timeout_ns, denom, amount,"
        " sent_height, sent_time_ns, sent_tx, sent_by, sent_msg)"
        f" VALUES ({', '.join('?' * len(values))})",
        values,
    )


def _write_destination(database: Database, word: PacketWord) -> Step[DestinationState]:
    key = _make_key(word, word.destination)
    rows = database.query(f"SELECT state FROM received WHERE {_KEY}", key)  # noqa: S608
    before = DestinationState(rows[0][0]) if rows else DestinationState.NOTHING
    step = _judge(DESTINATION_STEPS[before, word.kind], before, word)
    if step.state is before:
        if step.is_repeat:
            _count_repeat(database, "received", key)
        return step
    if not rows:
        _insert_received(database, word, key)
    if word.kind is PacketEventKind.RECV:
        database.execute(
            "UPDATE received SET state = ?, received_height = ?, received_time_ns = ?,"  # noqa: S608
            " received_tx = ?, received_by = ?, received_msg = ?, received_result = ?"
            f" WHERE {_KEY}",
            (step.state.value, *_at(word.place), word.msg, _show_result(word), *key),
        )
    else:
        outcome = None if word.outcome is None else word.outcome.value
        database.execute(
            "UPDATE received SET state = ?, answer = ?, outcome = ?, answered_height = ?,"  # noqa: S608
            f" answered_time_ns = ?, answered_tx = ?, answered_by = ?, answered_msg = ?"
            f" WHERE {_KEY}",
            (step.state.value, word.answer, outcome, *_at(word.place), word.msg, *key),
        )
    return step


def _insert_received(database: Database, word: PacketWord, key: tuple[str, ...]) -> None:
    _note_end(database, key)
    commitment = "" if word.commitment is None else word.commitment.hex()
    values = (
        *key, word.source.port, word.source.channel, DestinationState.NOTHING.value, commitment,
    )  # fmt: skip
    database.execute(
        "INSERT INTO received (chain_id, protocol, port, channel, sequence, peer_port,"  # noqa: S608
        f" peer_channel, state, commitment) VALUES ({', '.join('?' * len(values))})",
        values,
    )


def _note_end(database: Database, key: tuple[str, ...]) -> None:
    database.execute(
        "INSERT OR IGNORE INTO channel_end (chain_id, protocol, port, channel) VALUES (?, ?, ?, ?)",
        key[:4],
    )


def _count_repeat(database: Database, table: str, key: tuple[str, ...]) -> None:
    database.execute(
        f"UPDATE {table} SET repeats = repeats + 1 WHERE {_KEY}",  # noqa: S608
        key,
    )


def _count(database: Database, word: PacketWord, *, is_repeat: bool) -> None:
    column = "repeated" if is_repeat else "first"
    is_inferred = word.result is None and word.kind is not PacketEventKind.WRITE_ACK
    database.execute(
        f"INSERT INTO relaying (chain_id, signer, kind, {column}, inferred)"  # noqa: S608
        f" VALUES (?, ?, ?, 1, ?) ON CONFLICT DO UPDATE SET {column} = {column} + 1,"
        " inferred = inferred + excluded.inferred",
        (word.place.chain_id, word.place.signer or "", word.kind.value, int(is_inferred)),
    )


def _show_result(word: PacketWord) -> str | None:
    return None if word.result is None else word.result.value
