"""Labels of metrics: few, short, and safe, whatever names chains give.

Anybody may open channels and clients under any counterparty's name, and send packets with
any text; a monitoring system keeps every label value that it ever saw. So no text of a
packet is ever a label, names are escaped, and beyond the limits here all is one "other".
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from plurichain.errors import InputError, UsageError
from plurichain.identifiers import Address

OTHER: Final = "other"
UNKNOWN: Final = "unknown"
MOST_CHAINS: Final = 20
MOST_CHANNELS: Final = 100
MOST_CLIENTS: Final = 100
MOST_WALLETS: Final = 100
MOST_RELAYERS: Final = 12
MOST_SERIES: Final = 2_000
"""No metric has more series than this."""
LONGEST: Final = 100

_PLAIN: Final = re.compile(r"[A-Za-z0-9._+\-#<>\[\]]{1,100}")
_NAME: Final = re.compile(r"[A-Za-z0-9._\-]{1,32}")


def make_label(text: str | None) -> str:
    """Return a name of a chain as a label: printable ASCII, at most ``LONGEST`` characters.

    Different names stay different; those that were escaped hold a backslash, which no plain
    name does. None and nothing are ``UNKNOWN``.
    """
    if not text:
        return UNKNOWN
    if text in {OTHER, UNKNOWN}:
        return f"\\{text}"
    if _PLAIN.fullmatch(text):
        return text
    escaped = text.encode("unicode_escape", "surrogatepass").decode()
    if len(escaped) <= LONGEST and escaped != text:
        return escaped
    digest = hashlib.sha256(escaped.encode()).hexdigest()[:16]
    return f"{escaped[: LONGEST - 20]}\\...{digest}"


@dataclass(frozen=True, slots=True)
class RelayerNames:
    """Names of the signers that are shown by name, by the bytes of their address.

    One key has an address on every chain; its bech32 prefix does not matter.
    """

    names: dict[bytes, str]

    @classmethod
    def parse(cls, texts: Iterable[str], *, field: str = "--relayer") -> Self:
        """Return the names of ``NAME=ADDRESS`` each; a name may have several addresses.

        Raises UsageError, InputError that name the text and the rule.
        """
        names: dict[bytes, str] = {}
        for text in texts:
            name, separator, address = text.partition("=")
            if not separator or not _NAME.fullmatch(name):
                raise UsageError(
                    f"{field}: {make_label(text)!r} is not NAME=ADDRESS",
                    remedy="a name is 1 to 32 letters, digits, dots, hyphens and underscores",
                )
            if name in {OTHER, UNKNOWN}:
                raise UsageError(f"{field}: the name {name!r} is taken: signers without a name")
            raw = Address.parse(address, field=field).raw
            if names.setdefault(raw, name) != name:
                raise UsageError(f"{field}: {address} is both {names[raw]!r} and {name!r}")
        if len(set(names.values())) > MOST_RELAYERS:
            raise UsageError(f"{field}: more than {MOST_RELAYERS} names")
        return cls(names)

    def find(self, signer: str) -> str:
        """Return the label of a signer, as a chain names it."""
        if not signer:
            return UNKNOWN
        return self.names.get(_read_address(signer), OTHER) if self.names else OTHER


@functools.lru_cache(maxsize=10_000)
def _read_address(text: str) -> bytes:
    """Return the bytes of an address, nothing of what is none. Each snapshot asks for all."""
    try:
        return Address.parse(text).raw
    except InputError:
        return b""


NO_NAMES: Final = RelayerNames({})
