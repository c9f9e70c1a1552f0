"""A node whose events say another thing of a packet than its chain did: noticed, and named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from plurichain.encoding.height import Height
from plurichain.ibc.commitments import compute_packet_commitment, compute_packet_commitment_v2
from plurichain.ibc.overdue import AlarmKind
from plurichain.ibc.packet import Packet, PacketV2, Payload
from plurichain.ibc.packet_v2 import encode_packet_v2
from plurichain.ibc.paths import packet_commitment_key, packet_commitment_key_v2
from plurichain.tracker.blocks import RawEvent
from plurichain.tracker.monitoring.alarms.findings import judge_commitments
from plurichain.tracker.observations import Observations
from plurichain.tracker.observing.commitments import CommitmentWatch
from plurichain.tracker.store import PacketStore
from tests.unit.tracker.grids import (
    DATA,
    SECOND_NS,
    A,
    B,
    add_routes,
    block,
    event,
    packet,
    rows,
    signed,
)
from tests.unit.tracker.observing.made_chain import MadeChain, watch

SENT_AT, LAST = 3, 6
TRUE = replace(packet(7, expires_s=900), timeout_height=Height(2, 50))
TRUE_V2 = PacketV2(
    7, "07-tendermint-0", "07-tendermint-9", 900,
    (Payload("transfer", "transfer", "ics20-1", "application/json", DATA),),
)  # fmt: skip
MORE = DATA.replace(b'"5"', b'"500"')


@pytest.fixture
def store(tmp_path: Path) -> Iterator[PacketStore]:
    with PacketStore.open(tmp_path / "packets.db") as opened:
        add_routes(opened)
        yield opened


def event_v2(of: PacketV2) -> RawEvent:
    return (
        "send_packet",
        (
            ("packet_source_client", of.source_client),
            ("packet_dest_client", of.destination_client),
            ("packet_sequence", str(of.sequence)),
            ("packet_timeout_timestamp", str(of.timeout_timestamp_s)),
            ("encoded_packet_hex", encode_packet_v2(of).hex()),
        ),
    )


def look(store: PacketStore, told: RawEvent) -> tuple[list[tuple[int, str, bool]], list[str]]:
    """Have a node tell this of the block in which both packets were truly sent, and compare.

    Returns verdicts, and what was said. The block is the true one in all else: its hash is.
    """
    chain, said = MadeChain(A), list[str]()
    chain.state[SENT_AT] = {
        packet_commitment_key(TRUE.source_port, TRUE.source_channel, TRUE.sequence): (
            compute_packet_commitment(TRUE)
        ),
        packet_commitment_key_v2(TRUE_V2.source_client, TRUE_V2.sequence): (
            compute_packet_commitment_v2(TRUE_V2)
        ),
    }
    for height in range(1, LAST + 1):
        txs = [signed(told)] if height == SENT_AT else []
        before = chain.get_hash(height - 1) if height > 1 else ""
        whole = block(A, height, *txs)
        store.take_in(replace(whole, block_hash=chain.get_hash(height), previous_hash=before))
    CommitmentWatch(watch(store, chain, said)).observe()
    kept = Observations(store).list_state_checks()
    return [(row.sequence, row.verdict, row.is_proven) for row in kept], said


def list_alarms(store: PacketStore) -> list[tuple[str, str | None]]:
    found = [each for each in judge_commitments(store) if each.text is not None]
    assert all(each.kind is AlarmKind.COMMITMENT_DIFFERS for each in found)
    return [(each.subject, each.text) for each in found]


def test_what_is_told_truly_is_the_same(store: PacketStore) -> None:
    assert look(store, event("send_packet", TRUE)) == ([(7, "same", True)], [])
    assert list_alarms(store) == []


def test_what_is_told_truly_of_ibc_v2_is_the_same(store: PacketStore) -> None:
    assert look(store, event_v2(TRUE_V2)) == ([(7, "same", True)], [])
    assert list_alarms(store) == []


def check_named(store: PacketStore, told: RawEvent, name: str, number: int, verdict: str) -> None:
    verdicts, [said] = look(store, told)
    assert verdicts == [(number, verdict, True)]
    assert said.startswith(f"{A}: packet {number} of {name}: its commitment follows from its event")
    found = "another one" if verdict == "different" else "none"
    assert said.endswith(f"the state after block {SENT_AT} has {found} (proven)")
    [(subject, text)] = list_alarms(store)
    assert subject == name
    assert text is not None
    assert text.startswith(f"packet {number}: ")


@pytest.mark.parametrize(
    ("forged", "verdict"),
    [
        ({"data": MORE}, "different"),
        ({"data": DATA + b" "}, "different"),
        ({"data": b""}, "different"),
        ({"timeout_height": Height(2, 51)}, "different"),
        ({"timeout_height": Height(3, 50)}, "different"),
        ({"timeout_height": Height(0, 0)}, "different"),
        ({"timeout_timestamp_ns": 900 * SECOND_NS + 1}, "different"),
        ({"timeout_timestamp_ns": 0}, "different"),
        # No such packet is there.
        ({"sequence": 8}, "absent"),
        ({"source_channel": "channel-1"}, "absent"),
        ({"source_port": "other"}, "absent"),
    ],
)
def test_what_is_forged_of_a_packet_is_proven_and_named(
    store: PacketStore, forged: dict[str, Any], verdict: str
) -> None:
    told: Packet = replace(TRUE, **forged)
    name = f"{told.source_port}/{told.source_channel}"
    check_named(store, event("send_packet", told), name, told.sequence, verdict)


@pytest.mark.parametrize(
    ("forged", "verdict"),
    [
        ({"timeout_timestamp_s": 901}, "different"),
        ({"destination_client": "07-tendermint-8"}, "different"),
        ({"payloads": (replace(TRUE_V2.payloads[0], value=MORE),)}, "different"),
        ({"payloads": (replace(TRUE_V2.payloads[0], version="ics20-2"),)}, "different"),
        ({"payloads": (replace(TRUE_V2.payloads[0], destination_port="other"),)}, "different"),
        ({"payloads": TRUE_V2.payloads * 2}, "different"),
        ({"sequence": 8}, "absent"),
        ({"source_client": "07-tendermint-1"}, "absent"),
    ],
)
def test_what_is_forged_of_a_packet_of_ibc_v2_is_proven_and_named(
    store: PacketStore, forged: dict[str, Any], verdict: str
) -> None:
    told: PacketV2 = replace(TRUE_V2, **forged)
    check_named(store, event_v2(told), told.source_client, told.sequence, verdict)


@pytest.mark.parametrize("forged", [{"destination_channel": "channel-8"},
                                    {"destination_port": "other"}])  # fmt: skip
def test_another_destination_is_in_no_commitment_and_leads_nowhere(
    store: PacketStore, forged: dict[str, str]
) -> None:
    """Whatever B told of the packet by that name: the channel does not lead there."""
    told = replace(TRUE, **forged)  # type: ignore[arg-type]
    assert look(store, event("send_packet", told)) == ([(7, "same", True)], [])
    for height in range(1, LAST):
        txs = [signed(event("recv_packet", told))] if height == SENT_AT else []
        store.take_in(block(B, height, *txs))
    [row] = rows(store)
    assert (row.story, row.destination_chain_id, row.age_ns) == ("unknown", None, 3 * SECOND_NS)
