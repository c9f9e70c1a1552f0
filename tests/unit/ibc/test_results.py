"""What messages came to: our reader beside the protobuf types that cosmpy carries."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import plurichain.chain.ibc.protos  # noqa: F401 - the door to generated types

# isort: split
from cosmos.authz.v1beta1 import tx_pb2 as authz
from cosmos.base.abci.v1beta1 import abci_pb2 as abci
from cosmos.tx.v1beta1 import tx_pb2 as tx
from google.protobuf.any_pb2 import Any as AnyMessage
from ibc.core.channel.v1 import channel_pb2 as channel
from ibc.core.channel.v1 import tx_pb2 as v1
from ibc.core.channel.v2 import packet_pb2 as packet_v2
from ibc.core.channel.v2 import tx_pb2 as v2
from ibc.core.client.v1 import client_pb2 as client
from ibc.core.client.v1 import tx_pb2 as client_tx

from plurichain.encoding.height import Height
from plurichain.ibc.coins_received import CoinReceived, find_coins_received
from plurichain.ibc.event_types import PacketEventKind as Kind
from plurichain.ibc.events import find_path
from plurichain.ibc.packet import Packet, PacketV2, Payload
from plurichain.ibc.packet_story import (
    DESTINATION_STEPS,
    SOURCE_STEPS,
    DestinationState,
    Fault,
    SourceState,
    Step,
)
from plurichain.ibc.relay_messages import (
    RelayMessage,
    decode_packet,
    find_relay_signer,
    is_relaying,
    list_relay_messages,
)
from plurichain.ibc.results import (
    MessageResult,
    find_result,
    format_path,
    judge_step,
    may_hold_noop,
    read_responses,
)

RESPONSES: list[tuple[Any, Any, Kind]] = [
    (v1, v1.MsgRecvPacketResponse, Kind.RECV),
    (v1, v1.MsgAcknowledgementResponse, Kind.ACKNOWLEDGE),
    (v1, v1.MsgTimeoutResponse, Kind.TIMEOUT),
    (v1, v1.MsgTimeoutOnCloseResponse, Kind.TIMEOUT),
    (v2, v2.MsgRecvPacketResponse, Kind.RECV),
    (v2, v2.MsgAcknowledgementResponse, Kind.ACKNOWLEDGE),
    (v2, v2.MsgTimeoutResponse, Kind.TIMEOUT),
]
NAMES = {
    "RESPONSE_RESULT_TYPE_UNSPECIFIED": None,
    "RESPONSE_RESULT_TYPE_NOOP": MessageResult.NOOP,
    "RESPONSE_RESULT_TYPE_SUCCESS": MessageResult.SUCCESS,
    "RESPONSE_RESULT_TYPE_FAILURE": MessageResult.FAILURE,
}


def pack(message: Any) -> Any:
    return AnyMessage(
        type_url=f"/{message.DESCRIPTOR.full_name}", value=message.SerializeToString()
    )


def data_of(*responses: Any) -> bytes:
    content = abci.TxMsgData(msg_responses=[pack(each) for each in responses])
    return bytes(content.SerializeToString())


@pytest.mark.parametrize(("package", "response", "kind"), RESPONSES)
def test_every_result_of_every_response(package: Any, response: Any, kind: Kind) -> None:
    for name, number in package.ResponseResultType.items():
        told = read_responses(data_of(authz.MsgRevokeResponse(), response(result=number)))
        assert find_result(told, (1,), kind) is NAMES[name]
        assert may_hold_noop(told) is (NAMES[name] is MessageResult.NOOP)
        # Neither another message's, nor that of another kind, nor one that is not there.
        other = next(each for each in (Kind.RECV, Kind.TIMEOUT) if each is not kind)
        assert find_result(told, (0,), kind) is None
        assert find_result(told, (1,), other) is None
        assert find_result(told, (2,), kind) is None
        assert find_result(told, (1, 0), kind) is None
    assert set(NAMES) == set(package.ResponseResultType.keys())


def nest(*results: bytes) -> Any:
    return authz.MsgExecResponse(results=results)


def test_results_within_messages_of_authz_and_within_those() -> None:
    success, noop = (
        v1.MsgRecvPacketResponse(result=number).SerializeToString() for number in (2, 1)
    )
    inner = nest(b"", noop).SerializeToString()
    told = read_responses(data_of(v1.MsgTimeoutResponse(result=2), nest(success, inner)))
    assert find_result(told, (1, 0), Kind.RECV) is MessageResult.SUCCESS
    assert find_result(told, (1, 1, 1), Kind.ACKNOWLEDGE) is MessageResult.NOOP
    assert find_result(told, (1, 1, 0), Kind.RECV) is None
    assert find_result(told, (1,), Kind.RECV) is None
    assert may_hold_noop(told)
    assert not may_hold_noop(read_responses(data_of(nest(success))))


def test_nesting_beyond_all_measure_ends() -> None:
    value = v1.MsgRecvPacketResponse(result=1).SerializeToString()
    for _ in range(100):
        value = nest(value).SerializeToString()
    told = read_responses(data_of(authz.MsgExecResponse.FromString(value)))
    assert 0 < len(told) < 20


@pytest.mark.parametrize("data", [b"", b"\xff", b"\x12\x05abc", b"\x12\x03\x0a\x01\xff"])
def test_what_is_no_answer_tells_nothing(data: bytes) -> None:
    assert read_responses(data) == {}


def test_a_response_that_cannot_be_read_tells_nothing() -> None:
    broken = AnyMessage(type_url="/ibc.core.channel.v1.MsgRecvPacketResponse", value=b"\x08")
    exec_ = AnyMessage(type_url="/cosmos.authz.v1beta1.MsgExecResponse", value=b"\xff")
    told = read_responses(abci.TxMsgData(msg_responses=[broken, exec_]).SerializeToString())
    assert set(told) == {(0,), (1,)}
    assert find_result(told, (0,), Kind.RECV) is None


@given(st.binary(max_size=200))
def test_no_bytes_raise(data: bytes) -> None:
    told = read_responses(data)
    may_hold_noop(told)
    list_relay_messages(data)
    is_relaying(data)
    find_relay_signer(data)
    assert all(find_result(told, path, Kind.RECV) in {*MessageResult, None} for path in told)


@pytest.mark.parametrize(
    ("pairs", "path"),
    [
        ([], None),
        ([("msg_index", "0")], (0,)),
        ([("authz_msg_index", "2"), ("msg_index", "1")], (1, 2)),
        ([("authz_msg_index", "5"), ("authz_msg_index", "2"), ("msg_index", "1")], (1, 2, 5)),
        ([("authz_msg_index", "2")], None),
        ([("msg_index", "0"), ("msg_index", "1")], None),
        ([("msg_index", "x")], None),
        ([("msg_index", "0"), ("authz_msg_index", "-1")], None),
    ],
)
def test_which_message_an_event_belongs_to(
    pairs: list[tuple[str, str]], path: tuple[int, ...] | None
) -> None:
    assert find_path(pairs) == path


def test_how_a_path_is_written() -> None:
    assert (format_path((3,)), format_path((3, 0, 12))) == ("3", "3/0/12")


SOURCE = [(before, step) for (before, _), step in SOURCE_STEPS.items()]
DESTINATION = [(before, step) for (before, _), step in DESTINATION_STEPS.items()]


@pytest.mark.parametrize(("before", "step"), [*SOURCE, *DESTINATION])
def test_a_result_judges_every_step(before: Any, step: Step[Any]) -> None:
    assert judge_step(before, step, None) is step
    noop = judge_step(before, step, MessageResult.NOOP)
    assert (noop.state, noop.is_repeat) == (before, True)
    assert noop.fault is (None if step.is_repeat else Fault.NOT_DONE)
    for result in (MessageResult.SUCCESS, MessageResult.FAILURE):
        done = judge_step(before, step, result)
        assert (done.state, done.is_repeat) == (step.state, False)
        assert done.fault is ((step.fault or Fault.DONE_TWICE) if step.is_repeat else step.fault)


def test_the_states_of_those_steps() -> None:
    assert {before for before, _ in SOURCE} == set(SourceState)
    assert {before for before, _ in DESTINATION} == set(DestinationState)


PACKET = Packet(7, "transfer", "channel-1", "transfer", "channel-2", b"{}", Height(1, 9), 5)
CLASSIC = channel.Packet(
    sequence=7, source_port="transfer", source_channel="channel-1",
    destination_port="transfer", destination_channel="channel-2", data=b"{}",
    timeout_height=client.Height(revision_number=1, revision_height=9), timeout_timestamp=5,
)  # fmt: skip
OTHER = PacketV2(4, "client-1", "client-2", 6, (Payload("a", "b", "c", "d", b"e"),))
OTHER_MESSAGE = packet_v2.Packet(
    sequence=4, source_client="client-1", destination_client="client-2", timeout_timestamp=6,
    payloads=[packet_v2.Payload(source_port="a", destination_port="b", version="c",
                                encoding="d", value=b"e")],
)  # fmt: skip
MESSAGES: list[tuple[Any, Kind, Packet | PacketV2]] = [
    (v1.MsgRecvPacket(packet=CLASSIC, proof_commitment=b"p", signer="s"), Kind.RECV, PACKET),
    (v1.MsgAcknowledgement(packet=CLASSIC, acknowledgement=b"a"), Kind.ACKNOWLEDGE, PACKET),
    (v1.MsgTimeout(packet=CLASSIC, next_sequence_recv=1), Kind.TIMEOUT, PACKET),
    (v1.MsgTimeoutOnClose(packet=CLASSIC), Kind.TIMEOUT, PACKET),
    (v2.MsgRecvPacket(packet=OTHER_MESSAGE), Kind.RECV, OTHER),
    (v2.MsgAcknowledgement(packet=OTHER_MESSAGE), Kind.ACKNOWLEDGE, OTHER),
    (v2.MsgTimeout(packet=OTHER_MESSAGE), Kind.TIMEOUT, OTHER),
]


def sign(*messages: Any) -> bytes:
    body = tx.TxBody(messages=[pack(each) for each in messages], memo="m", timeout_height=3)
    raw = tx.TxRaw(body_bytes=body.SerializeToString(), auth_info_bytes=b"", signatures=[b"s"])
    return bytes(raw.SerializeToString())


def test_the_packets_of_every_message() -> None:
    signed = sign(authz.MsgRevoke(granter="g"), *(message for message, _, _ in MESSAGES))
    assert list_relay_messages(signed) == [
        RelayMessage((number,), kind, packet)
        for number, (_, kind, packet) in zip(itertools.count(1), MESSAGES, strict=False)
    ]
    assert decode_packet(CLASSIC.SerializeToString()) == PACKET


def test_the_packets_of_nested_messages() -> None:
    inner = authz.MsgExec(grantee="g", msgs=[pack(MESSAGES[4][0])])
    outer = authz.MsgExec(grantee="g", msgs=[pack(MESSAGES[0][0]), pack(inner)])
    found = list_relay_messages(sign(MESSAGES[2][0], outer))
    assert [(each.path, each.kind) for each in found] == [
        ((0,), Kind.TIMEOUT), ((1, 0), Kind.RECV), ((1, 1, 0), Kind.RECV),
    ]  # fmt: skip


def test_a_message_that_cannot_be_read_hides_no_other() -> None:
    broken = AnyMessage(type_url="/ibc.core.channel.v1.MsgRecvPacket", value=b"\x0a\x02\x08")
    body = tx.TxBody(messages=[broken, pack(MESSAGES[1][0])])
    signed = tx.TxRaw(body_bytes=body.SerializeToString()).SerializeToString()
    assert [each.path for each in list_relay_messages(signed)] == [(1,)]


SIGNED: list[Any] = [
    v1.MsgRecvPacket(signer="s"),
    v1.MsgAcknowledgement(signer="s"),
    v1.MsgTimeout(signer="s"),
    v1.MsgTimeoutOnClose(signer="s"),
    v2.MsgRecvPacket(signer="s"),
    v2.MsgAcknowledgement(signer="s"),
    v2.MsgTimeout(signer="s"),
    client_tx.MsgUpdateClient(client_id="c", signer="s"),
]


@pytest.mark.parametrize("signed", SIGNED)
def test_who_signs_each_message(signed: Any) -> None:
    assert is_relaying(sign(signed))
    assert find_relay_signer(sign(authz.MsgRevoke(granter="g"), signed)) == "s"
    nested = sign(authz.MsgExec(grantee="g", msgs=[pack(signed)]))
    assert is_relaying(nested)
    assert find_relay_signer(nested) == "g"


def test_transactions_that_have_nothing_to_do_with_ibc() -> None:
    for other in (sign(authz.MsgRevoke(granter="g")), sign(), b"\xff", b""):
        assert not is_relaying(other)
        assert find_relay_signer(other) == ""
    broken = AnyMessage(type_url="/ibc.core.channel.v1.MsgRecvPacket", value=b"\xff")
    worse = AnyMessage(type_url="/cosmos.authz.v1beta1.MsgExec", value=b"\xff")
    body = tx.TxBody(messages=[worse, broken]).SerializeToString()
    signed = tx.TxRaw(body_bytes=body).SerializeToString()
    assert is_relaying(signed)
    assert find_relay_signer(signed) == ""


def test_credits_by_message() -> None:
    def received(receiver: str, amount: str, *more: tuple[str, str]) -> Any:
        return ("coin_received", [("receiver", receiver), ("amount", amount), *more])

    assert find_coins_received([
        received("fees", "7upluri"),
        ("transfer", [("recipient", "a"), ("amount", "1upluri"), ("msg_index", "0")]),
        received("a", "3upluri,5ibc/AB/c", ("msg_index", "0")),
        received("b", f"{2**200}upluri", ("msg_index", "0")),
        received("c", "", ("msg_index", "0")),
        received("c", "x,1", ("msg_index", "0")),
        received("d", "9upluri", ("authz_msg_index", "1"), ("msg_index", "0")),
    ]) == {
        (0,): (CoinReceived("a", "upluri", 3), CoinReceived("a", "ibc/AB/c", 5),
               CoinReceived("b", "upluri", 2**200)),
        (0, 1): (CoinReceived("d", "upluri", 9),),
    }  # fmt: skip
