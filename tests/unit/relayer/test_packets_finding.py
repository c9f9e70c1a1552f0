"""Finding packets in a chain's past: by halving, by the index, by blocks; and not pretending."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plurichain.chain.types import BlockResults, Event, NodeStatus, TxResult
from plurichain.errors import HeightPruned, IndexerOff
from plurichain.ibc.packet import Packet
from plurichain.relayer.finding import cut_ranges, find_first_height, find_sent
from plurichain.relayer.work import EndName
from tests.unit.relayer.packets import SOURCE, make_packet


@given(st.integers(1, 500), st.integers(0, 500), st.integers(0, 600))
def test_the_first_height_is_found_by_halving(least: int, span: int, offset: int) -> None:
    greatest, first = least + span, least + offset
    asked: list[int] = []

    def is_there(height: int) -> bool:
        asked.append(height)
        assert least <= height <= greatest
        return height >= first

    found = find_first_height(is_there, least=least, greatest=greatest)
    assert found == (first if first <= greatest else None)
    assert len(asked) <= 2 * (span + 2).bit_length() + 2


@given(st.lists(st.integers(1, 400), unique=True, max_size=60), st.integers(1, 90))
def test_ranges_cover_all_and_span_no_more(sequences: list[int], most: int) -> None:
    ordered = sorted(sequences)
    pieces = list(cut_ranges(ordered, most))
    assert [each for piece in pieces for each in piece] == ordered
    assert all(piece[-1] - piece[0] < most for piece in pieces)


class Past:
    """A chain that sent packets: state, index and blocks, each of which may be missing."""

    def __init__(
        self, sent: dict[int, int], *, first_state: int = 1, has_index: bool = True,
        first_block: int = 1, newest: int = 200, in_blocks: frozenset[int] = frozenset(),
    ) -> None:  # fmt: skip
        self.sent = sent
        self.first_state, self.first_block, self.newest = first_state, first_block, newest
        self.has_index = has_index
        self.in_blocks = in_blocks
        self.calls: list[str] = []
        self.network = type("Network", (), {"chain_id": "grid-1"})()
        self.rpc = self
        self.url = "http://node"

    def get_status(self) -> NodeStatus:
        return NodeStatus("grid-1", self.newest, 0, False, "", "", first_height=self.first_block)

    def get_committed_height(self) -> int:
        return self.newest

    def call(self, method: str, **parameters: Any) -> tuple[dict[str, Any], bytes]:
        self.calls.append(method)
        if method == "abci_query":
            height = int(parameters["height"])
            if height < self.first_state:
                return {"response": {"code": 26, "log": "pruned"}}, b""
            sequence = int(bytes.fromhex(parameters["data"]).decode().rpartition("/")[2])
            is_there = sequence in self.sent and height >= self.sent[sequence]
            return {"response": {"code": 0, "value": "AQ==" if is_there else None}}, b""
        if not self.has_index:
            raise IndexerOff("no index")
        txs = [
            {
                "height": str(height),
                "tx_result": {"code": 0, "events": [_make_json(make_packet(sequence))]},
            }
            for sequence, height in self.sent.items()
            if sequence not in self.in_blocks
        ]
        return {"total_count": str(len(txs)), "txs": txs}, b""

    def get_block_results(self, height: int) -> BlockResults:
        self.calls.append("block_results")
        if height < self.first_block:
            raise HeightPruned("gone")
        events = {
            sequence: _make_event(make_packet(sequence))
            for sequence, at in self.sent.items()
            if at == height
        }
        results = tuple(
            TxResult(0, "", "", 0, 0, (event,))
            for sequence, event in events.items()
            if sequence not in self.in_blocks
        )
        by_block = tuple(e for sequence, e in events.items() if sequence in self.in_blocks)
        return BlockResults(height, results, by_block)


def _list_attributes(packet: Packet) -> list[tuple[str, str]]:
    return [
        ("packet_data_hex", packet.data.hex()),
        ("packet_timeout_height", str(packet.timeout_height)),
        ("packet_timeout_timestamp", str(packet.timeout_timestamp_ns)),
        ("packet_sequence", str(packet.sequence)),
        ("packet_src_port", packet.source_port),
        ("packet_src_channel", packet.source_channel),
        ("packet_dst_port", packet.destination_port),
        ("packet_dst_channel", packet.destination_channel),
        ("packet_channel_ordering", "ORDER_UNORDERED"),
        ("connection_id", "connection-0"),
    ]


def _make_event(packet: Packet) -> Event:
    return Event("send_packet", tuple(_list_attributes(packet)))


def _make_json(packet: Packet) -> dict[str, Any]:
    attributes = [{"key": key, "value": value} for key, value in _list_attributes(packet)]
    return {"type": "send_packet", "attributes": attributes}


def find(past: Past, sequences) -> Any:
    return find_sent(past, EndName(*SOURCE), sequences)  # type: ignore[arg-type]


def test_states_tell_the_block_without_an_index() -> None:
    past = Past({5: 40, 6: 40, 7: 120}, has_index=False)
    finding = find(past, [5, 6, 7])
    assert {sequence: each.height for sequence, each in finding.found.items()} == past.sent
    assert finding.found[5].packet == make_packet(5)
    assert not finding.missing
    # Two blocks were read: 5 and 6 lie in the same one.
    assert past.calls.count("block_results") == 2
    assert past.calls.count("abci_query") < 40


def test_pruned_states_are_made_up_for_by_the_index() -> None:
    past = Past({5: 40, 6: 41}, first_state=150)
    finding = find(past, [5, 6])
    assert sorted(finding.found) == [5, 6]
    assert "tx_search" in past.calls
    assert "block_results" not in past.calls


@pytest.mark.parametrize("has_index", [True, False])
def test_what_the_index_lacks_is_read_from_blocks(*, has_index: bool) -> None:
    """Packet 6 was sent by a block, not by a transaction: no index of transactions has it."""
    past = Past({5: 180, 6: 170}, first_state=199, has_index=has_index, in_blocks=frozenset({6}))
    told: list[str] = []
    finding = find_sent(past, EndName(*SOURCE), [5, 6], tell=told.append)  # type: ignore[arg-type]
    assert sorted(finding.found) == [5, 6]
    assert not finding.missing


def test_what_cannot_be_found_is_said_with_the_blocks_that_are_gone() -> None:
    past = Past({5: 40, 6: 170}, first_state=199, has_index=False, first_block=100)
    finding = find(past, [5, 6])
    assert sorted(finding.found) == [6]
    assert finding.missing == (5,)
    assert finding.unread == ((1, 99),)
