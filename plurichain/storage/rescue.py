"""A database whose file is damaged: what can be read moves to a new one, the old one is kept.

SQLite keeps rows in pages, so that a bad page, or one that is missing at the end, costs the
rows on it and no others. Each row is asked for by its number.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plurichain.errors import StorageError
from plurichain.storage.atomic import copy, remove, rename, sync_folder
from plurichain.storage.database import Database
from plurichain.storage.effects import effect
from plurichain.storage.locks import lock
from plurichain.storage.sqlite_errors import is_corrupt
from plurichain.storage.sqlite_schema import Migration

if TYPE_CHECKING:
    from pathlib import Path

_LEAST_ROW_BYTES = 200
_SUFFIXES = ("-wal", "-shm")

StoredRow = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Salvage:
    """What may be saved: ``tables``, and of their rows those that ``is_sound`` takes."""

    name: str
    migrations: Sequence[Migration]
    tables: tuple[str, ...]
    is_sound: Callable[[str, StoredRow], bool] = lambda _table, _row: True


@dataclass(frozen=True, slots=True)
class Rescue:
    """What came of it: rows saved of each table, and where the damaged file was put."""

    saved: Mapping[str, int]
    aside: Path


def open_or_rescue(
    path: Path, salvage: Salvage, *, lock_path: Path, always_check: bool
) -> tuple[Database, Rescue | None]:
    """Open a database, put in order first if its file is damaged.

    ``always_check`` reads all of it; otherwise that is done only if the last process that
    had it open did not come to close it. Raises NewerFormatError, LockedError, StorageError.
    """
    database = _open_if_sound(path, salvage, always_check=always_check)
    if database:
        return database, None
    with lock(lock_path):
        database = _open_if_sound(path, salvage, always_check=True)
        if database:
            return database, None
        rescue = _rescue(path, salvage)
    return Database.open(path, salvage.migrations, name=salvage.name), rescue


def _open_if_sound(path: Path, salvage: Salvage, *, always_check: bool) -> Database | None:
    log = path.with_name(f"{path.name}-wal")
    is_suspect = always_check or (log.exists() and log.stat().st_size > 0)
    try:
        database = Database.open(path, salvage.migrations, name=salvage.name)
    except StorageError as error:
        if is_corrupt(error):
            return None
        raise
    if not is_suspect or database.is_sound():
        return database
    database.close()
    return None


def _rescue(path: Path, salvage: Salvage) -> Rescue:
    """Put a new database with all readable rows in the place of the damaged one."""
    beside = path.with_name(f"{path.name}.rescued")
    saved = dict.fromkeys(salvage.tables, 0)
    try:
        aside = _set_aside(path)
        for old in path.parent.glob(f"{beside.name}*"):
            remove(old)
        # An earlier rescue may have been cut off: what it set aside is read again.
        sources = sorted(path.parent.glob(f"{path.name}.damaged-*"))
        with (
            Database.open(beside, salvage.migrations, name=salvage.name) as target,
            target.transaction(),
        ):
            for source in sources:
                if not source.name.endswith(_SUFFIXES):
                    _move_rows(source, target, salvage, saved)
        for suffix in _SUFFIXES:
            remove(path.with_name(path.name + suffix))
        rename(beside, path)
    except OSError as error:
        raise StorageError(
            f"the {salvage.name} {path} is damaged and cannot be put in order: "
            f"{error.strerror or error}",
            remedy=f"free some space for {path.parent}; nothing of it was changed",
        ) from error
    sync_folder(path.parent)
    return Rescue(saved, aside)


def _set_aside(path: Path) -> Path:
    """Copy the damaged file with its log to a free name; the original stays in its place."""
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    for suffix in ("-wal", ""):
        source = path.with_name(path.name + suffix)
        if source.exists():
            copy(source, aside.with_name(aside.name + suffix))
    sync_folder(path.parent)
    return aside


def _move_rows(source: Path, target: Database, salvage: Salvage, saved: dict[str, int]) -> None:
    with effect("look", source), contextlib.closing(sqlite3.connect(source)) as connection:
        # Without it SQLite reads nothing of a file that is shorter than it says it is.
        connection.execute("PRAGMA writable_schema = ON")
        for table in salvage.tables:
            # A table of an older version lacks columns; they get their defaults.
            known = {row[1] for row in target.query(f"PRAGMA table_info({table})")}
            for number in range(1, _find_last_number(connection, table, source) + 1):
                row = _read_one(connection, table, number)
                if row is not None and salvage.is_sound(table, row):
                    wanted = {name: value for name, value in row.items() if name in known}
                    saved[table] += _insert(target, table, wanted)


def _find_last_number(connection: sqlite3.Connection, table: str, path: Path) -> int:
    """Return the last row's number, or more than it can be if the file does not tell."""
    with contextlib.suppress(sqlite3.Error):
        [[last]] = connection.execute(f"SELECT max(rowid) FROM {table}").fetchall()  # noqa: S608
        if last:
            return int(last)
    # Numbers of rows that were deleted are not used again: leave room for them.
    return 4 * (path.stat().st_size // _LEAST_ROW_BYTES + 1)


def _read_one(connection: sqlite3.Connection, table: str, number: int) -> StoredRow | None:
    try:
        cursor = connection.execute(
            f"SELECT * FROM {table} WHERE rowid = ?",  # noqa: S608 - named in this program
            (number,),
        )
        row = cursor.fetchone()
    except sqlite3.Error:
        return None
    if row is None:
        return None
    return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}


def _insert(target: Database, table: str, row: StoredRow) -> int:
    names, marks = ", ".join(row), ", ".join("?" * len(row))
    try:
        return target.execute(
            f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})",  # noqa: S608
            tuple(row.values()),
        )
    except (sqlite3.Error, StorageError):
        return 0  # a row that is damaged beyond its own types
