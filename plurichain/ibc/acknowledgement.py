"""What a destination answered to a packet, read without trust.

The envelope of ICS-4: one JSON object with either "result" (base64) or "error". Source:
ibc-go modules/core/04-channel/types/acknowledgement.go.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from plurichain.ibc.app_json import DataFault, read_json_object
from plurichain.ibc.commitments import UNIVERSAL_ERROR_ACKNOWLEDGEMENT


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """A success with ``result``, or a failure with the text ``error``, never both."""

    is_success: bool
    result: bytes = b""
    error: str = ""


def parse_acknowledgement(data: bytes) -> Acknowledgement | None:
    """Return what an acknowledgement says, or None if it is of no known form. Raises nothing.

    An application may answer in a form of its own, so None is not an error.
    """
    if data == UNIVERSAL_ERROR_ACKNOWLEDGEMENT:
        return Acknowledgement(is_success=False, error="universal error acknowledgement")
    content = read_json_object(data)
    if isinstance(content, DataFault) or len(content) != 1:
        return None
    ((key, value),) = content.items()
    if not (isinstance(value, str) and value.strip()):
        return None
    if key == "error":
        return Acknowledgement(is_success=False, error=value)
    if key != "result":
        return None
    try:
        return Acknowledgement(is_success=True, result=base64.b64decode(value, validate=True))
    except (binascii.Error, ValueError):
        return None
