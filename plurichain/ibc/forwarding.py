"""Transfers that go on over further channels: the memo that asks the chains between for it.

A chain between receives the coins on an address that is made of the channel and the sender, to
which nobody has a key, sends them on in the same transaction, and answers the first packet when
the second one has ended. If that one is refused or times out, the coins go back the way they
came. Sources: ibc-apps middleware/packet-forward-middleware v10.1.0, types/forward.go and
ibc_middleware.go.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from plurichain.errors import InputError
from plurichain.ibc.app_json import DataFault, read_json_object
from plurichain.ibc.end_names import CHANNEL_NAME, PORT_NAME
from plurichain.ibc.transfer import MAX_MEMO_BYTES, MAX_RECEIVER_BYTES
from plurichain.units import quote_value

NO_RECEIVER: Final = "pfm"
"""What stands for the receiver on a chain between. It is nobody's address: a chain that does
not forward refuses it, so that the coins come back and are not paid to anybody there."""
MAX_FORWARDS: Final = 4
"""More chains in between are refused here: each has to be carried to, and can hold all up."""
MAX_RETRIES: Final = 255
MAX_TIMEOUT_NS: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Forward:
    """One channel more: ``channel`` is an end on the chain that sends on over it.

    ``receiver`` is an address of the chain that it leads to, or NO_RECEIVER if the transfer
    goes on from there too. Raises InputError.
    """

    channel: str
    receiver: str
    port: str = "transfer"

    def __post_init__(self) -> None:
        """Refuse what the chain between would refuse."""
        for name, value, pattern in (
            ("port", self.port, PORT_NAME),
            ("channel", self.channel, CHANNEL_NAME),
        ):
            if not pattern.fullmatch(value):
                raise InputError(f"forward: {name} {quote_value(value)} is no name of IBC")
        if not self.receiver.strip():
            raise InputError("forward: the receiver is empty")
        if len(self.receiver.encode(errors="replace")) > MAX_RECEIVER_BYTES:
            raise InputError(f"forward: the receiver has more than {MAX_RECEIVER_BYTES} bytes")

    @classmethod
    def parse(cls, text: str, *, field: str = "forward") -> Self:
        """Return the forward that "[PORT/]CHANNEL:RECEIVER" writes. Raises InputError."""
        end, colon, receiver = text.partition(":")
        port, slash, channel = end.rpartition("/")
        if not colon or not receiver:
            raise InputError(
                f"{field}: {quote_value(text)} is not CHANNEL:RECEIVER",
                remedy="name a channel of the chain between and who receives at its other end, "
                "such as channel-1:pluri1…",
            )
        return cls(channel, receiver, port) if slash else cls(channel, receiver)

    def __str__(self) -> str:
        return f"{self.port}/{self.channel}"


def encode_forward_memo(
    forwards: Sequence[Forward], *, timeout_ns: int, retries: int = 0, memo: str = ""
) -> str:
    """Return the memo of a transfer that goes on over ``forwards``, in their order.

    Each packet on the way times out ``timeout_ns`` after it is sent and is then sent again up
    to ``retries`` times; both are written out, since chains differ in what they take for
    granted. ``memo`` is that of the last packet: a JSON object, or nothing, since the
    middleware passes on no other text. Raises InputError.
    """
    _validate(forwards, timeout_ns, retries)
    _validate_memo(memo)
    text = memo  # as it is written: no number is rounded on its way through here
    for forward in reversed(forwards):
        fields = {
            "receiver": forward.receiver,
            "port": forward.port,
            "channel": forward.channel,
            # As text: a number would be read as a floating-point one.
            "timeout": f"{timeout_ns}ns",
            "retries": retries,
        }
        written = json.dumps(fields, separators=(",", ":"))
        following = f',"next":{text}' if text else ""
        text = f'{{"forward":{written[:-1]}{following}}}}}'
    if len(text.encode()) > MAX_MEMO_BYTES:
        raise InputError(f"memo: {len(text.encode())} bytes are more than {MAX_MEMO_BYTES}")
    return text


def _validate_memo(memo: str) -> None:
    try:
        is_object = not memo or not isinstance(read_json_object(memo.encode()), DataFault)
    except UnicodeEncodeError:
        is_object = False
    if not is_object:
        raise InputError(
            f"memo: {quote_value(memo)} is not a JSON object",
            remedy="forwarded transfers carry only a JSON object to the last chain",
        )


def _validate(forwards: Sequence[Forward], timeout_ns: int, retries: int) -> None:
    if not 1 <= len(forwards) <= MAX_FORWARDS:
        raise InputError(f"forward: {len(forwards)} hops are not 1 to {MAX_FORWARDS}")
    if forwards[-1].receiver == NO_RECEIVER:
        raise InputError(
            f"forward: the last receiver is {NO_RECEIVER!r}, which is nobody",
            remedy="name an address on the chain where the transfer ends",
        )
    if not 1 <= timeout_ns <= MAX_TIMEOUT_NS:
        raise InputError(
            f"time-out: {timeout_ns} ns are not 1 to {MAX_TIMEOUT_NS}",
            remedy="a forwarded packet needs a time-out by time",
        )
    if not 0 <= retries <= MAX_RETRIES:
        raise InputError(f"retries: {retries} is not 0 to {MAX_RETRIES}")
