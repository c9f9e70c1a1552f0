"""From messages to signed bytes: SIGN_MODE_DIRECT, one signer.

What is signed is the SignDoc of the very body and auth info bytes that are sent
(TxRaw); the hash is the SHA-256 of those, so it is known before anything is sent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plurichain.chain import protos
from plurichain.chain.convert import make_coin_messages, make_timestamp
from plurichain.errors import UsageError

if TYPE_CHECKING:
    from plurichain.chain.messages import Message
    from plurichain.keyring import Key
    from plurichain.units import Coin

MAX_MEMO_CHARACTERS = 256
_PUBLIC_KEY_TYPE = "/cosmos.crypto.secp256k1.PubKey"


@dataclass(frozen=True, slots=True)
class SignedTx:
    """Signed bytes and their hash (upper-case hex)."""

    tx_bytes: bytes
    tx_hash: str


def compute_tx_hash(tx_bytes: bytes) -> str:
    """Return the hash that the chain knows ``tx_bytes`` by."""
    return hashlib.sha256(tx_bytes).hexdigest().upper()


def build_body(
    messages: Sequence[Message], *, memo: str = "", timeout_ns: int | None = None
) -> bytes:
    """Return TxBody; with ``timeout_ns`` the transaction is unordered and ends there.

    Raises UsageError for no message or a memo of more than 256 characters.
    """
    if not messages:
        raise UsageError("a transaction needs at least one message")
    if len(memo) > MAX_MEMO_CHARACTERS:
        raise UsageError(f"memo: {len(memo)} characters are more than {MAX_MEMO_CHARACTERS}")
    body = protos.tx.TxBody(
        messages=[
            protos.any_message.Any(type_url=message.type_url, value=message.value)
            for message in messages
        ],
        memo=memo,
    )
    if timeout_ns is not None:
        body.unordered = True
        body.timeout_timestamp.CopyFrom(make_timestamp(timeout_ns))
    return bytes(body.SerializeToString())


def build_auth_info(
    public_key: bytes, *, account_sequence: int, fee: Sequence[Coin], gas_limit: int
) -> bytes:
    """Return AuthInfo of one signer; an unordered transaction has sequence 0."""
    key = protos.secp256k1.PubKey(key=public_key)
    single = protos.tx.ModeInfo.Single(mode=protos.tx_signing.SIGN_MODE_DIRECT)
    signer = protos.tx.SignerInfo(
        public_key=protos.any_message.Any(type_url=_PUBLIC_KEY_TYPE, value=key.SerializeToString()),
        mode_info=protos.tx.ModeInfo(single=single),
        sequence=account_sequence,
    )
    fee_message = protos.tx.Fee(amount=make_coin_messages(fee), gas_limit=gas_limit)
    info = protos.tx.AuthInfo(signer_infos=[signer], fee=fee_message)
    return bytes(info.SerializeToString())


def sign_tx(
    key: Key, *, body: bytes, auth_info: bytes, chain_id: str, account_number: int
) -> SignedTx:
    """Return the signed transaction. Same input, same bytes."""
    document = protos.tx.SignDoc(
        body_bytes=body,
        auth_info_bytes=auth_info,
        chain_id=chain_id,
        account_number=account_number,
    )
    return _join(body, auth_info, key.sign(document.SerializeToString()))


def build_probe(*, body: bytes, auth_info: bytes) -> bytes:
    """Return a transaction of the right size for simulation, with a signature of zeros."""
    return _join(body, auth_info, bytes(64)).tx_bytes


def _join(body: bytes, auth_info: bytes, signature: bytes) -> SignedTx:
    raw = protos.tx.TxRaw(body_bytes=body, auth_info_bytes=auth_info, signatures=[signature])
    tx_bytes = bytes(raw.SerializeToString())
    return SignedTx(tx_bytes, compute_tx_hash(tx_bytes))
