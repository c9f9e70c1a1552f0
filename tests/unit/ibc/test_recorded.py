"""Two real chains between which tokens went, were refused, expired and returned; recorded.

Nothing here asks a node: what each chain held is read from answers with proofs, verified
against its headers, and those against what the other chain's client trusts.
"""

from __future__ import annotations

import base64
from fractions import Fraction
from typing import Any

import pytest

from plurichain.errors import ProofError
from plurichain.ibc import paths
from plurichain.ibc.acknowledgement import parse_acknowledgement
from plurichain.ibc.channel import ChannelEnd, next_channel_step
from plurichain.ibc.client import ClientState, ConsensusState
from plurichain.ibc.commitments import (
    RECEIPT,
    compute_acknowledgement_commitment,
    compute_packet_commitment,
)
from plurichain.ibc.connection import DEFAULT_VERSION, ConnectionEnd, next_connection_step
from plurichain.ibc.conservation import ChannelBalance
from plurichain.ibc.denom import (
    DenomPath,
    compute_received_denom,
    escrow_address,
    is_returning,
    voucher_denom,
)
from plurichain.ibc.events import PacketEventKind
from plurichain.ibc.height import NO_HEIGHT
from plurichain.ibc.life import PacketClass, PacketMarks, classify_packet
from plurichain.ibc.packet import Order
from plurichain.ibc.transfer import TransferData, parse_transfer_data
from plurichain.lightclient.ics23 import verify_membership
from plurichain.lightclient.rpc_json import parse_proof_ops
from plurichain.lightclient.verify import TrustedState, TrustRules, find_header_fault
from tests.unit.ibc.recorded_chain import find, list_events, read
from tests.unit.lightclient.recorded import Recording, load

A, B = load("transfers-a"), load("transfers-b")
CHAINS = {"a": A, "b": B}
END_A = ("transfer", A.about["channel_id"])
END_B = ("transfer", B.about["channel_id"])


# --- packets --------------------------------------------------------------------------------------

SENT = {
    1: TransferData("upluri", 100, "-", "-", "<&>"),
    2: TransferData("upluri", 20, "-", "nobody"),
    3: TransferData("upluri", 3, "-", "-"),
}


@pytest.mark.parametrize("sequence", SENT)
def test_what_was_sent_is_what_the_chain_committed_to(sequence: int) -> None:
    """The hash of the event's packet stands in the proven state."""
    event = find(A, PacketEventKind.SEND, sequence)
    height = A.about["pins"]["sent"]
    key = paths.packet_commitment_key(*END_A, sequence)

    assert event.has_data
    assert read(A, "ibc", key, height) == compute_packet_commitment(event.packet)
    transfer = parse_transfer_data(event.packet.data)
    assert isinstance(transfer, TransferData)
    expected = SENT[sequence]
    assert (transfer.denom, transfer.amount) == (expected.denom, expected.amount)
    assert transfer.memo == expected.memo
    # The chain's own writer gives the same bytes.
    assert transfer.encode() == event.packet.data


@pytest.mark.parametrize(("sequence", "is_success"), [(1, True), (2, False)])
def test_what_was_answered_is_what_the_chain_committed_to(sequence: int, is_success: bool) -> None:
    """Receipt and acknowledgement, of a packet that is the one that was sent."""
    event = find(B, PacketEventKind.WRITE_ACK, sequence)
    height = B.about["pins"]["received"]

    assert event.packet == find(A, PacketEventKind.SEND, sequence).packet
    assert event.acknowledgement is not None
    answer = parse_acknowledgement(event.acknowledgement)
    assert answer is not None
    assert answer.is_success is is_success
    assert read(B, "ibc", paths.packet_receipt_key(*END_B, sequence), height) == RECEIPT
    stored = read(B, "ibc", paths.packet_acknowledgement_key(*END_B, sequence), height)
    assert stored == compute_acknowledgement_commitment(event.acknowledgement)


def test_the_events_of_a_packet_tell_of_one_packet() -> None:
    """All but the data, which ACKNOWLEDGE and TIMEOUT leave out."""
    for chain, kind, sequence in (
        (A, PacketEventKind.ACKNOWLEDGE, 1),
        (A, PacketEventKind.TIMEOUT, 3),
        (B, PacketEventKind.RECV, 1),
    ):
        event = find(chain, kind, sequence)
        sent = find(A, PacketEventKind.SEND, sequence).packet

        assert event.has_data is (kind is PacketEventKind.RECV)
        for field in ("timeout_height", "timeout_timestamp_ns", "source_channel", "sequence"):
            assert getattr(event.packet, field) == getattr(sent, field)
        assert event.order is Order.UNORDERED
        # An update of the client goes before what rests on it.
        assert event.msg_index is not None
        assert event.msg_index > 0


def read_marks(pin: str, sequence: int) -> PacketMarks:
    height_a, height_b = A.about["pins"][pin], B.about["pins"][pin]
    later = B.fetch_header(height_b + 1).header
    packet = find(A, PacketEventKind.SEND, sequence).packet

    def stands(key: bytes) -> bool:
        return read(B, "ibc", key, height_b) is not None

    commitment = paths.packet_commitment_key(*END_A, sequence)
    return PacketMarks(
        is_committed=read(A, "ibc", commitment, height_a) is not None,
        is_received=stands(paths.packet_receipt_key(*END_B, sequence)),
        is_acknowledged=stands(paths.packet_acknowledgement_key(*END_B, sequence)),
        is_due=packet.is_timed_out(later.ibc_height, later.time_ns),
    )


@pytest.mark.parametrize(
    ("pin", "classes"),
    [
        ("sent", [PacketClass.UNRECEIVED, PacketClass.UNRECEIVED, PacketClass.EXPIRED]),
        ("received", [PacketClass.ACK_PENDING, PacketClass.ACK_PENDING, PacketClass.DONE]),
        ("settled", [PacketClass.DONE] * 3),
    ],
)
def test_packets_are_where_the_marks_say(pin: str, classes: list[PacketClass]) -> None:
    """Three lives at three moments, from proven state alone."""
    assert [classify_packet(read_marks(pin, sequence)) for sequence in SENT] == classes


# --- money ----------------------------------------------------------------------------------------


def read_amount(chain: Recording, key: bytes, pin: str) -> int:
    value = read(chain, "bank", key, chain.about["pins"][pin])
    return int(value or b"0")


def test_a_voucher_is_named_by_its_way() -> None:
    """Out it gains a hop, back it loses it."""
    sent, returned = (
        find(A, PacketEventKind.SEND, 1).packet,
        find(B, PacketEventKind.SEND, 1).packet,
    )
    out, back = parse_transfer_data(sent.data), parse_transfer_data(returned.data)
    assert isinstance(out, TransferData)
    assert isinstance(back, TransferData)
    ends = ("source_port", "source_channel", "destination_port", "destination_channel")

    def receive(path: DenomPath, packet: Any) -> DenomPath:
        return compute_received_denom(path, **{end: getattr(packet, end) for end in ends})

    assert receive(out.path, sent) == back.path
    assert receive(back.path, returned) == out.path
    assert is_returning(back.path, *END_B)
    assert not is_returning(out.path, *END_A)


@pytest.mark.parametrize(
    ("pin", "balance"),
    [
        ("sent", ChannelBalance(123, 0, 0, in_flight=123)),
        ("received", ChannelBalance(120, 100, 0, refunds_due=20)),
        ("settled", ChannelBalance(60, 60, 0)),
    ],
)
def test_the_escrow_is_explained_at_every_moment(pin: str, balance: ChannelBalance) -> None:
    """Escrow and supply are read from both banks; what is on its way follows from the lives."""
    escrow = escrow_address(*END_A)
    key_a = b"\x02" + bytes([len(escrow)]) + escrow + b"upluri"
    path = DenomPath.parse(f"{'/'.join(END_B)}/upluri")
    key_b = b"\x00" + voucher_denom(path).encode()

    assert read_amount(A, key_a, pin) == balance.escrow
    assert read_amount(B, key_b, pin) == balance.counterparty_supply
    assert balance.holds


# --- ends and clients -----------------------------------------------------------------------------


def read_end(chain: Recording, key: bytes) -> bytes:
    value = read(chain, "ibc", key, chain.about["pins"]["settled"])
    assert value is not None
    return value


def test_both_ends_are_open_and_name_each_other() -> None:
    """Decoded and encoded again they are the proven bytes, which the other chain has verified."""
    channels: dict[str, ChannelEnd] = {}
    connections: dict[str, ConnectionEnd] = {}
    for name, chain in CHAINS.items():
        stored = read_end(chain, paths.channel_end_key("transfer", chain.about["channel_id"]))
        channels[name] = ChannelEnd.decode(stored)
        assert channels[name].encode() == stored
        stored = read_end(chain, paths.connection_key(chain.about["connection_id"]))
        connections[name] = ConnectionEnd.decode(stored)
        assert connections[name].encode() == stored

    assert channels["a"].counterparty_channel == B.about["channel_id"]
    assert connections["b"].counterparty_client == A.about["client_id"]
    assert connections["a"].versions == (DEFAULT_VERSION,)
    assert next_channel_step(channels["a"], channels["b"]) is None
    assert next_connection_step(connections["a"], connections["b"]) is None
    assert all(channels[name].is_open and connections[name].is_open for name in CHAINS)


@pytest.mark.parametrize(("host", "other"), [(A, B), (B, A)])
def test_what_a_client_trusts_is_what_the_other_chain_said(
    host: Recording, other: Recording
) -> None:
    """From a proven consensus state the other chain's newest header can be trusted."""
    height = host.about["pins"]["settled"]
    client_id = host.about["client_id"]
    stored = read(host, "ibc", paths.client_state_key(client_id), height)
    assert stored is not None
    state = ClientState.decode_any(stored)
    assert state.encode_any() == stored
    assert (state.chain_id, state.trust_level) == (other.about["chain_id"], Fraction(1, 3))
    assert state.frozen_height == NO_HEIGHT

    key = paths.consensus_state_key(client_id, state.latest_height)
    stored = read(host, "ibc", key, height)
    assert stored is not None
    consensus = ConsensusState.decode_any(stored)
    assert consensus.encode_any() == stored

    newest = max(
        int(path.split("=")[1])
        for path in other.about["answers"]
        if path.startswith("/commit?")
        and f"/validators?height={path.split('=')[1]}&page=1&per_page=100" in other.about["answers"]
    )
    header = other.fetch_header(newest)
    fault = find_header_fault(
        header,
        other.fetch_validators(newest),
        trusted=TrustedState(
            state.latest_height, consensus.timestamp_ns, consensus.next_validators_hash
        ),
        trusted_validators=other.fetch_validators(state.latest_height.height + 1),
        rules=TrustRules(
            state.chain_id, state.trusting_period_ns, state.max_clock_drift_ns, state.trust_level
        ),
        now_ns=header.header.time_ns,
    )
    assert fault is None


def test_one_chain_is_not_the_other() -> None:
    """The same key with a proof of the other chain proves nothing."""
    height = A.about["pins"]["settled"]
    key = paths.channel_end_key(*END_A)
    operations = parse_proof_ops(A.get_query("ibc", key, height))
    value = base64.b64decode(A.get_query("ibc", key, height)["value"])
    root = B.fetch_header(B.about["pins"]["settled"] + 1).header.app_hash

    with pytest.raises(ProofError, match="another root"):
        verify_membership(operations, root=root, store="ibc", key=key, value=value)


def test_the_whole_story_is_in_the_events() -> None:
    """Handshakes, updates and packets of both chains, in order, nothing unread."""

    def tell(chain: Recording) -> list[str]:
        return [
            event.kind.value
            for height in chain.about["blocks"]
            for event in list_events(chain, height)
        ]

    story = tell(A)
    assert story[:2] == ["create_client", "connection_open_init"]
    opening = [kind for kind in story if kind.startswith(("connection", "channel"))]
    assert opening == [
        "connection_open_init",
        "connection_open_ack",
        "channel_open_init",
        "channel_open_ack",
    ]
    assert sorted(kind for kind in story if "packet" in kind or kind.startswith("write")) == [
        "acknowledge_packet",
        "acknowledge_packet",
        "recv_packet",
        "send_packet",
        "send_packet",
        "send_packet",
        "timeout_packet",
        "write_acknowledgement",
    ]
    assert [kind for kind in tell(B) if "confirm" in kind] == [
        "connection_open_confirm",
        "channel_open_confirm",
    ]
