"""What a token transfer carries (ICS-20), read from bytes that nobody vouches for.

A packet's data comes from another chain. It may be anything: too long, not text, not
JSON. So reading it gives either a transfer or the reason why it is none, and raises
nothing. Sources: ibc-go modules/apps/transfer/types/{packet,msgs}.go.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from plurichain.encoding.canonical import encode_text
from plurichain.errors import InputError
from plurichain.ibc.app_json import DataFault, read_json_object
from plurichain.ibc.denom import DenomPath
from plurichain.units import parse_integer

MAX_MEMO_BYTES: Final = 32_768
MAX_RECEIVER_BYTES: Final = 2_048
AMOUNT_MAX: Final = 2**256 - 1
# In the order in which ibc-go writes them.
_KEYS: Final = ("denom", "amount", "sender", "receiver", "memo")
# What Go's json.Marshal escapes beyond the rules of JSON.
_GO_ESCAPES: Final = str.maketrans({char: f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"})


@dataclass(frozen=True, slots=True)
class TransferData:
    """A transfer: ``denom`` is the path of the token on the sending chain."""

    denom: str
    amount: int
    sender: str
    receiver: str
    memo: str = ""

    @property
    def path(self) -> DenomPath:
        """The path that ``denom`` writes."""
        return DenomPath.parse(self.denom)

    def encode(self) -> bytes:
        """Return the packet data as ibc-go writes it; raises EncodingError on a surrogate."""
        values = (self.denom, str(self.amount), self.sender, self.receiver, self.memo)
        fields = dict(zip(_KEYS, values, strict=True))
        if not self.memo:
            del fields["memo"]
        text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
        return encode_text(text.translate(_GO_ESCAPES))


def parse_transfer_data(data: bytes) -> TransferData | DataFault:
    """Return the transfer in a packet's data, or why there is none. Raises nothing.

    Keys in any order; unknown ones are ignored, as the receiving chain does. Stricter
    than it in what an honest sender never writes: other spellings of a key or of the
    amount, and keys that stand twice.
    """
    content = read_json_object(data)
    if isinstance(content, DataFault):
        return content
    if any(key not in content for key in _KEYS[:4]):
        return DataFault.MISSING_FIELD
    values = [content.get(key, "") for key in _KEYS]
    if not all(isinstance(value, str) for value in values):
        return DataFault.NOT_TEXT
    denom, amount_text, sender, receiver, memo = values
    try:
        amount = parse_integer(amount_text, field="amount", minimum=1, maximum=AMOUNT_MAX)
    except InputError:
        return DataFault.BAD_AMOUNT
    if not (denom.strip() and sender.strip() and receiver.strip()):
        return DataFault.BLANK_FIELD
    return TransferData(denom, amount, sender, receiver, memo)


@dataclass(frozen=True, slots=True)
class TransferLimits:
    """The longest memo and receiver, in bytes of UTF-8, that a relayer carries."""

    max_memo_bytes: int = MAX_MEMO_BYTES
    max_receiver_bytes: int = MAX_RECEIVER_BYTES


DEFAULT_LIMITS: Final = TransferLimits()


def find_excess(
    transfer: TransferData, limits: TransferLimits = DEFAULT_LIMITS
) -> DataFault | None:
    """Return which limit a transfer exceeds, or None."""
    if len(transfer.memo.encode()) > limits.max_memo_bytes:
        return DataFault.MEMO_TOO_LONG
    if len(transfer.receiver.encode()) > limits.max_receiver_bytes:
        return DataFault.RECEIVER_TOO_LONG
    return None
