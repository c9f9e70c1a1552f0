"""SQLite as this project opens it: durable, versioned, private.

The version of a database is its ``user_version``; ``application_id`` says whose it is.
Every commit is on disk when it returns (WAL with synchronous=FULL), unless what it holds can
be had again: then a loss of power may take the last commits back, whole ones, from the newest
on (WAL with synchronous=NORMAL), and a killed process none.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self

from plurichain.errors import LockedError, NewerFormatError, StorageError
from plurichain.storage.atomic import create, make_private_folder, remove, sync_folder
from plurichain.storage.effects import effect
from plurichain.storage.engine import Row
from plurichain.storage.locks import lock, make_held_error
from plurichain.storage.sqlite_errors import (
    is_corrupt,
    is_locked,
    make_open_error,
    make_use_error,
)

__all__ = ["BUSY_TIMEOUT_S", "Database", "Migration", "Row", "is_corrupt"]

APPLICATION_ID = 0x706C7572  # "plur"
BUSY_TIMEOUT_S = 30.0
_LOCK_PAUSE_S = 0.01

Migration = str | Callable[[sqlite3.Connection], None]
"""One step from a version to the next: SQL statements, or a function for harder cases."""

_READING = frozenset({"select", "pragma"})

_databases: weakref.WeakSet[Database] = weakref.WeakSet()
_inherited: list[sqlite3.Connection] = []


class Database:
    """One SQLite file, usable from several threads and processes, also after a fork."""

    def __init__(
        self, connection: sqlite3.Connection, path: Path, *, is_rebuildable: bool = False
    ) -> None:
        self.path = path
        self._is_rebuildable = is_rebuildable
        self._opened: sqlite3.Connection | None = connection
        self._guard = threading.RLock()
        _databases.add(self)

    @property
    def _connection(self) -> sqlite3.Connection:
        if self._opened is None:
            self._opened = _connect(self.path)
            _configure(self._opened, self.path, is_rebuildable=self._is_rebuildable)
        return self._opened

    def leave_to_parent(self) -> None:
        """In a forked child: connect anew on next use, with locks that nobody holds."""
        if self._opened is not None:
            # Closing it would check in, or throw away, what the parent is writing.
            _inherited.append(self._opened)
        self._opened = None
        self._guard = threading.RLock()

    @classmethod
    def open(
        cls,
        path: Path,
        migrations: Sequence[Migration],
        *,
        name: str,
        is_rebuildable: bool = False,
    ) -> Self:
        """Open or make the database ``path``, brought to version ``len(migrations)``.

        ``migrations[i]`` leads from version i to i + 1. An existing database is copied
        to ``<file>.v<old version>`` before it is changed. ``name`` says in errors what
        it is; ``is_rebuildable``, that a loss of power may cost the last commits, and need
        not be waited for. Raises NewerFormatError for a version beyond the last migration (nothing
        is touched then), LockedError, StorageError.
        """
        make_private_folder(path.parent)
        try:
            if path.exists() and path.stat().st_size > 0:
                _refuse_foreign(path, len(migrations), name)
            else:
                # sqlite3 would make the file with the umask's mode; its -wal file follows it.
                create(path)
            connection = _connect(path)
        except (sqlite3.Error, OSError) as error:
            raise make_open_error(path, name, error) from error
        database = cls(connection, path, is_rebuildable=is_rebuildable)
        try:
            database._prepare(migrations, name)
        except BaseException as error:
            database.close()
            if isinstance(error, sqlite3.Error | OSError):
                raise make_open_error(path, name, error) from error
            raise
        sync_folder(path.parent)
        return database

    def _prepare(self, migrations: Sequence[Migration], name: str) -> None:
        connection = self._connection
        _configure(connection, self.path, is_rebuildable=self._is_rebuildable)
        if _read_version(connection) == len(migrations):
            return
        with self.transaction():
            # Read again under the lock: another process may have migrated meanwhile.
            version = _read_version(connection)
            if version > len(migrations):
                raise _newer(self.path, name, version, len(migrations))
            if 0 < version < len(migrations):
                _copy_before_upgrade(self.path, version)
            for step in migrations[version:]:
                if isinstance(step, str):
                    for statement in _split_statements(step):
                        connection.execute(statement)
                else:
                    step(connection)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {len(migrations)}")

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Self]:
        """Run the block in one write transaction; it is on disk when the block ends.

        The write lock is taken at once, so that what is read inside cannot change.
        An exception rolls everything back. One inside another is part of the outer one.
        Raises LockedError if another process writes for too long, StorageError.
        """
        with self._guard:
            if self._connection.in_transaction:
                yield self
                return
            self._execute("BEGIN IMMEDIATE")
            try:
                yield self
                self._execute("COMMIT")
            except BaseException:
                # SQLite has rolled back by itself where the disk was full. A commit that failed
                # may leave the transaction open, and what comes next would be part of it.
                self._roll_back()
                raise

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Show one state of the database while the block runs, whatever other processes write.

        Other threads that use this very object wait.
        """
        with self._guard:
            self._execute("BEGIN")
            try:
                yield
            finally:
                # A statement that failed may have ended it.
                if self._connection.in_transaction:
                    self._execute("COMMIT")

    @contextlib.contextmanager
    def hold(self, name: str) -> Iterator[None]:
        """Hold a lock of this name, a file beside this one, while the block runs.

        Raises LockedError at once if another holds it, StorageError.
        """
        mark = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        with contextlib.ExitStack() as stack:
            try:
                path = self.path.with_name(f"{self.path.name}.{mark}.lock")
                stack.enter_context(lock(path, timeout_s=0))
            except LockedError:
                raise make_held_error(self.place, name) from None
            yield

    @property
    def place(self) -> str:
        """Where it is, as people read it."""
        return str(self.path)

    def execute(self, statement: str, parameters: Sequence[object] = ()) -> int:
        """Run one statement that changes rows; returns how many it changed."""
        return self._execute(statement, parameters).rowcount

    def execute_many(self, statement: str, rows: Sequence[Sequence[object]]) -> None:
        """Run one statement that changes rows for each of ``rows``, in a transaction."""
        if rows:
            with self.transaction():
                self._execute(statement, rows, many=True)

    def fetch(
        self, table: str, columns: Sequence[str], key: Sequence[str], keys: Sequence[Sequence[str]]
    ) -> list[Row]:
        """Return ``columns`` of the rows that there are with these keys."""
        where = " AND ".join(f"{name} = ?" for name in key)
        statement = f"SELECT {', '.join(columns)} FROM {table} WHERE {where}"  # noqa: S608
        try:
            with self._guard:
                execute = self._connection.execute
                return [row for each in keys for row in execute(statement, each)]
        except sqlite3.Error as error:
            raise make_use_error(self.path, error) from error

    def list_columns(self, table: str) -> list[str]:
        """Return the columns of a table, in order."""
        return [row[1] for row in self.query(f"PRAGMA table_info({table})")]

    def query(self, statement: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Return all rows of one reading statement."""
        with self._guard:
            return list(self._execute(statement, parameters).fetchall())

    def _execute(
        self, statement: str, parameters: Sequence[Any] = (), *, many: bool = False
    ) -> sqlite3.Cursor:
        try:
            with self._guard:
                connection = self._connection
                if many:
                    return connection.executemany(statement, parameters)
                verb = statement.split(maxsplit=1)[0].lower()
                if verb in _READING or (connection.in_transaction and verb != "commit"):
                    return connection.execute(statement, parameters)
                with effect(verb, self.path):
                    return connection.execute(statement, parameters)
        except sqlite3.IntegrityError:
            raise
        except sqlite3.Error as error:
            raise make_use_error(self.path, error) from error

    def scrub(self) -> None:
        """Rewrite the file, so that nothing that was deleted or replaced is left in it.

        Copies that were made before an upgrade go too. Raises LockedError, StorageError.
        """
        with self._guard:
            self._execute("VACUUM")
            with effect("checkpoint", self.path):
                self._execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for copy in self.list_copies():
            remove(copy)
        sync_folder(self.path.parent)

    def list_copies(self) -> list[Path]:
        """Return the copies that upgrades left beside the file."""
        return sorted(self.path.parent.glob(f"{self.path.name}.v[0-9]*"))

    def is_sound(self) -> bool:
        """Tell whether SQLite finds the file's structure in order."""
        try:
            return self.query("PRAGMA quick_check(1)") == [("ok",)]
        except StorageError as error:
            if is_corrupt(error):
                return False
            raise

    def close(self) -> None:
        """Close the file; calling it again does nothing."""
        with self._guard, effect("close", self.path):
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()


def _connect(path: Path) -> sqlite3.Connection:
    with effect("open", path):
        return sqlite3.connect(
            path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )


def _configure(connection: sqlite3.Connection, path: Path, *, is_rebuildable: bool) -> None:
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


def _leave_all_to_parent() -> None:
    for database in list(_databases):
        database.leave_to_parent()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_all_to_parent)


def _read_version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _refuse_foreign(path: Path, latest: int, name: str) -> None:
    """Look before anything is written: opening for WAL would already change the file."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    with (
        effect("look", path),
        contextlib.closing(sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S)) as connection,
    ):
        version = _read_version(connection)
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
    copy = path.with_name(f"{path.name}.v{version}")
    remove(copy)
    create(copy)
    with effect("copy", copy):
        source = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        with contextlib.closing(source), contextlib.closing(sqlite3.connect(copy)) as target:
            source.backup(target)
    sync_folder(path.parent)


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
