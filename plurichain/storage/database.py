"""SQLite as this project uses it: durable, versioned, private.

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
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self

from plurichain.errors import LockedError, StorageError
from plurichain.storage.atomic import create, make_private_folder, remove, sync_folder
from plurichain.storage.effects import effect
from plurichain.storage.engine import Row
from plurichain.storage.locks import lock, make_held_error
from plurichain.storage.sqlite_connection import configure, connect
from plurichain.storage.sqlite_errors import is_corrupt, make_open_error, make_use_error
from plurichain.storage.sqlite_schema import Migration, migrate, read_version, refuse_foreign

__all__ = ["Database", "Migration", "Row", "is_corrupt"]

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
            self._opened = connect(self.path)
            configure(self._opened, self.path, is_rebuildable=self._is_rebuildable)
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
                refuse_foreign(path, len(migrations), name)
            else:
                # sqlite3 would make the file with the umask's mode; its -wal file follows it.
                create(path)
            connection = connect(path)
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
        configure(connection, self.path, is_rebuildable=self._is_rebuildable)
        if read_version(connection) != len(migrations):
            with self.transaction():
                migrate(connection, self.path, migrations, name)

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


def _leave_all_to_parent() -> None:
    for database in list(_databases):
        database.leave_to_parent()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_all_to_parent)
