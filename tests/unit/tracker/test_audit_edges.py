"""What audits leave alone: contracts' money, what blocks do not tell, ends that lead elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from plurichain.ibc.refunds import RefundVerdict
from plurichain.tracker.auditing.refunds import list_refunds
from plurichain.tracker.auditing.tokens import list_pairs
from plurichain.tracker.store import PacketStore, Route
from tests.unit.tracker.grids import HERE, THERE, A, B, block, event, packet, run, signed


@pytest.fixture
def store(tmp_path: Path) -> Iterator[PacketStore]:
    with PacketStore.open(tmp_path / "packets.db") as opened:
        yield opened


def test_refunds_of_contracts_are_not_in_the_bank(store: PacketStore) -> None:
    for number, port in enumerate(("wasm.pluri1contract", "transfer"), 1):
        told = replace(packet(number), source_port=port)
        send, end = event("send_packet", told), event("timeout_packet", told)
        store.take_in(block(A, number, signed(send), signed(end)))
    assert [each.key.port for each in list_refunds(store)] == ["transfer"]


def test_an_end_of_no_message_tells_nothing_of_money(store: PacketStore) -> None:
    run(store, A, 1, {1: signed(event("send_packet", packet()))})
    kind, pairs = event("timeout_packet", packet())
    bare = (kind, tuple(pair for pair in pairs if pair[0] != "msg_index"))
    store.take_in(block(A, 2, events=[bare]))
    assert [each.verdict for each in list_refunds(store)] == [RefundVerdict.UNKNOWN]


def test_ends_that_do_not_lead_to_each_other_are_no_pair(store: PacketStore) -> None:
    store.add_route(Route(A, HERE, B, THERE))
    store.add_route(Route(B, THERE, A, replace(HERE, channel="channel-5")))
    assert list_pairs(store) == []
