"""From messages to signed bytes: SIGN_MODE_DIRECT, up to seven signers.

What is signed is the SignDoc of the very body and auth info bytes that are sent
(TxRaw); the hash is the SHA-256 of those, so it is known before anything is sent.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plurichain.chain import protos
from plurichain.chain.convert import make_coin_messages, make_timestamp
from plurichain.errors import UsageError

if TYPE_CHECKING:
    from plurichain.chain.transactions.messages import Message
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
    messages: Sequence[Message],
    *,
    memo: str = "",
    timeout_ns: int | None = None,
    is_ordered: bool = False,
) -> bytes:
    """Return TxBody; with ``timeout_ns`` it ends there, and is unordered by default.

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
        body.unordered = not is_ordered
        body.timeout_timestamp.CopyFrom(make_timestamp(timeout_ns))
    return bytes(body.SerializeToString())


def build_auth_info(
    public_key: bytes,
    *,
    account_sequence: int,
    fee: Sequence[Coin],
    gas_limit: int,
    cosigners: Sequence[tuple[bytes, int]] = (),
    fee_payer: str = "",
    fee_granter: str = "",
) -> bytes:
    """Return AuthInfo; ``cosigners`` are further (public key, sequence), in order.

    An unordered transaction has sequence 0 for each. The first signer pays the fee,
    unless ``fee_payer`` is another signer, or ``fee_granter`` allowed it.
    """
    signers = [
        protos.tx.SignerInfo(
            public_key=protos.any_message.Any(
                type_url=_PUBLIC_KEY_TYPE, value=_encode_public_key(key)
            ),
            mode_info=_make_direct(),
            sequence=sequence,
        )
        for key, sequence in ((public_key, account_sequence), *cosigners)
    ]
    fee_message = protos.tx.Fee(
        amount=make_coin_messages(fee), gas_limit=gas_limit, payer=fee_payer, granter=fee_granter
    )
    info = protos.tx.AuthInfo(signer_infos=signers, fee=fee_message)
    return bytes(info.SerializeToString())


@functools.cache
def _make_direct() -> Any:
    single = protos.tx.ModeInfo.Single(mode=protos.tx_signing.SIGN_MODE_DIRECT)
    return protos.tx.ModeInfo(single=single)


@functools.lru_cache(maxsize=1024)
def _encode_public_key(key: bytes) -> bytes:
    return bytes(protos.secp256k1.PubKey(key=key).SerializeToString())


def sign_tx(
    key: Key,
    *,
    body: bytes,
    auth_info: bytes,
    chain_id: str,
    account_number: int,
    cosigners: Sequence[tuple[Key, int]] = (),
) -> SignedTx:
    """Return the signed transaction; ``cosigners`` are further (key, account number).

    Everybody signs the same body and auth info, in the order of its signers. Same
    input, same bytes.
    """
    signatures = []
    for signer, number in ((key, account_number), *cosigners):
        document = protos.tx.SignDoc(
            body_bytes=body,
            auth_info_bytes=auth_info,
            chain_id=chain_id,
            account_number=number,
        )
        signatures.append(signer.sign(document.SerializeToString()))
    return _join(body, auth_info, signatures)


def build_probe(*, body: bytes, auth_info: bytes, signer_count: int = 1) -> bytes:
    """Return a transaction of the right size for simulation, with signatures of zeros."""
    return _join(body, auth_info, [bytes(64)] * signer_count).tx_bytes


def _join(body: bytes, auth_info: bytes, signatures: Sequence[bytes]) -> SignedTx:
    raw = protos.tx.TxRaw(body_bytes=body, auth_info_bytes=auth_info, signatures=signatures)
    tx_bytes = bytes(raw.SerializeToString())
    return SignedTx(tx_bytes, compute_tx_hash(tx_bytes))
