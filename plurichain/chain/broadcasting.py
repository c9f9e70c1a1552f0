"""A node's answer to signed bytes, read without the trust that its texts are text.

Some refusals of the SDK, such as those of feegrant, hold raw bytes in ``raw_log``, a
string field: generated protobuf code refuses to decode those answers altogether.
"""

from __future__ import annotations

from plurichain.encoding.protobuf import BYTES, VARINT, read_message
from plurichain.errors import BadReply, EncodingError

BROADCAST_PATH = "/cosmos.tx.v1beta1.Service/BroadcastTx"
_TX_RESPONSE = 1
_CODESPACE, _CODE, _RAW_LOG = 3, 4, 6


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
