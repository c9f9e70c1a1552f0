"""A vault whose file is damaged: what can be read moves to a new one, the old one is kept.

SQLite keeps rows in pages, so that a bad page costs the rows on it and no others. Each row
is asked for by its number.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from typing import TYPE_CHECKING

from plurichain.errors import StorageError
from plurichain.storage import Database, lock
from plurichain.storage.atomic import sync_folder
from plurichain.storage.database import is_corrupt
from plurichain.vault.row import COLUMNS
from plurichain.vault.schema import LOCK_NAME, MIGRATIONS

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

_LEAST_ROW_BYTES = 200
_V1_COLUMNS = COLUMNS.replace(", digest", ", x''")


def open_or_rescue(path: Path) -> tuple[Database, tuple[str, ...]]:
    """Return the vault's database, and lines for people about damage that was found.

    Raises NewerFormatError, LockedError, StorageError.
    """
    database = _open_if_sound(path)
    if database:
        return database, ()
    with lock(path.with_name(LOCK_NAME)):
        database = _open_if_sound(path)
        if database:
            return database, ()
        note = _rescue(path)
    return Database.open(path, MIGRATIONS, name="vault"), (note,)


def _open_if_sound(path: Path) -> Database | None:
    try:
        database = Database.open(path, MIGRATIONS, name="vault")
    except StorageError as error:
        if is_corrupt(error):
            return None
        raise
    if database.is_sound():
        return database
    database.close()
    return None


def _rescue(path: Path) -> str:
    """Put a new vault with all readable rows in the place of the damaged one."""
    aside = _set_aside(path)
    beside = path.with_name(f"{path.name}.rescued")
    for old in path.parent.glob(f"{beside.name}*"):
        old.unlink()
    saved = 0
    with Database.open(beside, MIGRATIONS, name="vault") as target, target.transaction():
        # An earlier rescue may have been cut off: what it had set aside is read again.
        for source in sorted(path.parent.glob(f"{path.name}.damaged-*")):
            if not source.name.endswith(("-wal", "-shm")):
                saved += sum(_insert(target, row) for row in _read_rows(source))
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    beside.replace(path)
    sync_folder(path.parent)
    return (
        f"the vault was damaged: {saved} openings are safe; the damaged file is kept as "
        f"{aside.name}; `plurichain bid doctor` shows what is at stake, and `plurichain bid "
        "recover --bid FILE` rebuilds an opening that is missing"
    )


def _set_aside(path: Path) -> Path:
    """Copy the damaged file with its log to a free name; the original stays in its place."""
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    for suffix in ("-wal", ""):
        source = path.with_name(path.name + suffix)
        if source.exists():
            copy = aside.with_name(aside.name + suffix)
            os.close(os.open(copy, os.O_WRONLY | os.O_CREAT, 0o600))
            shutil.copyfile(source, copy)
    sync_folder(path.parent)
    return aside


def _insert(target: Database, row: tuple[Any, ...]) -> int:
    marks = ", ".join("?" * len(row))
    try:
        return target.execute(
            f"INSERT OR IGNORE INTO openings ({COLUMNS}) VALUES ({marks})",  # noqa: S608
            row,
        )
    except (sqlite3.Error, StorageError):
        return 0  # a row that is damaged beyond its own types


def _read_rows(path: Path) -> list[tuple[Any, ...]]:
    """Return every row that can still be read."""
    rows = []
    with contextlib.closing(sqlite3.connect(path)) as connection:
        # Without it SQLite reads nothing of a file that is shorter than it says it is.
        connection.execute("PRAGMA writable_schema = ON")
        for number in range(1, _find_last_number(connection, path) + 1):
            row = _read_one(connection, number)
            if row:
                rows.append(row)
    return rows


def _find_last_number(connection: sqlite3.Connection, path: Path) -> int:
    """Return the last row's number, or more than it can be if the file does not tell."""
    with contextlib.suppress(sqlite3.Error):
        [[last]] = connection.execute("SELECT max(rowid) FROM openings").fetchall()
        if last:
            return int(last)
    # Numbers of openings that were forgotten are not used again: leave room for them.
    return 4 * (path.stat().st_size // _LEAST_ROW_BYTES + 1)


def _read_one(connection: sqlite3.Connection, number: int) -> tuple[Any, ...] | None:
    for columns in (COLUMNS, _V1_COLUMNS):
        try:
            row: tuple[Any, ...] | None = connection.execute(
                f"SELECT {columns} FROM openings WHERE rowid = ?",  # noqa: S608
                (number,),
            ).fetchone()
        except sqlite3.Error:
            continue
        return row
    return None
