"""From the events of a block to what the tracker keeps: cleaned, and with who signed."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from plurichain.encoding.canonical import lp
from plurichain.encoding.display import escape_name, escape_text
from plurichain.ibc.coins_received import CoinReceived
from plurichain.ibc.commitments import compute_packet_commitment, compute_packet_commitment_v2
from plurichain.ibc.event_types import MessagePath
from plurichain.ibc.events import (
    ChannelEvent,
    EventNote,
    PacketEvent,
    PacketEventKind,
    PacketEventV2,
    decode_ibc_events,
)
from plurichain.ibc.packet import Packet, ProtocolVersion
from plurichain.ibc.packet_story import Answer, judge_answer, judge_answers_v2
from plurichain.ibc.packet_v2 import encode_packet_v2
from plurichain.ibc.relay_messages import RelayMessage
from plurichain.ibc.results import MessageResult, format_path
from plurichain.ibc.transfer import TransferData, parse_transfer_data
from plurichain.tracker.blocks import RawEvent, TrackedBlock, TrackedTx
from plurichain.tracker.tx_facts import NO_FACTS, TxFacts, gather_facts

# ICS-24; no chain gives others, and these are safe on a terminal and in a label.
_IDENTIFIER: Final = re.compile(r"[a-zA-Z0-9._+\-#\[\]<>]{2,128}")
_LONGEST_DETAIL: Final = 200


@dataclass(frozen=True, slots=True)
class End:
    """One end of a channel; of IBC v2 the port is empty and the channel a client's id."""

    protocol: ProtocolVersion
    port: str
    channel: str

    @property
    def is_clean(self) -> bool:
        """Whether its names are such as chains give."""
        is_port = self.protocol is ProtocolVersion.V2 or _IDENTIFIER.fullmatch(self.port)
        return bool(is_port and _IDENTIFIER.fullmatch(self.channel))


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a chain something was told, and by whom; ``tx`` is None for the block itself."""

    chain_id: str
    height: int
    time_ns: int | None
    tx: int | None
    signer: str | None


@dataclass(frozen=True, slots=True)
class PacketWord:
    """What one event says of a packet.

    ``data`` are those of a classic packet, or a whole packet of IBC v2; ``commitment`` is
    recomputed from them, None where the event carries no data. ``timeout_ns`` is Unix
    nanoseconds, 0 for none. ``msg`` is the number of the message that said it, "0", or "0/2"
    for one within another; None: the block itself. ``result`` is what the chain answered to
    it, None: not known; ``credits`` are the coins that accounts received within it.
    """

    place: Place
    kind: PacketEventKind
    source: End
    destination: End
    sequence: int
    commitment: bytes | None
    data: bytes
    timeout_height: str
    timeout_ns: int
    answer: bytes | None
    outcome: Answer | None
    coin: tuple[str, str] | None
    msg: str | None = None
    result: MessageResult | None = None
    credits: tuple[CoinReceived, ...] = ()


@dataclass(frozen=True, slots=True)
class ChannelWord:
    """What one event says of a channel end: opened, or closed."""

    place: Place
    end: End
    is_closing: bool


@dataclass(frozen=True, slots=True)
class Oddity:
    """An event that says it is about IBC and cannot be used."""

    place: Place
    reason: str
    detail: str


Word = PacketWord | ChannelWord | Oddity


def clean_text(text: str, *, most: int | None = None) -> str:
    """Return text that every database, file and terminal takes: escaped where it must be."""
    return escape_text(text, most=most)


def read_block(block: TrackedBlock) -> Iterator[Word]:
    """Yield what a block says of packets and channels, in the chain's order.

    Failed transactions say nothing. Raises nothing, whatever the events hold.
    """
    for index, tx in enumerate(block.txs):
        if not tx.code:
            yield from _read_events(block, tx.events, index, tx)
    yield from _read_events(block, block.events, None, None)


def _read_events(
    block: TrackedBlock, events: Sequence[RawEvent], index: int | None, tx: TrackedTx | None
) -> Iterator[Word]:
    decoded = decode_ibc_events(events)
    if not decoded.events and not decoded.notes and not (tx and tx.signed):
        return  # as most transactions of most chains
    facts = NO_FACTS if tx is None else gather_facts(tx)
    packets = [each for each in decoded.events if isinstance(each, PacketEvent | PacketEventV2)]
    noops = deque(facts.list_noops({(each.path, each.kind) for each in packets}))

    def place(path: MessagePath | None) -> Place:
        return Place(block.chain_id, block.height, block.time_ns, index, facts.find_signer(path))

    for event in decoded.events:
        if isinstance(event, PacketEvent | PacketEventV2):
            # In the order of the messages: what came to nothing may have come before its packet.
            while noops and event.path is not None and noops[0].path < event.path:
                noop = noops.popleft()
                yield _check(_read_noop(noop, place(noop.path)))
            yield _check(_add_facts(_read_packet(event, place(event.path)), event.path, facts))
        elif isinstance(event, ChannelEvent):
            end = End(ProtocolVersion.CLASSIC, event.port, event.channel)
            if end.is_clean:
                path = None if event.msg_index is None else (event.msg_index,)
                yield ChannelWord(place(path), end, event.is_closing)
    for noop in noops:
        yield _check(_read_noop(noop, place(noop.path)))
    for note in decoded.notes:
        yield _make_oddity(note, place(None))


def _read_packet(event: PacketEvent | PacketEventV2, place: Place) -> PacketWord:
    if isinstance(event, PacketEvent):
        return _read_classic(event, place)
    return _read_v2(event, place)


def _add_facts(word: PacketWord, path: MessagePath | None, facts: TxFacts) -> PacketWord:
    if path is None:
        return word
    # Field by field: dataclasses.replace takes longer than all the rest of reading an event.
    return PacketWord(
        word.place, word.kind, word.source, word.destination, word.sequence, word.commitment,
        word.data, word.timeout_height, word.timeout_ns, word.answer, word.outcome, word.coin,
        format_path(path), facts.find_result(path, word.kind), facts.credits.get(path, ()),
    )  # fmt: skip


def _read_noop(message: RelayMessage, place: Place) -> PacketWord:
    """Return what a message that came to nothing says: that a packet was brought once more.

    Its content was proven by nobody, so that only its name is taken.
    """
    packet = message.packet
    if isinstance(packet, Packet):
        source = End(ProtocolVersion.CLASSIC, packet.source_port, packet.source_channel)
        destination = End(
            ProtocolVersion.CLASSIC, packet.destination_port, packet.destination_channel
        )
    else:
        source = End(ProtocolVersion.V2, "", packet.source_client)
        destination = End(ProtocolVersion.V2, "", packet.destination_client)
    return PacketWord(
        place, message.kind, source, destination, packet.sequence, None, b"", "0-0", 0,
        None, None, None, format_path(message.path), MessageResult.NOOP,
    )  # fmt: skip


def _make_oddity(note: EventNote, place: Place) -> Oddity:
    detail = clean_text(note.reason, most=_LONGEST_DETAIL)
    return Oddity(place, f"an event {note.type} that cannot be read", detail)


def _check(word: PacketWord) -> PacketWord | Oddity:
    for end in (word.source, word.destination):
        if not end.is_clean:
            name = clean_text(f"{end.port}/{end.channel}", most=_LONGEST_DETAIL)
            return Oddity(word.place, "an identifier that no chain gives", name)
    return word


def _read_classic(event: PacketEvent, place: Place) -> PacketWord:
    packet, coin = event.packet, None
    transfer = parse_transfer_data(packet.data) if event.kind is PacketEventKind.SEND else None
    if isinstance(transfer, TransferData):
        coin = (escape_name(transfer.denom), str(transfer.amount))
    return PacketWord(
        place,
        event.kind,
        End(event.protocol, packet.source_port, packet.source_channel),
        End(event.protocol, packet.destination_port, packet.destination_channel),
        packet.sequence,
        compute_packet_commitment(packet) if event.has_data else None,
        packet.data,
        str(packet.timeout_height),
        packet.timeout_timestamp_ns,
        event.acknowledgement,
        None if event.acknowledgement is None else judge_answer(event.acknowledgement),
        coin,
    )


def _read_v2(event: PacketEventV2, place: Place) -> PacketWord:
    packet, answers = event.packet, event.acknowledgements
    return PacketWord(
        place,
        event.kind,
        End(event.protocol, "", packet.source_client),
        End(event.protocol, "", packet.destination_client),
        packet.sequence,
        compute_packet_commitment_v2(packet),
        encode_packet_v2(packet),
        "0-0",
        packet.timeout_timestamp_ns,
        None if answers is None else b"".join(lp(answer) for answer in answers),
        None if answers is None else judge_answers_v2(answers),
        None,
    )
