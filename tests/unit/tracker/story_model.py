"""Chains made by hand whose packets live any lives, and what is true of each packet.

Everything happens by the rules of ICS-4: what a chain is told of another lies in a block of
that one, and in one that its light client takes (DRIFT_S); ordered packets keep their order; a
channel that is closed takes nothing more. Names of channels are the same on several chains.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from plurichain.encoding.height import Height, revision_of
from plurichain.encoding.protobuf import MessageWriter
from plurichain.encoding.well_known import encode_any
from plurichain.ibc.commitments import UNIVERSAL_ERROR_ACKNOWLEDGEMENT
from plurichain.ibc.event_types import PacketEventKind
from plurichain.ibc.packet import Packet, PacketV2, Payload, ProtocolVersion
from plurichain.ibc.packet_v2 import encode_packet_v2
from plurichain.tracker.blocks import RawEvent, TrackedBlock, TrackedTx
from plurichain.tracker.reading import End
from tests.unit.tracker.grids import ERROR, OK, SECOND_NS, event

NAMES = ("grid-1", "grid-2", "other-3")
SIGNERS = tuple(f"pluri1{letter * 38}" for letter in "qpz")
DRIFT_S = 100
"""How far a header may be ahead of the block time of the chain whose client takes it."""
START_S = 1_000
OPAQUE = b"\x00 not JSON"
CHANNEL, CHANNEL_V2 = "/ibc.core.channel.v1", "/ibc.core.channel.v2"
RECV, ACK, TIMEOUT = PacketEventKind.RECV, PacketEventKind.ACKNOWLEDGE, PacketEventKind.TIMEOUT
MESSAGES = {RECV: "MsgRecvPacket", ACK: "MsgAcknowledgement", TIMEOUT: "MsgTimeout"}
NOOP, SUCCESS = b"\x08\x01", b"\x08\x02"
REFUSED = 11


def classic(port: str, channel: str) -> End:
    return End(ProtocolVersion.CLASSIC, port, channel)


def client(number: int) -> End:
    return End(ProtocolVersion.V2, "", f"07-tendermint-{number}")


LINKS = (
    (NAMES[0], classic("transfer", "channel-0"), NAMES[1], classic("transfer", "channel-0")),
    # The same name again, on the other end and on another chain.
    (NAMES[0], classic("transfer", "channel-1"), NAMES[2], classic("transfer", "channel-0")),
    (NAMES[1], classic("transfer", "channel-1"), NAMES[2], classic("transfer", "channel-1")),
    (NAMES[0], classic("ordered", "channel-0"), NAMES[1], classic("ordered", "channel-1")),
    (NAMES[0], client(0), NAMES[1], client(0)),
    (NAMES[0], client(1), NAMES[2], client(0)),
)


@dataclass(frozen=True)
class Lane:
    """A road from one end to another; the one back is a lane of its own."""

    source: str
    end: End
    destination: str
    peer: End

    @property
    def is_ordered(self) -> bool:
        return self.end.port == "ordered"

    @property
    def is_v2(self) -> bool:
        return self.end.protocol is ProtocolVersion.V2


LANES = tuple(Lane(*link) for link in LINKS) + tuple(
    Lane(there, peer, here, end) for here, end, there, peer in LINKS
)


@dataclass(frozen=True)
class Fact:
    """In which block something happened, at which of its seconds, and who brought it."""

    height: int
    time_s: int
    by: str | None


@dataclass
class Life:
    """A packet, and all that is true of it."""

    lane: Lane
    content: Packet | PacketV2
    sent: Fact
    received: Fact | None = None
    answered: Fact | None = None
    is_error: bool = False
    answer: bytes = b""
    ended: Fact | None = None
    is_timeout: bool = False

    @property
    def sequence(self) -> int:
        return self.content.sequence

    def is_refused_at(self, height: int, time_s: int) -> bool:
        """Whether a block of the destination refuses it for its time-out."""
        if isinstance(self.content, PacketV2):
            return self.content.is_timed_out(time_s * SECOND_NS)
        now = Height(revision_of(self.lane.destination), height)
        return self.content.is_timed_out(now, time_s * SECOND_NS)

    def tell(self, kind: str, *, ack: bytes | None = None) -> RawEvent:
        """Return an event about it, without the number of the message."""
        if isinstance(self.content, Packet):
            name, pairs = event(kind, self.content, ack=ack)
            return name, tuple(pair for pair in pairs if pair[0] != "msg_index")
        pairs = [
            ("packet_source_client", self.content.source_client),
            ("packet_dest_client", self.content.destination_client),
            ("packet_sequence", str(self.sequence)),
            ("packet_timeout_timestamp", str(self.content.timeout_timestamp_s)),
            ("encoded_packet_hex", encode_packet_v2(self.content).hex()),
        ]
        if ack is not None:
            answer = MessageWriter().write_bytes(1, ack).finish()
            pairs.append(("encoded_acknowledgement_hex", answer.hex()))
        return kind, tuple(pairs)


def encode_packet(of: Packet | PacketV2) -> bytes:
    if isinstance(of, PacketV2):
        return encode_packet_v2(of)
    writer = MessageWriter().write_uint(1, of.sequence).write_text(2, of.source_port)
    writer.write_text(3, of.source_channel).write_text(4, of.destination_port)
    writer.write_text(5, of.destination_channel).write_bytes(6, of.data)
    writer.write_message(7, of.timeout_height.encode())
    return writer.write_uint(8, of.timeout_timestamp_ns).finish()


@dataclass
class Message:
    """One message: its events, what the chain answers to it, and itself."""

    events: list[RawEvent]
    name: str = "/cosmos.bank.v1beta1.MsgSend"
    result: bytes = b""
    content: Packet | PacketV2 | None = None

    @property
    def response(self) -> tuple[str, bytes]:
        return f"{self.name}Response", self.result

    def encode(self) -> bytes:
        body = b""
        if self.content is not None:
            body = MessageWriter().write_message(1, encode_packet(self.content)).finish()
        return encode_any(self.name, body)


def bring(kind: PacketEventKind, life: Life, result: bytes, *events: RawEvent) -> Message:
    package = CHANNEL_V2 if life.lane.is_v2 else CHANNEL
    return Message(list(events), f"{package}.{MESSAGES[kind]}", result, life.content)


def _repeat(number: int, values: Sequence[bytes]) -> bytes:
    writer = MessageWriter()
    for value in values:
        writer.write_message(number, value)
    return writer.finish()


@dataclass
class Tx:
    signer: str
    messages: list[Message] = field(default_factory=list)
    code: int = 0

    def build(self) -> TrackedTx:
        events: list[RawEvent] = [("tx", (("fee_payer", self.signer),))]
        for number, message in enumerate(self.messages):
            index = ("msg_index", str(number))
            head = (("action", message.name), ("sender", self.signer), index)
            events.append(("message", head))
            events += [(kind, (*pairs, index)) for kind, pairs in message.events]
        answers = [encode_any(*message.response) for message in self.messages]
        signed = _repeat(1, [message.encode() for message in self.messages])
        is_kept = self.code or any(message.result == NOOP for message in self.messages)
        return TrackedTx(
            self.code,
            "channel" if self.code else "",
            tuple(events),
            b"" if self.code else _repeat(2, answers),
            MessageWriter().write_bytes(1, signed).finish() if is_kept else b"",
        )


@dataclass
class Brought:
    """What somebody brought, whether it was the first, and in which block."""

    height: int
    signer: str
    kind: PacketEventKind
    is_first: bool


@dataclass
class Chain:
    """One chain; ``behind_s``: its block time is so much less than that of the others."""

    name: str
    behind_s: int
    now_s: int = START_S
    blocks: list[TrackedBlock] = field(default_factory=list)
    txs: list[Tx] = field(default_factory=list)
    own: list[RawEvent] = field(default_factory=list)
    closed: dict[End, Fact] = field(default_factory=dict)
    opened: dict[End, int] = field(default_factory=dict)
    sent: Counter[End] = field(default_factory=Counter)
    brought: list[Brought] = field(default_factory=list)
    failed: list[tuple[int, str]] = field(default_factory=list)

    @property
    def height(self) -> int:
        return len(self.blocks)

    def make_fact(self, by: str | None) -> Fact:
        """Return that something happens in the block that is being made."""
        return Fact(self.height + 1, self.now_s, by)

    def get_time_s(self, height: int) -> int:
        time_ns = self.blocks[height - 1].time_ns
        assert time_ns is not None
        return time_ns // SECOND_NS

    def add(self, signer: str, message: Message, *, joins: bool) -> None:
        """Put a message into the block that is being made, into the last transaction if it may."""
        last = self.txs[-1] if self.txs else None
        if last is None or not joins or last.signer != signer or last.code:
            last = Tx(signer)
            self.txs.append(last)
        last.messages.append(message)

    def close_block(self, next_s: int) -> None:
        """End the block; the next one has another time, never an earlier one."""
        height, txs = self.height + 1, tuple(tx.build() for tx in self.txs)
        self.blocks.append(
            TrackedBlock(
                self.name, height, height, self.now_s * SECOND_NS,
                f"{self.name}{height:04x}".upper(), f"{self.name}{height - 1:04x}".upper(),
                txs, tuple(self.own),
            )
        )  # fmt: skip
        self.txs, self.own = [], []
        self.now_s = max(self.now_s + 1, next_s - self.behind_s)

    def tell_channel(self, kind: str, end: End) -> RawEvent:
        return kind, (("port_id", end.port), ("channel_id", end.channel))


class Story:
    """Chains on which ``count`` things happened, drawn from a seed: fewer are a beginning."""

    def __init__(self, seed: int, count: int) -> None:
        self.rng = random.Random(seed)
        self.now_s = START_S
        self.chains = {name: Chain(name, self.rng.choice([0, 0, 30, 90])) for name in NAMES}
        self.lives: list[Life] = []
        self._open_channels()
        for _ in range(count):
            self._happen()
        for name in NAMES:
            self._close_block(self.chains[name])

    # --- what may happen ------------------------------------------------------------------------

    def _open_channels(self) -> None:
        late = [link for link in LINKS if self.rng.random() < 0.3]
        for part in ([link for link in LINKS if link not in late], late):
            for here, end, there, peer in part:
                if end.protocol is ProtocolVersion.CLASSIC:
                    for name, kind, own in (
                        (here, "channel_open_ack", end), (there, "channel_open_confirm", peer)
                    ):  # fmt: skip
                        chain = self.chains[name]
                        chain.opened[own] = chain.height + 1
                        opening = Message([chain.tell_channel(kind, own)])
                        chain.add(SIGNERS[0], opening, joins=True)
            for name in NAMES:
                self._close_block(self.chains[name])

    def _close_block(self, chain: Chain) -> None:
        self.now_s += self.rng.choice([1, 1, 4, 30, 150])
        chain.close_block(self.now_s)

    def _happen(self) -> None:
        deeds = {
            self._send: 5, self._receive: 8, self._answer: 3, self._acknowledge: 6,
            self._time_out: 3, self._repeat: 2, self._forge: 1, self._fail: 1,
            self._close_end: 0.15, self._confirm_closing: 1,
        }  # fmt: skip
        [deed] = self.rng.choices([*deeds], [*deeds.values()])
        deed()
        # Most blocks hold several things.
        if self.rng.random() < 0.6:
            self._close_block(self.chains[self.rng.choice(NAMES)])

    def _add(self, chain: Chain, message: Message) -> str:
        """Have somebody send a message; returns who."""
        last = chain.txs[-1].signer if chain.txs else SIGNERS[0]
        signer = self.rng.choice([last, *SIGNERS])
        chain.add(signer, message, joins=self.rng.random() < 0.6)
        return signer

    def _send(self) -> None:
        lane = self.rng.choice(LANES)
        here, there = self.chains[lane.source], self.chains[lane.destination]
        if lane.end in here.closed:
            return
        here.sent[lane.end] += 1
        content = self._make_packet(lane, here.sent[lane.end], there)
        life = Life(lane, content, here.make_fact(None))
        by = self._add(here, Message([life.tell("send_packet")]))
        life.sent = here.make_fact(by)
        self.lives.append(life)

    def _make_packet(self, lane: Lane, sequence: int, there: Chain) -> Packet | PacketV2:
        data = b'{"denom":"upluri","amount":"%d","sender":"a","receiver":"b"}' % sequence
        near_s = there.now_s + self.rng.choice([3, 60, 400, 100_000])
        if lane.is_v2:
            payload = Payload("transfer", "transfer", "ics20-1", "application/json", data)
            return PacketV2(sequence, lane.end.channel, lane.peer.channel, near_s, (payload,))
        has_height = self.rng.random() < 0.4
        height = there.height + self.rng.choice([2, 6, 1_000])
        return Packet(
            sequence, lane.end.port, lane.end.channel, lane.peer.port, lane.peer.channel, data,
            Height(revision_of(lane.destination), height) if has_height else Height(0, 0),
            self.rng.choice([0, near_s]) * SECOND_NS if has_height else near_s * SECOND_NS,
        )  # fmt: skip

    def _is_provable(self, prover: Chain, height: int, host: Chain) -> bool:
        """Whether the host can be shown the state after a block: the client takes the header."""
        return height <= prover.height and prover.get_time_s(height) < host.now_s + DRIFT_S

    def _choose(self, lives: Iterator[Life]) -> Life | None:
        found = list(lives)
        return self.rng.choice(found) if found else None

    def _receive(self) -> None:
        life = self._choose(each for each in self.lives if self._can_receive(each))
        if life is None:
            return
        there = self.chains[life.lane.destination]
        message = bring(RECV, life, SUCCESS, life.tell("recv_packet"))
        by = self._add(there, message)
        life.received = there.make_fact(by)
        there.brought.append(Brought(there.height + 1, by, RECV, is_first=True))
        if self.rng.random() < 0.6:
            message.events.append(self._write_answer(life, by))

    def _can_receive(self, life: Life) -> bool:
        lane = life.lane
        here, there = self.chains[lane.source], self.chains[lane.destination]
        if life.received or life.ended or lane.peer in there.closed:
            return False
        if life.is_refused_at(there.height + 1, there.now_s):
            return False
        if lane.is_ordered and self._count_received(lane) != life.sequence - 1:
            return False
        return self._is_provable(here, life.sent.height, there)

    def _count_received(self, lane: Lane) -> int:
        return sum(each.lane == lane and each.received is not None for each in self.lives)

    def _write_answer(self, life: Life, by: str | None) -> RawEvent:
        there = self.chains[life.lane.destination]
        life.is_error = self.rng.random() < 0.3
        if life.lane.is_v2:
            life.answer = UNIVERSAL_ERROR_ACKNOWLEDGEMENT if life.is_error else b"done"
        else:
            life.answer = ERROR if life.is_error else self.rng.choice([OK, OPAQUE])
        life.answered = there.make_fact(by)
        return life.tell("write_acknowledgement", ack=life.answer)

    def _answer(self) -> None:
        """An application answers later, within somebody's message or when the block ends."""
        life = self._choose(
            each for each in self.lives
            if each.received and not each.answered
            and each.lane.peer not in self.chains[each.lane.destination].closed
        )  # fmt: skip
        if life is None:
            return
        there = self.chains[life.lane.destination]
        if self.rng.random() < 0.3:
            there.own.append(self._write_answer(life, None))
            return
        message = Message([])
        by = self._add(there, message)
        message.events.append(self._write_answer(life, by))

    def _acknowledge(self) -> None:
        life = self._choose(each for each in self.lives if self._can_acknowledge(each))
        if life is not None:
            self._end(life, ACK, "acknowledge_packet")

    def _can_acknowledge(self, life: Life) -> bool:
        lane = life.lane
        here, there = self.chains[lane.source], self.chains[lane.destination]
        if life.ended or not life.answered or lane.end in here.closed:
            return False
        if lane.is_ordered and self._count_ended(lane) != life.sequence - 1:
            return False
        return self._is_provable(there, life.answered.height, here)

    def _count_ended(self, lane: Lane) -> int:
        return sum(each.lane == lane and each.ended is not None for each in self.lives)

    def _end(self, life: Life, kind: PacketEventKind, told: str, *more: RawEvent) -> None:
        here = self.chains[life.lane.source]
        message = bring(kind, life, SUCCESS, life.tell(told), *more)
        if kind is TIMEOUT and life.lane.peer in self.chains[life.lane.destination].closed:
            message.name = message.name.replace("MsgTimeout", "MsgTimeoutOnClose")
        by = self._add(here, message)
        life.ended, life.is_timeout = here.make_fact(by), kind is TIMEOUT
        here.brought.append(Brought(here.height + 1, by, kind, is_first=True))

    def _time_out(self) -> None:
        life = self._choose(each for each in self.lives if self._can_time_out(each))
        if life is None:
            return
        lane, here = life.lane, self.chains[life.lane.source]
        closing: list[RawEvent] = []
        if lane.is_ordered and lane.end not in here.closed:
            here.closed[lane.end] = here.make_fact(None)
            closing.append(here.tell_channel("channel_close", lane.end))
        self._end(life, TIMEOUT, "timeout_packet", *closing)

    def _can_time_out(self, life: Life) -> bool:
        lane = life.lane
        here, there = self.chains[lane.source], self.chains[lane.destination]
        if life.ended or life.received or not self._is_provable(there, there.height, here):
            return False
        closed = there.closed.get(lane.peer)
        if closed is not None and closed.height <= there.height:
            return True
        return life.is_refused_at(there.height, there.get_time_s(there.height))

    def _repeat(self) -> None:
        """Somebody brings what another brought before: no event tells of it."""
        done: list[tuple[str, PacketEventKind, Life]] = []
        for each in self.lives:
            if each.received:
                done.append((each.lane.destination, RECV, each))
            if each.ended:
                done.append((each.lane.source, self.rng.choice([ACK, TIMEOUT]), each))
        if done:
            name, kind, life = self.rng.choice(done)
            self._bring_nothing(self.chains[name], kind, life)

    def _forge(self) -> None:
        """Somebody brings the end of what was never sent, or is yet to be: nothing is proven."""
        lane = self.rng.choice(LANES)
        here, there = self.chains[lane.source], self.chains[lane.destination]
        number = here.sent[lane.end] + self.rng.choice([1, 2, 2**63])
        content = self._make_packet(lane, number, there)
        life = Life(lane, content, here.make_fact(None))
        self._bring_nothing(here, self.rng.choice([ACK, TIMEOUT]), life)

    def _bring_nothing(self, chain: Chain, kind: PacketEventKind, life: Life) -> None:
        by = self._add(chain, bring(kind, life, NOOP))
        chain.brought.append(Brought(chain.height + 1, by, kind, is_first=False))

    def _fail(self) -> None:
        """A transaction fails: whatever its events say, nothing of it happened."""
        if not self.lives:
            return
        life, kind = self.rng.choice(self.lives), self.rng.choice([RECV, ACK, TIMEOUT])
        chain = self.chains[life.lane.destination if kind is RECV else life.lane.source]
        tx = Tx(self.rng.choice(SIGNERS), code=REFUSED)
        tx.messages.append(bring(kind, life, SUCCESS, life.tell(kind.value)))
        chain.txs.append(tx)
        chain.failed.append((chain.height + 1, tx.signer))

    def _close_end(self) -> None:
        lane = self.rng.choice([lane for lane in LANES if not lane.is_v2])
        if lane.end not in self.chains[lane.source].closed:
            self._close(lane, "channel_close_init")

    def _confirm_closing(self) -> None:
        lanes = []
        for lane in LANES:
            here, there = self.chains[lane.source], self.chains[lane.destination]
            closed = there.closed.get(lane.peer)
            if closed and lane.end not in here.closed:
                lanes += [lane] * self._is_provable(there, closed.height, here)
        if lanes:
            self._close(self.rng.choice(lanes), "channel_close_confirm")

    def _close(self, lane: Lane, kind: str) -> None:
        chain = self.chains[lane.source]
        by = self._add(chain, Message([chain.tell_channel(kind, lane.end)]))
        chain.closed[lane.end] = chain.make_fact(by)
