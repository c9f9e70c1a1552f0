"""Which keys prove a work, and what the source's state says of it before a fee is paid."""

from __future__ import annotations

import pytest

from plurichain.chain.ibc.proofs import Proof
from plurichain.encoding.height import Height
from plurichain.errors import BadReply
from plurichain.ibc.channel import ChannelEnd
from plurichain.ibc.commitments import (
    compute_acknowledgement_commitment,
    compute_packet_commitment,
)
from plurichain.ibc.handshake import EndState
from plurichain.identifiers import Address
from plurichain.relayer.proving import Standing, assess, list_keys
from plurichain.relayer.work import Route, Work, WorkKind
from tests.unit.relayer.packets import ORDERED, ROUTE, make_packet, make_work

SIGNER = Address(b"\x01" * 20, "pluri")
INBOUND, BACK = make_packet(3), make_packet(3, is_inbound=False)


def make_proof(value: bytes) -> Proof:
    return Proof(value, b"proof", Height(1, 10))


def make_end(state: EndState) -> bytes:
    return ChannelEnd(
        state, ROUTE.order, "transfer", "channel-7", ("connection-0",), "ics20-1"
    ).encode()


def make_acknowledge() -> Work:
    return Work(WorkKind.ACKNOWLEDGE, ROUTE, BACK, 5, b"yes")


@pytest.mark.parametrize(
    ("kind", "route", "keys"),
    [
        (WorkKind.RECEIVE, ROUTE, ["commitments/ports/transfer/channels/channel-1/sequences/3"]),
        (WorkKind.ACKNOWLEDGE, ROUTE, ["acks/ports/transfer/channels/channel-1/sequences/3"]),
        (WorkKind.TIMEOUT, ROUTE, ["receipts/ports/transfer/channels/channel-1/sequences/3"]),
        (WorkKind.TIMEOUT, ORDERED, ["nextSequenceRecv/ports/transfer/channels/channel-1"]),
        (
            WorkKind.TIMEOUT_ON_CLOSE,
            ORDERED,
            [
                "nextSequenceRecv/ports/transfer/channels/channel-1",
                "channelEnds/ports/transfer/channels/channel-1",
            ],
        ),
        (WorkKind.CLOSE, ORDERED, ["channelEnds/ports/transfer/channels/channel-1"]),
    ],
)
def test_keys_are_those_of_the_source(kind: WorkKind, route: Route, keys: list[str]) -> None:
    assert [key.decode() for key in list_keys(make_work(3, kind, route=route))] == keys


def test_a_packet_is_compared_with_what_its_chain_committed_to() -> None:
    work = make_work(3)
    commitment = compute_packet_commitment(INBOUND)

    proven = assess(work, [make_proof(commitment)])
    assert proven.standing is Standing.PROVEN
    assert proven.proof_height == 10
    assert proven.make_message(SIGNER).type_url.endswith("MsgRecvPacket")
    # Acknowledged or timed out meanwhile: nothing is left to do.
    assert assess(work, [make_proof(b"")]).standing is Standing.MOOT
    other = assess(work, [make_proof(bytes(32))])
    assert other.standing is Standing.REFUSED
    assert "not the one" in other.reason


def test_an_acknowledgement_that_is_not_there_yet_is_early() -> None:
    work = make_acknowledge()
    proven = assess(work, [make_proof(compute_acknowledgement_commitment(b"yes"))])
    assert proven.standing is Standing.PROVEN
    assert proven.make_message(SIGNER).type_url.endswith("MsgAcknowledgement")
    assert assess(work, [make_proof(b"")]).standing is Standing.EARLY
    wrong = compute_acknowledgement_commitment(b"no")
    assert assess(work, [make_proof(wrong)]).standing is Standing.REFUSED


def test_only_what_was_not_received_is_timed_out() -> None:
    unordered = make_work(3, WorkKind.TIMEOUT)
    assert assess(unordered, [make_proof(b"")]).standing is Standing.PROVEN
    assert assess(unordered, [make_proof(b"\x01")]).standing is Standing.MOOT

    ordered = make_work(3, WorkKind.TIMEOUT, route=ORDERED)
    proven = assess(ordered, [make_proof((3).to_bytes(8, "big"))])
    assert (proven.standing, proven.next_sequence_recv) == (Standing.PROVEN, 3)
    assert assess(ordered, [make_proof((4).to_bytes(8, "big"))]).standing is Standing.MOOT
    with pytest.raises(BadReply, match="has 0 bytes"):
        assess(ordered, [make_proof(b"")])


def test_a_time_out_on_close_needs_the_close() -> None:
    work = make_work(3, WorkKind.TIMEOUT_ON_CLOSE)
    closed, is_open = make_end(EndState.CLOSED), make_end(EndState.OPEN)

    proven = assess(work, [make_proof(b""), make_proof(closed)])
    assert (proven.standing, len(proven.proofs)) == (Standing.PROVEN, 2)
    assert proven.make_message(SIGNER).type_url.endswith("MsgTimeoutOnClose")
    assert assess(work, [make_proof(b""), make_proof(is_open)]).standing is Standing.EARLY
    assert assess(work, [make_proof(b"\x01"), make_proof(closed)]).standing is Standing.MOOT

    close = make_work(0, WorkKind.CLOSE)
    assert assess(close, [make_proof(closed)]).standing is Standing.PROVEN
    assert assess(close, [make_proof(is_open)]).standing is Standing.EARLY
    with pytest.raises(BadReply, match="channel transfer/channel-1"):
        assess(close, [make_proof(b"\xff")])
