"""What the messages of a transaction came to, from the data of its result.

A chain answers each message with one response (TxMsgData.msg_responses, of SDK 0.46 and
later); those of packets say whether the message was the one that did it or came after
another. A message of authz holds the responses of others, without their types. Sources:
cosmos-sdk proto/cosmos/base/abci/v1beta1/abci.proto, proto/cosmos/authz/v1beta1/tx.proto;
ibc-go proto/ibc/core/channel/{v1,v2}/tx.proto (ResponseResultType).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from plurichain.encoding.message import Message
from plurichain.errors import EncodingError
from plurichain.ibc.event_types import MessagePath, PacketEventKind
from plurichain.ibc.packet_story import Fault, State, Step

EXEC_RESPONSE: Final = "/cosmos.authz.v1beta1.MsgExecResponse"
_CLASSIC, _V2 = "/ibc.core.channel.v1", "/ibc.core.channel.v2"
PACKET_RESPONSES: Final = {
    f"{_CLASSIC}.MsgRecvPacketResponse": PacketEventKind.RECV,
    f"{_CLASSIC}.MsgAcknowledgementResponse": PacketEventKind.ACKNOWLEDGE,
    f"{_CLASSIC}.MsgTimeoutResponse": PacketEventKind.TIMEOUT,
    f"{_CLASSIC}.MsgTimeoutOnCloseResponse": PacketEventKind.TIMEOUT,
    f"{_V2}.MsgRecvPacketResponse": PacketEventKind.RECV,
    f"{_V2}.MsgAcknowledgementResponse": PacketEventKind.ACKNOWLEDGE,
    f"{_V2}.MsgTimeoutResponse": PacketEventKind.TIMEOUT,
}
"""The responses that say what bringing a packet came to, by their types."""
_DEEPEST: Final = 8


class MessageResult(StrEnum):
    """What a message about a packet came to."""

    SUCCESS = "success"
    """It did what it says."""
    NOOP = "noop"
    """Another had done it before."""
    FAILURE = "failure"
    """It was carried out, and the application refused."""


_RESULTS: Final = {1: MessageResult.NOOP, 2: MessageResult.SUCCESS, 3: MessageResult.FAILURE}


@dataclass(frozen=True, slots=True)
class Response:
    """The answer to one message; the type is None where the chain does not say it (authz)."""

    type_url: str | None
    value: bytes


def read_responses(data: bytes) -> dict[MessagePath, Response]:
    """Return the response to each message of a transaction by its path, nested ones too.

    Raises nothing: of bytes that are not TxMsgData nothing is told.
    """
    found: dict[MessagePath, Response] = {}
    try:
        answers = Message.read(data).list_messages(2)
        for number, answer in enumerate(answers):
            response = Response(answer.get_text(1), answer.get_bytes(2))
            found[number,] = response
            if response.type_url == EXEC_RESPONSE:
                found.update(_read_nested((number,), response.value))
    except EncodingError:
        return {}
    return found


def _read_nested(path: MessagePath, value: bytes) -> Iterator[tuple[MessagePath, Response]]:
    """Yield what an answer of authz holds; where an inner one may be such an answer too, its too.

    The inner ones do not say their types. Who asks for the path of one within another knows
    from elsewhere that it is there.
    """
    if len(path) > _DEEPEST:
        return
    try:
        values = Message.read(value).list_bytes(1)
    except EncodingError:
        return
    for number, inner in enumerate(values):
        yield (*path, number), Response(None, inner)
        yield from _read_nested((*path, number), inner)


def find_result(
    responses: dict[MessagePath, Response], path: MessagePath, kind: PacketEventKind
) -> MessageResult | None:
    """Return what the message at ``path`` came to, known to have brought ``kind`` of a packet.

    None if the chain does not say. Raises nothing.
    """
    response = responses.get(path)
    if response is None:
        return None
    if response.type_url is not None and PACKET_RESPONSES.get(response.type_url) is not kind:
        return None
    return _read_result(response.value)


def may_hold_noop(responses: dict[MessagePath, Response]) -> bool:
    """Tell whether a message may have come to nothing: then no event tells of its packet."""
    return any(
        _read_result(response.value) is MessageResult.NOOP
        for response in responses.values()
        if response.type_url is None or response.type_url in PACKET_RESPONSES
    )


def judge_step(before: State, step: Step[State], result: MessageResult | None) -> Step[State]:
    """Return ``step`` of the table as the message's own result tells it; None: not told.

    The result says who did it: a message that came to nothing changes nothing, one that took
    effect was the first. What contradicts the table is a fault.
    """
    if result is MessageResult.NOOP:
        # So a chain answers too about what it never sent, and nobody has to prove anything.
        return Step(before, is_repeat=True, fault=None if step.is_repeat else Fault.NOT_DONE)
    if result is not None and step.is_repeat:
        return Step(step.state, fault=step.fault or Fault.DONE_TWICE)
    return step


def format_path(path: MessagePath) -> str:
    """Return how a path is written: "3", and "3/0" for the first within it."""
    return "/".join(str(number) for number in path)


def _read_result(value: bytes) -> MessageResult | None:
    try:
        return _RESULTS.get(Message.read(value).get_uint(1))
    except EncodingError:
        return None
