"""What ports and channels may be called: ICS-24, as ibc-go's 24-host validators judge it."""

from __future__ import annotations

import re
from typing import Final

from plurichain.errors import InputError
from plurichain.ibc.channel import TRANSFER_PORT
from plurichain.units import quote_value

_CHARACTERS: Final = r"[a-zA-Z0-9._+\-#\[\]<>]"
PORT_NAME: Final = re.compile(_CHARACTERS + "{2,128}")
CHANNEL_NAME: Final = re.compile(_CHARACTERS + "{8,64}")
_RULE: Final = "of letters, digits and . _ + - # [ ] < >"


def parse_end_name(text: str, *, port: str | None, field: str = "CHANNEL") -> tuple[str, str]:
    """Return port and channel that "[PORT/]CHANNEL" and a port beside it (None: none) name.

    Raises InputError for what no chain calls so, and for two ports that differ.
    """
    written, slash, channel = text.rpartition("/")
    if not slash:
        written = TRANSFER_PORT if port is None else port
    elif port not in {None, written}:
        raise InputError(
            f"{field}: {quote_value(text)} names the port {quote_value(written)}, and --port "
            f"{quote_value(port)}",
            remedy="name the port once",
        )
    if not CHANNEL_NAME.fullmatch(channel):
        raise InputError(
            f"{field}: {quote_value(text)} is not the name of a channel: 8 to 64 {_RULE}",
            remedy="write it like channel-0, or transfer/channel-0; `plurichain ibc channels` "
            "lists them",
        )
    return validate_port_name(written), channel


def validate_port_name(port: str, *, field: str = "--port") -> str:
    """Return the name of a port. Raises InputError for what no chain calls so."""
    if not PORT_NAME.fullmatch(port):
        raise InputError(
            f"{field}: {quote_value(port)} is not the name of a port: 2 to 128 {_RULE}",
            remedy="write it like transfer; `plurichain ibc channels` lists those in use",
        )
    return port
