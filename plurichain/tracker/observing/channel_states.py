"""Channel ends in state: open or closed, and how many packets they hold as under way.

State is read at the height up to which blocks were read, so that both speak of one moment.
Commitments that no block told of were sent before the first block that was read, or in
blocks that are missing: they are ``unread``, and counted as such.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from plurichain.chain.nodes.grpc_channel import HeightPin
from plurichain.errors import HeightPruned
from plurichain.ibc.packet import ProtocolVersion
from plurichain.tracker.coverage import load_chains
from plurichain.tracker.halves import SEQUENCE_DIGITS
from plurichain.tracker.observations import ChannelState
from plurichain.tracker.observing.differences import Difference, Differences
from plurichain.tracker.observing.watched import QUESTION_S, Answers
from plurichain.tracker.reading import End

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plurichain.tracker.observing.watched import WatchedChain

_CHUNK: Final = 500
_END: Final = "chain_id = ? AND protocol = ? AND port = ? AND channel = ?"


class ChannelWatch:
    """The classic channel ends of one chain."""

    def __init__(self, chain: WatchedChain) -> None:
        self._chain = chain
        self._differences = Differences(chain, "open")
        self._is_loaded = False
        known = (
            (End(ProtocolVersion(row.protocol), row.port, row.channel), row)
            for row in chain.observations.list_channel_states()
            if row.chain_id == chain.chain_id
        )
        self._answers = Answers[ChannelState](chain, known, total_s=QUESTION_S)
        self.connections: dict[End, str] = {}
        """The connection of each end that was told."""

    def observe(self, ends: dict[End, str | None]) -> None:
        """Ask for every end, given with the chains that they lead to. Raises StorageError."""
        if not self._is_loaded:
            self._differences.load((self._chain.chain_id, end) for end in ends)
            self._is_loaded = True
        self._answers.begin_round()
        for end, peer in ends.items():
            if end.protocol is not ProtocolVersion.CLASSIC:
                continue
            blank = _make_row(self._chain, end, peer)
            self._answers.ask(end, blank, lambda row=blank, end=end: self._read(row, end))  # type: ignore[misc]

    @property
    def silence(self) -> str | None:
        """Why the round ended before all was asked, None if it did not."""
        return self._answers.silence

    def fail(self, cause: str) -> None:
        """Note that nothing can be asked now."""
        self._answers.fail_all(cause)

    def _read(self, row: ChannelState, end: End) -> ChannelState:
        cursor = self._chain.store.get_cursor(self._chain.chain_id)
        pin = HeightPin(0 if cursor is None else cursor.height)
        is_pinned = cursor is not None
        try:
            held = self._list_commitments(end, pin)
        except HeightPruned:
            # Blocks are read far behind the head: what is told is of now, and cannot be
            # compared with what was read.
            pin, is_pinned = HeightPin(), False
            held = self._list_commitments(end, pin)
        found = self._chain.queries.get_channel(end.port, end.channel, pin=pin)
        if found.connection_hops:
            self.connections[end] = found.connection_hops[0]
        peer = End(end.protocol, found.counterparty_port, found.counterparty_channel)
        unread = self._compare(end, peer, held, pin.height) if is_pinned else None
        return replace(
            row,
            state=found.state.name.lower(),
            height=pin.height,
            commitments=len(held),
            unread=unread,
        )

    def _list_commitments(self, end: End, pin: HeightPin) -> set[int]:
        return set(self._chain.queries.list_packet_commitments(end.port, end.channel, pin=pin))

    # --- beside what blocks told -----------------------------------------------------------------

    def _compare(self, end: End, peer: End, held: set[int], height: int) -> int:
        """Return how many of the packets in state no block told of; keep what contradicts.

        The state of a height shows what its own block did, so blocks up to it count.
        """
        chain_id = self._chain.chain_id
        told = self._list_open(end, height)
        absent = self._list_certain(told, held)
        differences = [
            Difference(
                (chain_id, end, sequence),
                height,
                "absent",
                f"sent and not ended as blocks tell, and not in the state after block {height}",
            )
            for sequence in absent
        ]
        others = held - told.keys()
        ended = self._list_ended(end, others)
        differences += [
            Difference(
                (chain_id, end, sequence),
                height,
                "different",
                f"ended as blocks tell, and still in the state after block {height}",
            )
            for sequence in ended
        ]
        # No commitment of a classic packet holds where it goes.
        differences += [
            Difference(
                (chain_id, end, sequence),
                height,
                "different",
                f"sent to {port}/{channel} as blocks tell, and the channel leads to "
                f"{peer.port}/{peer.channel} in the state after block {height}",
            )
            for sequence, port, channel in self._list_misled(end, peer, height)
        ]
        kept = [key for key in self._differences.list_kept() if key[1] == end]
        self._differences.renew(kept, differences)
        return len(others - ended)

    def _list_certain(self, told: dict[int, int], held: set[int]) -> list[int]:
        """Return the packets not in state of which an end would have been seen.

        Every block since they were sent was read.
        """
        missing = sorted(told.keys() - held)
        view = load_chains(self._chain.store).get(self._chain.chain_id) if missing else None
        if view is None:
            return []
        return [each for each in missing if view.has_read_since(told[each])]

    def _list_open(self, end: End, height: int) -> dict[int, int]:
        """Return sequence and height of packets under way after a block, as blocks told."""
        key = (self._chain.chain_id, end.protocol.value, end.port, end.channel)
        rows = self._chain.store.query(
            f"SELECT sequence, sent_height FROM sent WHERE {_END} AND sent_height <= ?"  # noqa: S608
            f" AND state = 'sent' UNION ALL SELECT sequence, sent_height FROM sent WHERE {_END}"
            " AND sent_height <= ? AND ended_height > ?",
            (*key, height, *key, height, height),
        )
        return {int(sequence): sent_height for sequence, sent_height in rows}

    def _list_misled(self, end: End, peer: End, height: int) -> list[tuple[int, str, str]]:
        """Return the packets under way that go elsewhere than their channel, and where to."""
        if not peer.is_clean:
            return []
        rows = self._chain.store.query(
            f"SELECT sequence, peer_port, peer_channel FROM sent WHERE {_END}"  # noqa: S608
            " AND state = 'sent' AND sent_height <= ? AND (peer_port <> ? OR peer_channel <> ?)"
            " ORDER BY sequence",
            (self._chain.chain_id, end.protocol.value, end.port, end.channel, height,
             peer.port, peer.channel),
        )  # fmt: skip
        return [(int(sequence), port, channel) for sequence, port, channel in rows]

    def _list_ended(self, end: End, sequences: Iterable[int]) -> set[int]:
        """Return which packets were seen sent; given those that are not under way."""
        key = (self._chain.chain_id, end.protocol.value, end.port, end.channel)
        wanted = [f"{each:0{SEQUENCE_DIGITS}d}" for each in sorted(sequences)]
        found: set[int] = set()
        for start in range(0, len(wanted), _CHUNK):
            chunk = wanted[start : start + _CHUNK]
            rows = self._chain.store.query(
                f"SELECT sequence FROM sent WHERE {_END}"  # noqa: S608
                f" AND sequence IN ({', '.join('?' * len(chunk))})",
                (*key, *chunk),
            )
            found.update(int(sequence) for (sequence,) in rows)
        return found


def _make_row(chain: WatchedChain, end: End, peer: str | None) -> ChannelState:
    return ChannelState(
        chain.chain_id,
        end.protocol.value,
        end.port,
        end.channel,
        asked_ns=chain.clock_ns(),
        peer_chain_id=peer,
    )
