"""Signed transactions taken apart, as anybody who reads a block can.

Every field of every message that is known to this program is turned into plain values:
bytes into lower-case hex, nested messages into mappings, in the order of their numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.message import DecodeError, Message

from plurichain.chain import protos
from plurichain.chain.convert import read_coins, read_timestamp
from plurichain.chain.pb.plurichain.auction.v1 import tx_pb2 as _auction_tx  # noqa: F401 - known types
from plurichain.errors import BadReply
from plurichain.units import Coin

protos.load_all()
_TYPES: Any = descriptor_pool.Default()  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class DecodedMessage:
    """One message; ``fields`` is None for a type that this program does not know."""

    type_url: str
    fields: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class DecodedTx:
    """What a transaction says.

    ``timeout_ns`` is 0 where it has none. ``is_whole``: encoding again what was decoded
    gives the same bytes, so there is nothing in them that is not shown here.
    """

    messages: tuple[DecodedMessage, ...]
    memo: str
    is_unordered: bool
    timeout_ns: int
    gas_limit: int
    fee: tuple[Coin, ...]
    public_keys: tuple[str, ...]
    signatures: tuple[str, ...]
    is_whole: bool


def decode_tx(tx_bytes: bytes) -> DecodedTx:
    """Return what the signed bytes of a transaction say. Raises BadReply."""
    try:
        raw = protos.tx.TxRaw.FromString(tx_bytes)
        body = protos.tx.TxBody.FromString(raw.body_bytes)
        info = protos.tx.AuthInfo.FromString(raw.auth_info_bytes)
        messages = [_decode_any(item) for item in body.messages]
        keys = [_decode_any(signer.public_key) for signer in info.signer_infos]
    except DecodeError as error:
        raise BadReply("a transaction in a block that is not one") from error
    again = protos.tx.TxRaw(
        body_bytes=_encode_known(body),
        auth_info_bytes=_encode_known(info),
        signatures=raw.signatures,
    )
    return DecodedTx(
        messages=tuple(message for message, _ in messages),
        memo=body.memo,
        is_unordered=bool(body.unordered),
        timeout_ns=read_timestamp(body.timeout_timestamp),
        gas_limit=int(info.fee.gas_limit),
        fee=read_coins(info.fee.amount),
        public_keys=tuple(str((key.fields or {}).get("key", "")) for key, _ in keys),
        signatures=tuple(signature.hex() for signature in raw.signatures),
        is_whole=again.SerializeToString() == tx_bytes
        and all(is_whole for _, is_whole in (*messages, *keys)),
    )


def _decode_any(item: Any) -> tuple[DecodedMessage, bool]:
    """Return the message in an Any, and whether all of its bytes were understood."""
    name = item.type_url.rpartition("/")[2]
    try:
        descriptor = _TYPES.FindMessageTypeByName(name)
    except KeyError:
        return DecodedMessage(item.type_url, None), False
    message = message_factory.GetMessageClass(descriptor).FromString(item.value)
    return DecodedMessage(item.type_url, _read_fields(message)), _encode_known(
        message
    ) == item.value


def _encode_known(message: Message) -> bytes:
    """Return the bytes of the fields that this program knows."""
    known: Any = type(message)()
    known.CopyFrom(message)
    known.DiscardUnknownFields()
    return bytes(known.SerializeToString())


def _read_fields(message: Message) -> dict[str, Any]:
    return {
        field.name: [_read_value(item) for item in value]
        if field.label == field.LABEL_REPEATED
        else _read_value(value)
        for field, value in message.ListFields()
    }


def _read_value(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Message):
        return _read_fields(value)
    return value
