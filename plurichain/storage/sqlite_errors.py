"""What SQLite's errors are for a user: damaged, locked, no room, or something else."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from plurichain.errors import DiskFull, LockedError, StorageError
from plurichain.storage.atomic import KEPT, make_write_error

if TYPE_CHECKING:
    from pathlib import Path

_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_LOCKED = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
# Beside SQLITE_FULL, what a limit on the size of files or a quota comes out as.
_NO_ROOM = frozenset({sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE})


def is_locked(error: sqlite3.Error) -> bool:
    """Tell whether somebody else holds what a statement needs."""
    return _get_code(error) & 0xFF in _LOCKED


def is_corrupt(error: StorageError) -> bool:
    """Tell whether an error means that the file itself is damaged."""
    cause = error.__cause__
    return isinstance(cause, sqlite3.Error) and _get_code(cause) & 0xFF in _DAMAGED


def make_use_error(path: Path, error: sqlite3.Error) -> StorageError:
    """Return what a failed statement on an open database is for its user."""
    code = _get_code(error)
    if is_locked(error):
        return LockedError(
            f"another process has been writing to {path} for too long",
            remedy="wait for the other plurichain command to end, then try again",
        )
    if _is_no_room(code):
        return _make_full(path, error)
    if code & 0xFF in _DAMAGED:
        return StorageError(f"{path} is damaged: {error}", remedy="start the command again")
    return StorageError(
        f"{path}: {error}", remedy=f"check the disk and who may use {path.parent}; {KEPT}"
    )


def make_open_error(path: Path, name: str, error: Exception) -> StorageError:
    """Return what a failure to open a database is for its user."""
    if isinstance(error, sqlite3.Error):
        code = _get_code(error)
        if is_locked(error) or _is_no_room(code):
            return make_use_error(path, error)
        if code & 0xFF not in _DAMAGED:
            return StorageError(
                f"cannot open the {name} {path}: {error}",
                remedy=f"free some space for {path.parent}, or make it writable; {KEPT}",
            )
    elif isinstance(error, OSError):
        return make_write_error(path, error)
    return StorageError(
        f"cannot open the {name} {path}: {error}",
        remedy="restore it from a backup, or move it away to start with an empty one",
    )


def _get_code(error: sqlite3.Error) -> int:
    return int(getattr(error, "sqlite_errorcode", 0))


def _is_no_room(code: int) -> bool:
    return code & 0xFF == sqlite3.SQLITE_FULL or code in _NO_ROOM


def _make_full(path: Path, error: sqlite3.Error) -> DiskFull:
    return DiskFull(
        f"cannot write {path}: {error}", remedy=f"free some space for {path.parent}; {KEPT}"
    )
