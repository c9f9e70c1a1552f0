"""Classes, ages and attribution of packets between two chains made by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plurichain.tracker.blocks import Absence, Missing, TrackedTx
from plurichain.tracker.channel_figures import compute_percentile, list_channel_figures, order_name
from plurichain.tracker.dump import dump_store
from plurichain.tracker.reading import clean_text
from plurichain.tracker.store import PacketStore, Route
from plurichain.tracker.tx_facts import find_signers
from plurichain.tracker.views import list_packets, opened_view
from tests.unit.tracker.grids import (
    ERROR,
    HERE,
    OK,
    RELAYER,
    SECOND_NS,
    THERE,
    A,
    B,
    add_routes,
    block,
    event,
    packet,
    renamed,
    rows,
    run,
    signed,
)

RIVAL = "pluri1yl6hdjhmkf37639730gffanpzndzdpmhhz73k6"


@pytest.fixture
def store(store_place: str) -> Iterator[PacketStore]:
    with PacketStore.open(store_place) as opened:
        add_routes(opened)
        yield opened


SENT = {3: signed(event("send_packet", packet()))}
RECV = event("recv_packet", packet())


@pytest.mark.parametrize(
    ("here", "there", "told", "age_s"),
    [
        ({}, {}, "unreceived", 17),
        # Received, and nothing was written: its own age, by the clock of its chain.
        ({}, {6: signed(RECV)}, "received-unacked", 24),
        ({}, {6: signed(RECV, event("write_acknowledgement", packet(), ack=OK))}, "ack-pending",
         24),
        ({}, {6: signed(RECV, event("write_acknowledgement", packet(), ack=ERROR))},
         "refund-pending", 24),
        ({9: "acknowledge_packet"},
         {6: signed(RECV, event("write_acknowledgement", packet(), ack=OK))}, "acked", None),
        ({9: "acknowledge_packet"},
         {6: signed(RECV, event("write_acknowledgement", packet(), ack=ERROR))},
         "failed-refunded", None),
        ({9: "acknowledge_packet"}, {}, "answer-unread", None),
        ({9: "timeout_packet"}, {}, "refunded", None),
        ({9: "timeout_packet"}, {6: signed(RECV)}, "impossible", 17),
        # A failed transaction changes nothing.
        ({}, {6: signed(RECV, code=5)}, "unreceived", 17),
        ({}, {6: signed(event("recv_packet", packet(data=b"other")))}, "impossible", 17),
    ],
)  # fmt: skip
def test_the_class_of_a_packet(
    store: PacketStore, here: dict[int, str], there: dict[int, Any], told: str, age_s: int | None
) -> None:
    ends = {height: signed(event(kind, packet())) for height, kind in here.items()}
    run(store, A, 20, SENT | ends)
    run(store, B, 30, there)
    [row] = rows(store)
    assert row.story == told
    with opened_view(store) as chains:
        found = [each.story for each in list_packets(store, chains, only_open=True)]
    assert found == ([told] if row.story.is_open else [])
    assert row.age_ns == (None if age_s is None else age_s * SECOND_NS)
    assert (row.denom, row.amount, row.destination_chain_id) == ("upluri", 5, B)


def test_expiry_is_by_the_destinations_clock(store: PacketStore) -> None:
    run(store, A, 50, {3: signed(event("send_packet", packet(expires_s=30)))})
    run(store, B, 29, {})
    assert rows(store)[0].story == "unreceived"
    store.take_in(block(B, 30))
    assert rows(store)[0].story == "expired"


def test_what_was_not_read_is_unknown(store: PacketStore) -> None:
    run(store, A, 5, SENT)
    assert rows(store)[0].story == "unknown"  # nothing of the destination was read
    run(store, B, 5, {})
    assert rows(store)[0].story == "unreceived"
    store.take_in(Missing(B, 6, 9, Absence.PRUNED))
    store.take_in(block(B, 10))
    assert rows(store)[0].story == "unknown"
    # Whatever ends it on the source says so, gaps or not.
    store.take_in(block(A, 6, signed(event("timeout_packet", packet()))))
    assert rows(store)[0].story == "refunded"


def test_blocks_of_the_source_that_were_not_read_may_have_ended_it(store: PacketStore) -> None:
    run(store, A, 5, SENT)
    run(store, B, 5, {4: signed(RECV, event("write_acknowledgement", packet(), ack=OK))})
    assert rows(store)[0].story == "ack-pending"
    store.take_in(Missing(A, 6, 9, Absence.PRUNED))
    assert rows(store)[0].story == "unknown"
    store.take_in(block(A, 10, signed(event("acknowledge_packet", packet()))))
    assert rows(store)[0].story == "acked"


def test_a_tracker_that_began_before_the_packet_knows_enough(store: PacketStore) -> None:
    store.take_in(block(A, 40, signed(event("send_packet", packet()))))
    store.take_in(block(B, 41))
    assert rows(store)[0].story == "unknown"  # B may have received it in block 40
    # Or even this one, if B's block time is behind: a light client takes headers from the future.
    for height in range(41, 160):
        store.take_in(block(A, height))
    store.take_in(block(A, 160, signed(event("send_packet", packet(2)))))
    assert rows(store)[1].story == "unknown"
    store.take_in(block(A, 161, signed(event("send_packet", packet(3)))))
    assert rows(store)[2].story == "unreceived"


def test_a_chain_that_only_claims_to_be_the_counterparty(store_place: str) -> None:
    with PacketStore.open(store_place) as store:
        store.add_route(Route(A, HERE, B, THERE))
        # The true B says that its channel leads elsewhere.
        store.add_route(Route(B, THERE, "grid-9", HERE))
        run(store, A, 5, SENT)
        run(store, B, 5, {4: signed(RECV)})
        [row] = rows(store)
        assert (row.story, row.destination_chain_id) == ("unknown", None)


def test_rivals_count_and_change_nothing(store: PacketStore) -> None:
    run(store, A, 3, SENT)
    run(store, B, 8, {6: signed(RECV), 7: signed(RECV, by=RIVAL), 8: signed(RECV, by=RIVAL)})
    [row] = rows(store)
    assert (row.received_by, row.repeats) == (RELAYER, 2)
    assert store.query("SELECT signer, first, repeated FROM relaying ORDER BY signer") == [
        (RELAYER, 1, 0),
        (RIVAL, 0, 2),
    ]


def test_events_of_the_block_itself_have_no_signer(store: PacketStore) -> None:
    store.take_in(block(A, 1, events=[event("send_packet", packet())]))
    assert store.query("SELECT sent_by, sent_tx FROM sent") == [(None, None)]


def test_the_signer_of_each_message() -> None:
    message = ("action", "/ibc.core.channel.v1.MsgRecvPacket")
    tx = TrackedTx(
        0, "",
        (
            ("tx", (("acc_seq", f"{RELAYER}/7"),)),
            ("message", (message, ("sender", RIVAL), ("msg_index", "1"))),
            # A module's own words, and numbers that are none.
            ("message", (("sender", "pluri1zzzzzzzzzz"), ("msg_index", "0"))),
            ("message", (message, ("sender", "x\x1b[31m"), ("msg_index", "2"))),
            ("message", (message, ("sender", RIVAL), ("msg_index", "9" * 5_000))),
        ),
    )  # fmt: skip
    assert find_signers(tx) == {None: RELAYER, 1: RIVAL}


def test_events_under_authz_count(store: PacketStore) -> None:
    kind, pairs = event("recv_packet", packet())
    nested = (kind, (*pairs, ("authz_msg_index", "0"), ("authz_msg_index", "1")))
    run(store, A, 3, SENT)
    run(store, B, 6, {6: signed(nested)})
    assert rows(store)[0].story == "received-unacked"


@pytest.mark.parametrize("channel", ["channel-0\x1b[2J", "x" * 200, "кanal", "\ud800", ""])
def test_hostile_names_are_kept_as_oddities(store: PacketStore, channel: str) -> None:
    bad = renamed(packet(), channel)
    store.take_in(block(A, 1, signed(event("send_packet", bad), event("send_packet", packet()))))
    assert [row.story for row in rows(store)] == ["unknown"]
    [[reason, detail]] = store.query("SELECT reason, detail FROM oddity")
    assert reason == "an identifier that no chain gives"
    assert detail.isprintable()
    assert len(detail) < 300


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60), st.text(max_size=30))
def test_hostile_data_are_kept_as_they_came(store: PacketStore, data: bytes, denom: str) -> None:
    told = json.dumps({"denom": denom, "amount": str(2**200), "sender": "s", "receiver": "r"})
    [[chains]] = store.query("SELECT count(*) FROM chain")
    chain_id = f"chain-{chains}"
    for number, each in enumerate((data, told.encode()), 1):
        tx = signed(event("send_packet", packet(number, data=each)))
        store.take_in(block(chain_id, number, tx))
    statement = "SELECT data FROM sent WHERE chain_id = ? ORDER BY sequence"
    assert store.query(statement, (chain_id,)) == [(data,), (told.encode(),)]


def test_a_dump_of_hostile_data_is_ascii(store: PacketStore) -> None:
    denom = "\x00\x1b[2J\u202eé"
    told = json.dumps({"denom": denom, "amount": "1", "sender": "s", "receiver": "r"})
    tx = signed(event("send_packet", packet(1, data=b"\x00\xff")))
    store.take_in(block(A, 1, tx))
    store.take_in(block(A, 2, signed(event("send_packet", packet(2, data=told.encode())))))
    lines = list(dump_store(store))
    assert any("\\\\u202e" in line for line in lines)
    for line in lines:
        assert line.isascii()
        json.loads(line)


def test_text_is_escaped() -> None:
    assert clean_text("a\u202e\n\ud800é") == "a\\u202e\\n\\ud800é"
    assert clean_text("abcdef", most=3) == "abc…"


def test_sequences_and_times_above_64_bits_of_sign(store: PacketStore) -> None:
    far = packet(2**64 - 1, expires_s=18_000_000_000)
    store.take_in(block(A, 1, signed(event("send_packet", far), event("send_packet", packet()))))
    assert [row.sequence for row in rows(store)] == [1, 2**64 - 1]


def test_figures_of_a_channel(store: PacketStore) -> None:
    sends = {height: signed(event("send_packet", packet(height))) for height in range(1, 5)}
    ack = event("acknowledge_packet", packet(1))
    run(store, A, 20, sends | {12: signed(ack)})
    answers = {
        5: signed(
            event("recv_packet", packet(1)),
            event("write_acknowledgement", packet(1), ack=OK),
        ),
        9: signed(event("recv_packet", packet(2))),
    }
    run(store, B, 20, answers)
    with opened_view(store) as chains:
        [figures] = list_channel_figures(store, chains)
        assert chains[A].is_complete
    assert figures.counts == {"acked": 1, "received-unacked": 1, "unreceived": 2}
    assert (figures.open_count, figures.oldest_ns, figures.unaged) == (3, 17 * SECOND_NS, 0)
    assert figures.receiving_ns == [4 * SECOND_NS, 7 * SECOND_NS]
    assert figures.settling_ns == [11 * SECOND_NS]


def test_percentiles() -> None:
    assert compute_percentile([], 50) is None
    assert compute_percentile([7], 95) == 7
    assert compute_percentile(list(range(1, 101)), 95) == 95
    assert compute_percentile([4, 1, 3, 2], 50) == 2


def test_channels_are_in_the_order_of_their_numbers() -> None:
    names = [
        "07-tendermint-3", "channel-01", "channel-1", "channel-2", "channel-10", "channel-", "x",
    ]  # fmt: skip
    for drawn in (names, names[::-1]):
        assert sorted(drawn, key=order_name) == names
