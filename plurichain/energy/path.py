"""The way a voucher came: hops `port/channel`, nearest first, joined with slashes."""

from __future__ import annotations

import re
from typing import Final

from plurichain.errors import EnergyError
from plurichain.units import quote_value

HOPS_MAX: Final = 8
_PORT: Final = re.compile(r"[a-zA-Z0-9._+\-#\[\]<>]{2,128}")
_CHANNEL: Final = re.compile(r"[a-zA-Z0-9._+\-#\[\]<>]{8,64}")


def validate_path(path: str, *, field: str = "path") -> None:
    """Raise EnergyError unless ``path`` is 1 to 8 hops of valid IBC identifiers (ICS 24)."""
    parts = path.split("/")
    if len(parts) % 2 or not 2 <= len(parts) <= 2 * HOPS_MAX:
        raise EnergyError(
            f"{field}: {quote_value(path)} is not 1 to {HOPS_MAX} hops port/channel",
            remedy="write it as transfer/channel-0, more hops appended with a slash",
        )
    for kind, pattern, names in (("port", _PORT, parts[::2]), ("channel", _CHANNEL, parts[1::2])):
        for name in names:
            if pattern.fullmatch(name) is None:
                raise EnergyError(f"{field}: {quote_value(name)} is not the name of a {kind}")
