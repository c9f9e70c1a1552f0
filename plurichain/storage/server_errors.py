"""What PostgreSQL's errors are for a user; none tells what stood in a URL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from plurichain.errors import DiskFull, LockedError, ServerUnreachable, StorageError

if TYPE_CHECKING:
    import psycopg

_LOCKED: Final = frozenset({"55P03", "40P01", "40001"})
_FULL: Final = frozenset({"53100", "53400"})
# Classes: connection, operator's intervention, too many connections, the system itself.
_AWAY: Final = ("08", "57P", "53300")
_UNREACHABLE: Final = "see that the server runs; what was read so far is kept there"
# What does not pass by itself; a server that starts, ends, recovers or is full says much else.
_LASTING: Final = ("does not exist", "authentication", "pg_hba.conf", "permi", "certificate")
_LONGEST: Final = 200


def is_lost(connection: psycopg.Connection[Any]) -> bool:
    """Tell whether a connection serves no more."""
    return connection.closed or connection.broken


def make_connect_error(
    place: str, error: psycopg.Error, parameters: Mapping[str, Any]
) -> StorageError:
    """Return what a failure to connect is for its user: ServerUnreachable if it may pass."""
    told = _clean(str(error), parameters)
    _, is_fatal, refusal = told.partition("FATAL: ")
    if is_fatal and any(word in refusal for word in _LASTING):
        return StorageError(
            f"{place} refuses: {refusal.strip()}",
            remedy="see the URL, the account's rights, and PGPASSWORD or ~/.pgpass",
        )
    return ServerUnreachable(f"{place} cannot be reached: {told}", remedy=_UNREACHABLE)


def make_use_error(
    place: str, error: Exception, connection: psycopg.Connection[Any]
) -> StorageError:
    """Return what a failed statement is for its user."""
    import psycopg

    state = str(getattr(error, "sqlstate", None) or "")
    # Without a state it is not the server that says so, but who cannot talk to it any more.
    is_cut = isinstance(error, psycopg.OperationalError) and not state
    if is_lost(connection) or is_cut or state.startswith(_AWAY):
        return ServerUnreachable(f"{place}: the connection was lost", remedy=_UNREACHABLE)
    if state in _LOCKED:
        return LockedError(
            f"another process has been writing to {place} for too long",
            remedy="wait for the other plurichain command to end, then try again",
        )
    diagnosis = getattr(error, "diag", None)
    told = _clean(getattr(diagnosis, "message_primary", None) or type(error).__name__, {})
    if state in _FULL:
        return DiskFull(f"{place}: {told}", remedy="free some space on the server")
    return StorageError(
        f"{place}: {told}", remedy="see the server's log, and what the account may do there"
    )


def _clean(text: str, parameters: Mapping[str, Any]) -> str:
    """Return the first line, printable, without anything that is secret."""
    line = next(iter(text.strip().splitlines()), "")
    for name, value in parameters.items():
        if "password" in name and value:
            line = line.replace(str(value), "…")
    shown = "".join(char for char in line if char.isprintable())
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"
