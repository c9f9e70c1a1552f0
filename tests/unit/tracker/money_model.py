"""Chains made by hand with banks: what they hold at every height, and the blocks that say why.

Tokens move by the rules of ICS-20, packets succeed, fail at once or later, time out and wait,
in whatever order a test draws. Every operation is a block of the chain that it happens on.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace

from plurichain.encoding.height import Height, revision_of
from plurichain.energy.state import IssuedCredit
from plurichain.errors import HeightPruned, NodeUnreachable
from plurichain.ibc.denom import (
    DenomPath,
    compute_received_denom,
    is_returning,
    voucher_denom,
)
from plurichain.ibc.packet import Packet, ProtocolVersion
from plurichain.ibc.transfer import TransferData
from plurichain.tracker.blocks import Absence, Missing, RawEvent, TrackedBlock
from plurichain.tracker.reading import End
from plurichain.tracker.store import PacketStore, Route
from tests.unit.tracker.grids import ERROR, OK, SECOND_NS, block, event, signed

TICK_S = 200
USER, BASE = "pluri1user", "upluri"
ENDS = {
    ("grid-1", "channel-0"): ("grid-2", "channel-7"),
    ("grid-2", "channel-7"): ("grid-1", "channel-0"),
    ("grid-2", "channel-1"): ("grid-3", "channel-5"),
    ("grid-3", "channel-5"): ("grid-2", "channel-1"),
}
NAMES = ("grid-1", "grid-2", "grid-3")


@dataclass
class Bank:
    """One chain: balances by (account, denom), and what it held at every height."""

    name: str
    clock: Iterator[int]
    balances: Counter[tuple[str, str]] = field(default_factory=Counter)
    retired: Counter[str] = field(default_factory=Counter)
    brought: Counter[str] = field(default_factory=Counter)
    open_: dict[str, set[int]] = field(default_factory=dict)
    sequences: Counter[str] = field(default_factory=Counter)
    received: dict[str, set[int]] = field(default_factory=dict)
    answered: dict[str, set[int]] = field(default_factory=dict)
    blocks: list[TrackedBlock] = field(default_factory=list)
    history: list[Snapshot] = field(default_factory=list)

    @property
    def height(self) -> int:
        return len(self.blocks)

    def close_block(self, *events: RawEvent) -> None:
        """End a block with one transaction of one message."""
        height = self.height + 1
        told = block(self.name, height, *([signed(*events)] if events else []))
        self.blocks.append(replace(told, time_ns=next(self.clock) * SECOND_NS))
        self.history.append(
            Snapshot(
                dict(self.balances),
                dict(self.retired),
                dict(self.brought),
                _copy(self.open_),
                _copy(self.received),
                _copy(self.answered),
                dict(self.sequences),
            )
        )

    def pay(self, account: str, denom: str, amount: int) -> RawEvent:
        """Credit an account, as the bank says it."""
        self.balances[account, denom] += amount
        pairs = (("receiver", account), ("amount", f"{amount}{denom}"), ("msg_index", "0"))
        return ("coin_received", pairs)

    def take(self, account: str, denom: str, amount: int) -> None:
        assert self.balances[account, denom] >= amount
        self.balances[account, denom] -= amount


@dataclass(frozen=True)
class Snapshot:
    """What a chain held at one height."""

    balances: dict[tuple[str, str], int]
    retired: dict[str, int]
    brought: dict[str, int]
    open_: dict[str, list[int]]
    received: dict[str, list[int]]
    answered: dict[str, list[int]]
    sequences: dict[str, int]


def _copy(sets: dict[str, set[int]]) -> dict[str, list[int]]:
    return {name: sorted(numbers) for name, numbers in sets.items()}


class Held:
    """A chain's state as ``ChainState`` gives it; ``oldest`` is what it still has."""

    def __init__(self, bank: Bank, paths: Sequence[DenomPath] = ()) -> None:
        self.bank = bank
        self.paths = paths
        self.oldest = 1
        self.head: int | None = None
        self.has_energy = True
        self.is_silent = False
        self.issued: list[IssuedCredit] | None = None

    def get_head(self) -> int:
        if self.is_silent:
            raise NodeUnreachable("it is away")
        return self.bank.height if self.head is None else self.head

    def get_time_ns(self, height: int) -> int:
        return self.bank.blocks[height - 1].time_ns or 0

    def get_supplies(self, height: int) -> dict[str, int]:
        found: Counter[str] = Counter()
        for (_, denom), amount in self._at(height).balances.items():
            found[denom] += amount
        return found

    def get_retired(self, height: int) -> dict[str, int]:
        return self._at(height).retired if self.has_energy else {}

    def get_escrow(self, height: int, port: str, channel: str) -> dict[str, int]:
        assert port == "transfer"
        held = self._at(height).balances
        return {denom: amount for (name, denom), amount in held.items() if name == channel}

    def get_given(self, height: int, denom: str) -> int | None:
        held = self._at(height).balances
        escrowed = sum(
            amount
            for (name, each), amount in held.items()
            if each == denom and name.startswith("channel-")
        )
        return escrowed - self._at(height).brought.get(denom, 0)

    def list_open(self, height: int, port: str, channel: str) -> list[int]:
        assert port == "transfer"
        return self._at(height).open_.get(channel, [])

    def list_unreceived(
        self, height: int, port: str, channel: str, sequences: Collection[int]
    ) -> list[int]:
        assert port == "transfer"
        return sorted({*sequences} - {*self._at(height).received.get(channel, [])})

    def list_answered(
        self, height: int, port: str, channel: str, sequences: Collection[int]
    ) -> list[int]:
        assert port == "transfer"
        return sorted({*sequences} & {*self._at(height).answered.get(channel, [])})

    def get_next_sequence(self, height: int, port: str, channel: str) -> int:
        assert port == "transfer"
        return self._at(height).sequences.get(channel, 0) + 1

    def find_path(self, voucher: str) -> DenomPath | None:
        return next((each for each in self.paths if voucher_denom(each) == voucher), None)

    def list_issued(self, height: int) -> list[IssuedCredit] | None:
        assert height <= self.bank.height
        return self.issued

    def _at(self, height: int) -> Snapshot:
        if height < self.oldest:
            raise HeightPruned(f"{self.bank.name}: version does not exist")
        return self.bank.history[height - 1]


@dataclass
class Sent:
    """A packet and where it is in its life."""

    source: str
    target: str
    packet: Packet
    path: DenomPath
    amount: int
    is_received: bool = False
    answer: bytes | None = None
    is_over: bool = False


class Money:
    """Three chains in a line, one token of each at the start, and every packet between them."""

    def __init__(self) -> None:
        # One clock for all, and from block to block more than clocks may differ.
        self.clock_s = itertools.count(TICK_S, TICK_S)
        self.banks = {name: Bank(name, self.clock_s) for name in NAMES}
        self.packets: list[Sent] = []
        self.paths: dict[str, list[DenomPath]] = {}
        for name, bank in self.banks.items():
            bank.balances[USER, BASE] = 1_000
            self.paths[name] = [DenomPath((), BASE)]
            bank.close_block()

    # --- what can happen --------------------------------------------------------------------------

    def send(
        self,
        source: str,
        channel: str,
        path: DenomPath,
        amount: int,
        *,
        expires_s: int = 10**6,
        expires_at: int = 0,
    ) -> Sent | None:
        """Send what the user has; None if that is too little."""
        bank, denom = self.banks[source], voucher_denom(path)
        if bank.balances[USER, denom] < amount:
            return None
        bank.take(USER, denom, amount)
        if not is_returning(path, "transfer", channel):
            bank.pay(channel, denom, amount)
            bank.brought[denom] += amount
        data = TransferData(str(path), amount, USER, USER).encode()
        packet = self.send_data(source, channel, data, expires_s=expires_s, expires_at=expires_at)
        sent = Sent(source, ENDS[source, channel][0], packet, path, amount)
        self.packets.append(sent)
        return sent

    def send_data(
        self,
        source: str,
        channel: str,
        data: bytes,
        *,
        expires_s: int = 10**6,
        expires_at: int = 0,
    ) -> Packet:
        """Send a packet with any data; no money moves by it."""
        bank, (target, peer) = self.banks[source], ENDS[source, channel]
        bank.sequences[channel] += 1
        sequence = bank.sequences[channel]
        bank.open_.setdefault(channel, set()).add(sequence)
        packet = Packet(
            sequence, "transfer", channel, "transfer", peer, data,
            Height(revision_of(target) if expires_at else 0, expires_at), expires_s * SECOND_NS,
        )  # fmt: skip
        bank.close_block(event("send_packet", packet))
        return packet

    def receive(self, sent: Sent, how: str) -> None:
        """Receive a packet: "ok", "error" (refused at once) or "later" (answered another time)."""
        bank = self.banks[sent.target]
        events = [event("recv_packet", sent.packet)]
        if how != "error":
            events.append(self._arrive(sent))
        if how != "later":
            sent.answer = OK if how == "ok" else ERROR
            events.append(event("write_acknowledgement", sent.packet, ack=sent.answer))
        channel, sequence = sent.packet.destination_channel, sent.packet.sequence
        bank.received.setdefault(channel, set()).add(sequence)
        if sent.answer is not None:
            bank.answered.setdefault(channel, set()).add(sequence)
        sent.is_received = True
        bank.close_block(*events)

    def answer(self, sent: Sent, *, is_error: bool) -> bool:
        """Answer what waits for it; an error takes back what had arrived, if it is still there."""
        bank, denom = self.banks[sent.target], voucher_denom(self.received_path(sent))
        if is_error:
            if bank.balances[USER, denom] < sent.amount:
                return False
            bank.take(USER, denom, sent.amount)
            if self._is_returning(sent):
                bank.pay(sent.packet.destination_channel, denom, sent.amount)
                bank.brought[denom] += sent.amount
        sent.answer = ERROR if is_error else OK
        channel, sequence = sent.packet.destination_channel, sent.packet.sequence
        bank.answered.setdefault(channel, set()).add(sequence)
        bank.close_block(event("write_acknowledgement", sent.packet, ack=sent.answer))
        return True

    def acknowledge(self, sent: Sent, *, pays: int | None = None) -> None:
        """Bring the answer back; a failure pays the sender, or ``pays`` of it."""
        self._end(sent, "acknowledge_packet", is_failure=sent.answer == ERROR, pays=pays)

    def time_out(self, sent: Sent, *, pays: int | None = None) -> None:
        """End what was never received."""
        self._end(sent, "timeout_packet", is_failure=True, pays=pays)

    def retire(self, name: str, path: DenomPath, amount: int) -> None:
        """Burn what the user has, for good."""
        bank, denom = self.banks[name], voucher_denom(path)
        if bank.balances[USER, denom] >= amount:
            bank.take(USER, denom, amount)
            bank.retired[denom] += amount
        bank.close_block()

    def give(self, name: str, channel: str, path: DenomPath, amount: int) -> None:
        """Send coins to an escrow account by hand."""
        bank, denom = self.banks[name], voucher_denom(path)
        if bank.balances[USER, denom] >= amount:
            bank.take(USER, denom, amount)
            bank.pay(channel, denom, amount)
        bank.close_block()

    # --- what follows -----------------------------------------------------------------------------

    def received_path(self, sent: Sent) -> DenomPath:
        """Return the path of the token where it goes."""
        return compute_received_denom(
            sent.path,
            source_port="transfer",
            source_channel=sent.packet.source_channel,
            destination_port="transfer",
            destination_channel=sent.packet.destination_channel,
        )

    def fill(
        self,
        store: PacketStore,
        tops: dict[str, int] | None = None,
        unread: dict[str, tuple[int, int]] | None = None,
    ) -> None:
        """Take in the blocks, of each chain up to its height in ``tops``.

        ``unread``: blocks of a chain, from and to, that were gone when they were asked for.
        """
        for (name, channel), (peer, other) in ENDS.items():
            store.add_route(Route(name, make_end(channel), peer, make_end(other)))
        for name, bank in self.banks.items():
            for each in bank.blocks[: (tops or {}).get(name, bank.height)]:
                first, last = (unread or {}).get(name, (0, 0))
                if each.height == first:
                    store.take_in(Missing(name, first, last, Absence.PRUNED))
                if not first <= each.height <= last:
                    store.take_in(each)

    def hold(self) -> dict[str, Held]:
        """Return the states of all chains."""
        return {name: Held(bank, self.paths[name]) for name, bank in self.banks.items()}

    def _is_returning(self, sent: Sent) -> bool:
        return is_returning(sent.path, "transfer", sent.packet.source_channel)

    def _arrive(self, sent: Sent) -> RawEvent:
        bank, path = self.banks[sent.target], self.received_path(sent)
        denom = voucher_denom(path)
        if self._is_returning(sent):
            bank.take(sent.packet.destination_channel, denom, sent.amount)
            bank.brought[denom] -= sent.amount
        if path not in self.paths[sent.target]:
            self.paths[sent.target].append(path)
        return bank.pay(USER, denom, sent.amount)

    def _end(self, sent: Sent, kind: str, *, is_failure: bool, pays: int | None) -> None:
        bank, denom = self.banks[sent.source], voucher_denom(sent.path)
        events = [event(kind, sent.packet)]
        if is_failure:
            if not self._is_returning(sent):
                bank.take(sent.packet.source_channel, denom, sent.amount)
                bank.brought[denom] -= sent.amount
            amount = sent.amount if pays is None else pays
            if amount:
                events.append(bank.pay(USER, denom, amount))
        bank.open_[sent.packet.source_channel].discard(sent.packet.sequence)
        sent.is_over = True
        bank.close_block(*events)


def make_end(channel: str) -> End:
    return End(ProtocolVersion.CLASSIC, "transfer", channel)
