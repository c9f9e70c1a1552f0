"""Which packets are carried: channels that are allowed, and transfers that are not too long.

Hostile senders fill relayers with long memos at no cost to themselves; what is too long is
left to somebody else. Patterns are shell patterns on "port/channel" of the end that is
nearer to the rule: a pattern that fits either end of a channel fits the channel.
"""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plurichain.errors import InputError
from plurichain.ibc.app_json import DataFault
from plurichain.ibc.transfer import (
    DEFAULT_LIMITS,
    TransferLimits,
    find_excess,
    parse_transfer_data,
)

if TYPE_CHECKING:
    from plurichain.ibc.packet import Packet
    from plurichain.relayer.work import Route

TRANSFER_PORT = "transfer"


@dataclass(frozen=True, slots=True)
class PacketFilter:
    """What a relayer carries.

    Without ``allow`` every channel is allowed; ``deny`` goes before it. ``limits`` are on
    memo and receiver of token transfers.
    """

    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    limits: TransferLimits = DEFAULT_LIMITS

    def __post_init__(self) -> None:
        for field, patterns in (("allow", self.allow), ("deny", self.deny)):
            for pattern in patterns:
                if pattern.count("/") != 1 or not all(pattern.split("/")):
                    raise InputError(
                        f"{field}: {pattern!r} is not PORT/CHANNEL",
                        remedy="write it like transfer/channel-0 or transfer/*",
                    )

    def is_allowed(self, route: Route) -> bool:
        """Tell whether packets of a channel are carried."""
        names = [str(route.source), str(route.host)]
        if any(fnmatch.fnmatchcase(name, each) for each in self.deny for name in names):
            return False
        if not self.allow:
            return True
        return any(fnmatch.fnmatchcase(name, each) for each in self.allow for name in names)

    def find_fault(self, packet: Packet) -> str:
        """Return why a packet is not carried, "" if it is.

        Only transfers are looked into. What cannot be read as one is carried: its chain
        answers with an error, and the sender has the money back.
        """
        if packet.source_port != TRANSFER_PORT:
            return ""
        # No field is longer than all of the data; parsing costs more than comparing.
        if len(packet.data) <= min(self.limits.max_memo_bytes, self.limits.max_receiver_bytes):
            return ""
        transfer = parse_transfer_data(packet.data)
        if isinstance(transfer, DataFault):
            return ""
        excess = find_excess(transfer, self.limits)
        return "" if excess is None else excess.value
