"""The version of a file of SQLite, and the way from an older one: twin of ``server_schema``.

The version is the file's ``user_version``; ``application_id`` says whose it is.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from plurichain.errors import DiskFull, NewerFormatError, StorageError
from plurichain.storage.atomic import KEPT, create, remove, rename, sync_folder
from plurichain.storage.effects import effect
from plurichain.storage.sqlite_connection import BUSY_TIMEOUT_S

APPLICATION_ID: Final = 0x706C7572  # "plur"

Migration = str | Callable[[sqlite3.Connection], None]
"""One step from a version to the next: SQL statements, or a function for harder cases."""


def read_version(connection: sqlite3.Connection) -> int:
    """Return the version of an open file, 0 for a new one."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(
    connection: sqlite3.Connection, path: Path, migrations: Sequence[Migration], name: str
) -> None:
    """Bring a file to version ``len(migrations)``, within a write transaction.

    It is copied before. Raises NewerFormatError if another process made it newer meanwhile.
    """
    # Read under the lock: another process may have migrated meanwhile.
    version = read_version(connection)
    if version > len(migrations):
        raise _newer(path, name, version, len(migrations))
    if 0 < version < len(migrations):
        _copy_before_upgrade(path, version)
    for step in migrations[version:]:
        if isinstance(step, str):
            for statement in _split_statements(step):
                connection.execute(statement)
        else:
            step(connection)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {len(migrations)}")


def refuse_foreign(path: Path, latest: int, name: str) -> None:
    """Look before anything is written: opening for WAL would already change the file."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    with (
        effect("look", path),
        contextlib.closing(sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S)) as connection,
    ):
        version = read_version(connection)
        owner = int(connection.execute("PRAGMA application_id").fetchone()[0])
    if owner not in {0, APPLICATION_ID}:
        raise StorageError(
            f"{path} is a database of another program, not a {name}",
            remedy="move it away, or set PLURICHAIN_HOME to another folder",
        )
    if version > latest:
        raise _newer(path, name, version, latest)


def _newer(path: Path, name: str, version: int, latest: int) -> NewerFormatError:
    return NewerFormatError(
        f"{path} is a {name} of version {version}; this program knows versions up to {latest}",
        remedy="update plurichain; the file was left untouched",
    )


def _copy_before_upgrade(path: Path, version: int) -> None:
    """Keep the file as it is, under another name; a copy is there whole or not at all.

    Raises DiskFull, with what is needed, where there is no room for it.
    """
    copy = path.with_name(f"{path.name}.v{version}")
    begun = path.with_name(f".{copy.name}.part")
    remove(begun)  # of a run that was killed
    _refuse_without_room(path, version)
    try:
        create(begun)
        with effect("copy", copy):
            source = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
            with contextlib.closing(source), contextlib.closing(sqlite3.connect(begun)) as target:
                source.backup(target)
        rename(begun, copy)
    except BaseException:
        # Half a copy is no copy, and takes the room that is missing.
        remove(begun)
        raise
    sync_folder(path.parent)


def _refuse_without_room(path: Path, version: int) -> None:
    """Raise DiskFull where it is known before that the copy does not fit."""
    needed, free = path.stat().st_size, shutil.disk_usage(path.parent).free
    if free < needed:
        raise DiskFull(
            f"{path} of version {version} is copied before it is upgraded, which takes {needed} "
            f"bytes, and {path.parent} has room for {free}",
            remedy=f"free some space for {path.parent}; {KEPT}",
        )


def _split_statements(script: str) -> Iterator[str]:
    """Yield the statements of ``script`` (``executescript`` would commit our transaction)."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement
