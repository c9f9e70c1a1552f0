"""Connections to files of SQLite, set so that commits last and others are waited for."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Final

from plurichain.storage.effects import effect
from plurichain.storage.sqlite_errors import is_locked

BUSY_TIMEOUT_S: Final = 30.0
_LOCK_PAUSE_S: Final = 0.01


def connect(path: Path) -> sqlite3.Connection:
    """Open a file; statements wait ``BUSY_TIMEOUT_S`` for others that write."""
    with effect("open", path):
        return sqlite3.connect(
            path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )


def configure(connection: sqlite3.Connection, path: Path, *, is_rebuildable: bool) -> None:
    """Have a commit last when it returns; a loss of power may cost the last rebuildable ones."""
    with effect("configure", path):
        _switch_to_wal(connection)
    connection.execute(f"PRAGMA synchronous = {'NORMAL' if is_rebuildable else 'FULL'}")
    connection.execute("PRAGMA fullfsync = ON")
    connection.execute("PRAGMA foreign_keys = ON")


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """Wait for others that open a new database at the same moment.

    SQLite does not wait by itself here: two that both read the old mode could wait for each
    other for ever (its documentation of SQLITE_BUSY, "busy handler not invoked").
    """
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if not is_locked(error) or time.monotonic() >= deadline:
                raise
            time.sleep(_LOCK_PAUSE_S)
        else:
            return
