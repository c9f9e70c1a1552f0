"""Openings at rest: on disk before their commitment leaves the machine."""

from plurichain.vault.opening import Opening, SealedBid
from plurichain.vault.opening_file import (
    RelayedOpening,
    format_opening_file,
    parse_opening_file,
)
from plurichain.vault.vault import Vault

__all__ = [
    "Opening",
    "RelayedOpening",
    "SealedBid",
    "Vault",
    "format_opening_file",
    "parse_opening_file",
]
