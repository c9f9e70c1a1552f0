"""Where an exporter listens: HOST:PORT, an IPv6 address in brackets."""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from typing import Final, Self

from plurichain.errors import UsageError

_HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.\-]{0,251}[A-Za-z0-9])?")
_REMEDY: Final = (
    'write HOST:PORT, such as "127.0.0.1:9464" or "[::1]:9464"; port 0 takes a free one'
)


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """A host, by name or address, and a TCP port; port 0 is any free one."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str, *, field: str = "--listen") -> Self:
        """Return the address that a text writes. Raises UsageError that names field and rule."""
        host, separator, digits = text.rpartition(":")
        if not separator or not digits.isascii() or not digits.isdecimal():
            raise UsageError(f"{field}: {_quote(text)} is not HOST:PORT", remedy=_REMEDY)
        if len(digits) > 5 or int(digits) > 65_535:
            raise UsageError(f"{field}: port {digits[:20]} is not 0 to 65535", remedy=_REMEDY)
        if host.startswith("[") and host.endswith("]"):
            return cls(_parse_v6(host[1:-1], field), int(digits))
        if ":" in host:
            raise UsageError(
                f"{field}: {_quote(text)}: an IPv6 address stands in brackets", remedy=_REMEDY
            )
        if not _HOST.fullmatch(host):
            raise UsageError(f"{field}: {_quote(host)} is not a host", remedy=_REMEDY)
        return cls(host, int(digits))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def family(self) -> socket.AddressFamily:
        """The family of the socket; a name is looked up. Raises UsageError."""
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise UsageError(
                f"{self.host}: no such host: {getattr(error, 'strerror', error)}", remedy=_REMEDY
            ) from error
        families = [socket.AddressFamily(each[0]) for each in found]
        return socket.AF_INET if socket.AF_INET in families else families[0]


def _parse_v6(host: str, field: str) -> str:
    try:
        return str(ipaddress.IPv6Address(host))
    except ValueError as error:
        raise UsageError(f"{field}: {error}", remedy=_REMEDY) from error


def _quote(text: str) -> str:
    return ascii(text[:80])
