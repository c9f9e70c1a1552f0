"""The bank denom of a credit: `wh.`, when its interval begins, `.`, the hash of its attributes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from plurichain.energy.attributes import Attributes, compute_attributes_hash
from plurichain.energy.moments import format_stamp, parse_stamp
from plurichain.errors import EnergyError
from plurichain.units import quote_value

PREFIX: Final = "wh."
_DENOM: Final = re.compile(r"wh\.([0-9]{8}T[0-9]{4})\.([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class CreditDenom:
    """What a credit's denom says: Unix seconds and 32 bytes."""

    interval_start: int
    attributes_hash: bytes


def compute_credit_denom(attributes: Attributes) -> str:
    """Return the denom, on the origin chain, of a credit. Raises EnergyError."""
    digest = compute_attributes_hash(attributes).hex()
    return f"{PREFIX}{format_stamp(attributes.interval_start)}.{digest}"


def is_credit_denom(text: str) -> bool:
    """Tell whether a denom has the form of a credit's."""
    match = _DENOM.fullmatch(text)
    return match is not None and parse_stamp(match[1]) is not None


def parse_credit_denom(text: str, *, field: str = "denom") -> CreditDenom:
    """Return what a credit's denom says. Raises EnergyError if it is none."""
    match = _DENOM.fullmatch(text)
    start = parse_stamp(match[1]) if match else None
    if match is None or start is None:
        raise EnergyError(
            f"{field}: {quote_value(text)} is not an energy credit",
            remedy="a credit is called wh.YYYYMMDDTHHMM.<64 hex digits>",
        )
    return CreditDenom(start, bytes.fromhex(match[2]))


def validate_attributes_of(attributes: Attributes, denom: str) -> None:
    """Raise EnergyError unless ``attributes`` hash to ``denom``, a credit on its origin chain."""
    computed = compute_credit_denom(attributes)
    if computed != denom:
        raise EnergyError(
            f"attributes: they are those of {computed}, not of {denom}",
            remedy="take the attributes from `plurichain energy credit show` on the origin chain",
        )
