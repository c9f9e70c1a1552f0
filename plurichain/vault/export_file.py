"""Openings as a file to keep elsewhere: lines of JSON, as encrypted as in the vault.

The first line is ``{"format": "plurichain vault", "version": 1}``; each further line is one
row with its public columns, the secret and the digest (bytes in hex). Only the key that
sealed an opening opens it, so that making and keeping an export needs no passphrase.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plurichain.errors import InputError, NewerFormatError
from plurichain.vault.codec import ENCRYPTED
from plurichain.vault.row import StoredRow

if TYPE_CHECKING:
    from collections.abc import Iterable

FORMAT = "plurichain vault"
VERSION = 1
_BYTES = ("bidder", "terms_hash", "bid_commitment", "secret", "digest")
_INTEGERS = ("auction_id", "attempt", "sealed_at_ns", "codec")


@dataclass(frozen=True, slots=True)
class ExportFile:
    """What an export holds; ``damaged`` are the numbers of lines that cannot be believed."""

    rows: tuple[StoredRow, ...]
    damaged: tuple[int, ...]


def format_export(rows: Iterable[StoredRow]) -> str:
    """Return the text of an export."""
    lines = [json.dumps({"format": FORMAT, "version": VERSION})]
    for row in rows:
        fields: dict[str, Any] = {"chain_id": row.chain_id}
        fields |= {name: getattr(row, name) for name in _INTEGERS}
        fields |= {name: getattr(row, name).hex() for name in _BYTES}
        lines.append(json.dumps(fields))
    return "\n".join(lines) + "\n"


def parse_export(text: str, *, source: str) -> ExportFile:
    """Read an export; a damaged line does not keep the others from being read.

    Raises InputError if it is no export, NewerFormatError for a later version.
    """
    head, *lines = text.splitlines() or [""]
    _validate_head(head, source)
    rows, damaged = [], []
    for number, line in enumerate(lines, start=2):
        row = _parse_row(line)
        if row is None:
            damaged.append(number)
        else:
            rows.append(row)
    return ExportFile(tuple(rows), tuple(damaged))


def _validate_head(line: str, source: str) -> None:
    try:
        head = json.loads(line)
    except (ValueError, RecursionError):
        head = None
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise InputError(f"{source}: not an export of a vault", remedy="`bid export` makes one")
    version = head.get("version")
    if type(version) is int and version > VERSION:
        raise NewerFormatError(
            f"{source}: an export of version {version}; this program knows version {VERSION}",
            remedy="update plurichain",
        )
    if version != VERSION:
        raise InputError(f"{source}: an export without a version")


def _parse_row(line: str) -> StoredRow | None:
    fields: dict[str, Any]
    values: dict[str, Any]
    try:
        fields = json.loads(line)
        values = {name: bytes.fromhex(fields[name]) for name in _BYTES}
        values |= {name: fields[name] for name in ("chain_id", *_INTEGERS)}
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if not isinstance(values["chain_id"], str):
        return None
    if any(type(values[name]) is not int for name in _INTEGERS):
        return None
    row = StoredRow(**values)
    return row if row.codec == ENCRYPTED and row.is_intact else None
