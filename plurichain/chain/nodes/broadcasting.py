"""A node's answer to signed bytes, read without the trust that its texts are text.

Some refusals of the SDK, such as those of feegrant, hold raw bytes in ``raw_log``, a
string field: generated protobuf code refuses to decode those answers altogether.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from plurichain.encoding.protobuf import BYTES, VARINT, read_message
from plurichain.errors import BadReply, EncodingError

if TYPE_CHECKING:
    from plurichain.chain.nodes.rpc import RpcClient

BROADCAST_PATH = "/cosmos.tx.v1beta1.Service/BroadcastTx"
_TX_RESPONSE = 1
_CODESPACE, _CODE, _RAW_LOG = 3, 4, 6

# What CometBFT says before the chain is asked, as the SDK's gRPC service numbers it.
_MEMPOOL_CODES = (
    ("tx already exists in cache", 19),
    ("mempool is full", 20),
    ("Tx too large", 21),
)


def decode_broadcast(reply: bytes, address: str) -> tuple[int, str, str]:
    """Return CheckTx's (code, codespace, log) in a BroadcastTxResponse.

    Bytes of a text that are not UTF-8 come out as U+FFFD. Raises BadReply.
    """
    try:
        (outer,) = (field for field in read_message(reply) if field.number == _TX_RESPONSE)
        fields = {field.number: field for field in read_message(outer.as_bytes())}
        texts = [
            fields[number].as_bytes().decode(errors="replace")
            if number in fields and fields[number].wire == BYTES
            else ""
            for number in (_CODESPACE, _RAW_LOG)
        ]
        code = fields.get(_CODE)
        number = code.as_uint() if code is not None and code.wire == VARINT else 0
    except (EncodingError, ValueError) as error:
        raise BadReply(f"{address}: the answer to a transaction cannot be read") from error
    return number, texts[0], texts[1]


def broadcast_all(rpc: RpcClient, txs: Sequence[bytes]) -> list[tuple[int, str, str]]:
    """Hand signed bytes to a node in one request; returns what ``decode_broadcast`` does.

    They may be at most ``rpc.MOST_CALLS``. Raises BadReply, NodeError; then it is not known
    which of them the node has taken.
    """
    encoded = [{"tx": base64.b64encode(tx).decode()} for tx in txs]
    return [
        _read_answer(result, error, rpc.url)
        for result, error in rpc.call_all("broadcast_tx_sync", encoded)
    ]


def _read_answer(result: dict[str, Any], error: str, url: str) -> tuple[int, str, str]:
    if error:
        for text, number in _MEMPOOL_CODES:
            if text in error:
                return number, "sdk", error
        raise BadReply(f"{url}: the answer to a transaction is neither taken nor refused: {error}")
    code, codespace, log = (result.get(name) for name in ("code", "codespace", "log"))
    if not (isinstance(code, int) and isinstance(codespace, str) and isinstance(log, str)):
        raise BadReply(f"{url}: the answer to a transaction cannot be read")
    return code, codespace, log
