"""Names of tokens as they cross channels: paths, vouchers, escrow accounts.

Sources: ibc-go modules/apps/transfer/types/{denom,keys}.go, ADR-001, ICS-20.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Self

from plurichain.encoding.canonical import encode_text
from plurichain.units import U64_MAX

VOUCHER_PREFIX: Final = "ibc/"
_CHANNEL_ID: Final = re.compile(r"channel-([0-9]{1,20})")
# Go's \w is ASCII.
_CLIENT_ID: Final = re.compile(r"[A-Za-z0-9_]+(?:[A-Za-z0-9_-]+[A-Za-z0-9_])?-([0-9]{1,20})")
_LOCALHOST: Final = "09-localhost"


def is_channel_or_client_id(text: str) -> bool:
    """Tell whether ibc-go takes ``text`` for the second half of a hop."""
    match = _CHANNEL_ID.fullmatch(text) or _CLIENT_ID.fullmatch(text)
    return text == _LOCALHOST or (match is not None and int(match[1]) <= U64_MAX)


@dataclass(frozen=True, slots=True, order=True)
class Hop:
    """One channel end (or v2 client) that a token came in through, on the chain that has it."""

    port: str
    channel: str

    def __str__(self) -> str:
        return f"{self.port}/{self.channel}"


@dataclass(frozen=True, slots=True)
class DenomPath:
    """A token's base denom and the hops that it took, the newest first."""

    hops: tuple[Hop, ...]
    base: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the path of "port/channel-n/…/base".

        Pairs are taken as hops while the second is a channel's or client's id; the rest,
        slashes included, is the base. Every text is some path, as on the chain.
        """
        parts = text.split("/")
        taken = 0
        if len(parts) > 2:
            while taken + 1 < len(parts) and is_channel_or_client_id(parts[taken + 1]):
                taken += 2
        hops = tuple(Hop(parts[at], parts[at + 1]) for at in range(0, taken, 2))
        return cls(hops, "/".join(parts[taken:]))

    @property
    def is_native(self) -> bool:
        """Whether the token is at home on the chain that calls it so."""
        return not self.hops

    def __str__(self) -> str:
        return "/".join([*map(str, self.hops), self.base])


def voucher_denom(path: DenomPath) -> str:
    """Return the denom that a bank uses: ibc/HASH, or the base of a native token.

    Raises EncodingError if the path holds a lone surrogate.
    """
    if path.is_native:
        return path.base
    return VOUCHER_PREFIX + sha256(encode_text(str(path))).hexdigest().upper()


def is_returning(path: DenomPath, source_port: str, source_channel: str) -> bool:
    """Tell whether a packet over this source channel takes a token back where it came from.

    If so the sender burns vouchers and the receiver releases escrow; else the sender
    escrows and the receiver mints.
    """
    return path.hops[:1] == (Hop(source_port, source_channel),)


def compute_received_denom(
    path: DenomPath,
    *,
    source_port: str,
    source_channel: str,
    destination_port: str,
    destination_channel: str,
) -> DenomPath:
    """Return the path that a token has after a packet, on the destination chain.

    ``path`` is that in the packet, so on the source chain. A token that returns loses
    its first hop; any other gains the destination end as its first.
    """
    if is_returning(path, source_port, source_channel):
        return DenomPath(path.hops[1:], path.base)
    return DenomPath((Hop(destination_port, destination_channel), *path.hops), path.base)


def escrow_address(port: str, channel: str) -> bytes:
    """Return the 20 raw bytes of the account that holds what left over a channel end."""
    return sha256(b"ics20-1\x00" + f"{port}/{channel}".encode()).digest()[:20]
