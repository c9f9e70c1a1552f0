"""What a block changes of packets: the halves it touches, stepped in memory, written at once.

A half is what the chain that sent a packet, or the one that it went to, has told of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from plurichain.ibc.event_types import PacketEventKind
from plurichain.ibc.packet import ProtocolVersion
from plurichain.ibc.packet_story import (
    DESTINATION_STEPS,
    SOURCE_STEPS,
    DestinationState,
    Fault,
    SourceState,
)
from plurichain.ibc.packet_v2 import decode_packet_v2
from plurichain.ibc.results import judge_step
from plurichain.ibc.transfer import TransferData, parse_transfer_data
from plurichain.tracker.half_statements import (
    ANSWER_RECEIVED,
    COUNT_RELAYING,
    END_SENT,
    INSERT_RECEIVED,
    INSERT_SENT,
    REPEAT_RECEIVED,
    REPEAT_SENT,
    Key,
    load_rows,
)
from plurichain.tracker.reading import End, PacketWord, clean_text

if TYPE_CHECKING:
    from plurichain.ibc.coins_received import CoinReceived
    from plurichain.storage import Engine

SEQUENCE_DIGITS: Final = 20
_BY_SOURCE: Final = frozenset(
    {PacketEventKind.SEND, PacketEventKind.ACKNOWLEDGE, PacketEventKind.TIMEOUT}
)
_STATE: Final = ("state", "repeats")
_NOTHING_TOLD: Final = (None, None, None, None, None)


@dataclass(slots=True)
class _SentRow:
    """A packet's half on its source; ``begun`` and ``ended`` are the words of this block."""

    state: SourceState = SourceState.NOTHING
    repeats: int = 0
    is_repeated: bool = False
    begun: PacketWord | None = None
    ended: PacketWord | None = None


@dataclass(slots=True)
class _ReceivedRow:
    """A packet's half on its destination; the words are those of this block."""

    state: DestinationState = DestinationState.NOTHING
    repeats: int = 0
    is_repeated: bool = False
    received: PacketWord | None = None
    answered: PacketWord | None = None
    is_new: bool = True


@dataclass(slots=True)
class BlockHalves:
    """The halves that the words of one block touch. Within one write transaction."""

    sent: dict[Key, _SentRow] = field(default_factory=dict)
    received: dict[Key, _ReceivedRow] = field(default_factory=dict)
    relaying: dict[tuple[str, str, str], list[int]] = field(default_factory=dict)

    def load(self, engine: Engine, words: Iterable[PacketWord]) -> None:
        """Read the halves as they were before the block."""
        for word in words:
            if word.kind in _BY_SOURCE:
                self.sent[make_key(word, word.source)] = _SentRow()
            else:
                self.received[make_key(word, word.destination)] = _ReceivedRow()
        for key, (state, repeats) in load_rows(engine, "sent", _STATE, self.sent):
            self.sent[key] = _SentRow(SourceState(state), repeats)
        for key, (state, repeats) in load_rows(engine, "received", _STATE, self.received):
            self.received[key] = _ReceivedRow(DestinationState(state), repeats, is_new=False)

    def take(self, word: PacketWord) -> Fault | None:
        """Apply the table of steps to one event; returns what was wrong with it, if anything."""
        if word.kind in _BY_SOURCE:
            is_repeat, fault = self._step_source(word)
        else:
            is_repeat, fault = self._step_destination(word)
        if word.kind is not PacketEventKind.SEND and word.place.tx is not None:
            self._count(word, is_repeat=is_repeat)
        return fault

    def list_ends(self) -> set[tuple[str, ...]]:
        """Return the channel ends of packets that this block told of first."""
        begun = {key[:4] for key, row in self.sent.items() if row.begun}
        return begun | {key[:4] for key, row in self.received.items() if _is_insert(row)}

    def write(self, engine: Engine) -> None:
        """Write what the block changed."""
        returned = self._find_returned(engine)
        sent: dict[str, list[Sequence[object]]] = defaultdict(list)
        for key, row in self.sent.items():
            if row.begun is not None:
                sent[INSERT_SENT].append(_show_sent(key, row, row.begun, returned.get(key)))
            elif row.ended is not None:
                ended = (row.state.value, *_tell_end(row, returned.get(key)), row.repeats)
                sent[END_SENT].append((*ended, *key))
            elif row.is_repeated:
                sent[REPEAT_SENT].append((row.repeats, *key))
        for key, other in self.received.items():
            if _is_insert(other):
                sent[INSERT_RECEIVED].append(_show_received(key, other))
            elif other.answered is not None:
                answered = (other.state.value, *_tell_answer(other.answered), other.repeats)
                sent[ANSWER_RECEIVED].append((*answered, *key))
            elif other.is_repeated and not other.is_new:
                sent[REPEAT_RECEIVED].append((other.repeats, *key))
        sent[COUNT_RELAYING] = [(*key, *counts) for key, counts in sorted(self.relaying.items())]
        for statement, rows in sent.items():
            engine.execute_many(statement, rows)

    def _step_source(self, word: PacketWord) -> tuple[bool, Fault | None]:
        row = self.sent[make_key(word, word.source)]
        before = row.state
        step = judge_step(before, SOURCE_STEPS[before, word.kind], word.result)
        if step.state is not before:
            row.state = step.state
            if before is SourceState.NOTHING:
                row.begun = word
            else:
                row.ended = word
        elif step.is_repeat and before is not SourceState.NOTHING:
            row.repeats, row.is_repeated = row.repeats + 1, True
        return step.is_repeat, step.fault

    def _step_destination(self, word: PacketWord) -> tuple[bool, Fault | None]:
        row = self.received[make_key(word, word.destination)]
        before = row.state
        # The result is that of the message; an answer may be written within any message.
        result = None if word.kind is PacketEventKind.WRITE_ACK else word.result
        step = judge_step(before, DESTINATION_STEPS[before, word.kind], result)
        if step.state is not before:
            row.state = step.state
            if word.kind is PacketEventKind.RECV:
                row.received = word
            else:
                row.answered = word
        elif step.is_repeat and before is not DestinationState.NOTHING:
            row.repeats, row.is_repeated = row.repeats + 1, True
        return step.is_repeat, step.fault

    def _count(self, word: PacketWord, *, is_repeat: bool) -> None:
        key = (word.place.chain_id, word.place.signer or "", word.kind.value)
        counts = self.relaying.setdefault(key, [0, 0, 0])
        counts[1 if is_repeat else 0] += 1
        if word.result is None and word.kind is not PacketEventKind.WRITE_ACK:
            counts[2] += 1

    def _find_returned(self, engine: Engine) -> dict[Key, str | None]:
        """Return what senders received within the messages that ended their packets."""
        ended = {
            key: row.ended for key, row in self.sent.items() if row.ended and row.ended.credits
        }
        data = {key: row.begun.data for key, row in self.sent.items() if row.begun and key in ended}
        unread = [key for key in ended if key not in data]
        data |= {key: content for key, (content,) in load_rows(engine, "sent", ("data",), unread)}
        return {
            key: list_returned(word.source.protocol, data[key], word.credits)
            for key, word in ended.items()
        }


def make_key(word: PacketWord, end: End) -> Key:
    """Return the key of a half: the chain that told of it, its end there, the sequence."""
    sequence = f"{word.sequence:0{SEQUENCE_DIGITS}d}"
    return (word.place.chain_id, end.protocol.value, end.port, end.channel, sequence)


def list_returned(
    protocol: ProtocolVersion, data: bytes, received: Sequence[CoinReceived]
) -> str | None:
    """Return what a packet's sender received: ``"<amount> <denom>"``, joined by commas.

    ``data`` are the packet's as they are stored; None if nothing.
    """
    senders = set(_list_senders(protocol, data)) if received else set()
    coins = [
        f"{coin.amount} {clean_text(coin.denom)}" for coin in received if coin.address in senders
    ]
    return ",".join(coins) or None


def _list_senders(protocol: ProtocolVersion, data: bytes) -> Iterator[str]:
    payloads = [data]
    if protocol is ProtocolVersion.V2:
        payloads = [payload.value for payload in decode_packet_v2(data).payloads]
    for transfer in map(parse_transfer_data, payloads):
        if isinstance(transfer, TransferData):
            yield transfer.sender


def _is_insert(row: _ReceivedRow) -> bool:
    return row.is_new and (row.received is not None or row.answered is not None)


def _tell(word: PacketWord | None) -> tuple[Any, ...]:
    """Return where a word was said, as every half keeps it: and in which message."""
    if word is None:
        return _NOTHING_TOLD
    place = word.place
    time_ns = None if place.time_ns is None else str(place.time_ns)
    return (place.height, time_ns, place.tx, place.signer, word.msg)


def _show_result(word: PacketWord | None) -> str | None:
    return None if word is None or word.result is None else word.result.value


def _tell_end(row: _SentRow, returned: str | None) -> tuple[Any, ...]:
    return (*_tell(row.ended), _show_result(row.ended), returned)


def _tell_answer(word: PacketWord | None) -> tuple[Any, ...]:
    if word is None:
        return (None, None, *_NOTHING_TOLD)
    return (word.answer, None if word.outcome is None else word.outcome.value, *_tell(word))


def _show_sent(key: Key, row: _SentRow, word: PacketWord, returned: str | None) -> tuple[Any, ...]:
    assert word.commitment is not None
    denom, amount = word.coin or (None, None)
    return (
        *key, word.destination.port, word.destination.channel, row.state.value,
        word.commitment.hex(), word.data, word.timeout_height, str(word.timeout_ns), denom, amount,
        *_tell(word), *_tell_end(row, returned), row.repeats,
    )  # fmt: skip


def _show_received(key: Key, row: _ReceivedRow) -> tuple[Any, ...]:
    word = row.received or row.answered
    assert word is not None
    commitment = "" if word.commitment is None else word.commitment.hex()
    return (
        *key, word.source.port, word.source.channel, row.state.value, commitment,
        *_tell(row.received), _show_result(row.received), *_tell_answer(row.answered), row.repeats,
    )  # fmt: skip
