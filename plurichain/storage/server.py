"""PostgreSQL as this project uses it: the twin of ``Database`` on a server, by URL.

Tables are those of the migrations, their types translated: text is compared by its bytes,
as SQLite does. Which version they have stands in a table of its own. Whoever writes holds
one lock of the database, so that writers take turns as they do in a file. A commit is not
waited for until it is on the server's disk (synchronous_commit = off): the server's crash
may take back the last ones, whole, which is what the tracker recovers from by itself.
Locks and settings belong to the session, so that no pooler by transaction may stand between.
"""

from __future__ import annotations

import contextlib
import functools
import os
import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Self

from plurichain.errors import ServerUnreachable, StorageError
from plurichain.storage.effects import effect
from plurichain.storage.engine import Row
from plurichain.storage.locks import make_held_error
from plurichain.storage.server_errors import is_lost, make_connect_error, make_use_error
from plurichain.storage.server_schema import list_tables_made, prepare
from plurichain.storage.server_url import is_server_url, read_url

if TYPE_CHECKING:
    import psycopg

    from plurichain.storage.sqlite_schema import Migration

__all__ = ["ServerDatabase", "is_server_url"]

LOCK_TIMEOUT_S = 30
_SETTINGS = (
    f"SET lock_timeout = '{LOCK_TIMEOUT_S}s'; SET synchronous_commit = off; SET jit = off;"
    " SET client_min_messages = warning; SET client_encoding = 'UTF8';"
    # Locks of a client that is gone without a word are free again within half a minute.
    " SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3"
)
ANALYZE_AFTER = 1_000
"""Rows written at once in great numbers after which the server's statistics are made anew."""
_KEY = "hashtextextended('plurichain/' || current_schema() || '/' || {}, 0)"
_HELD, _WRITE = _KEY.format("'hold/' || ?::text"), _KEY.format("'write'")
_TRY_LOCK = f"SELECT pg_try_advisory_lock({_HELD})"
_UNLOCK = f"SELECT pg_advisory_unlock({_HELD})"
# Both in one trip; what is read after the lock is what the last writer left.
_BEGIN = f"BEGIN; SELECT pg_advisory_xact_lock({_WRITE})"


class ServerDatabase:
    """A database on a PostgreSQL server, usable from several threads, also after a fork.

    A connection that was lost is made anew at the next use; what was under way is rolled
    back and fails with ServerUnreachable.
    """

    def __init__(self, parameters: dict[str, Any], place: str) -> None:
        self.place = place
        """Where it is, as people may read it: without a password."""
        self._parameters = parameters
        self._opened: psycopg.Connection[Row] | None = None
        self._owner = os.getpid()
        self._inherited: list[object] = []
        self._guard = threading.RLock()
        self._depth = 0
        self._held: list[str] = []
        self._tables: tuple[str, ...] = ()
        self._written = 0
        self._analyze_at = ANALYZE_AFTER

    @classmethod
    def open(cls, url: str, migrations: Sequence[Migration], *, name: str) -> Self:
        """Open the database, its tables brought to version ``len(migrations)``.

        ``name`` says in errors what it is. Raises InputError for a URL that is none,
        MissingExtra without psycopg, ServerUnreachable, NewerFormatError (nothing is touched
        then), LockedError, StorageError.
        """
        database = cls(*read_url(url))
        try:
            prepare(database, migrations, name)
            database._tables = list_tables_made(migrations)
        except BaseException:
            database.close()
            raise
        return database

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Self]:
        """Run the block in one write transaction; an exception rolls everything back.

        One inside another is part of the outer one. Raises LockedError if another process
        writes for too long, ServerUnreachable, StorageError.
        """
        with self._guard:
            if self._depth:
                yield self
                return
            self._begin(_BEGIN)
            with self._ending():
                yield self
                self._analyze()

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Show one state of the database while the block runs, whatever others write."""
        with self._guard:
            self._begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            with self._ending():
                yield

    @contextlib.contextmanager
    def hold(self, name: str) -> Iterator[None]:
        """Hold a lock of this name while the block runs; it ends with the connection.

        Raises LockedError at once if another holds it, StorageError.
        """
        with self._guard:
            # A connection made anew takes it again (``_connect``).
            if name in self._held or not self.query(_TRY_LOCK, (name,))[0][0]:
                raise make_held_error(self.place, name)
            self._held.append(name)
        try:
            yield
        finally:
            with self._guard:
                self._held.remove(name)
                if self._opened is not None and not is_lost(self._opened):
                    with contextlib.suppress(ServerUnreachable):
                        self.query(_UNLOCK, (name,))

    def execute(self, statement: str, parameters: Sequence[object] = ()) -> int:
        """Run one statement that changes rows; returns how many it changed."""
        with self.transaction():
            return self._execute(statement, parameters).rowcount

    def execute_many(self, statement: str, rows: Sequence[Sequence[object]]) -> None:
        """Run one statement that changes rows for each of ``rows``, in a transaction."""
        if rows:
            with self.transaction():
                self._execute(statement, rows, many=True)
                self._written += len(rows)

    def query(self, statement: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Return all rows of one reading statement."""
        with self._guard:
            try:
                return self._execute(statement, parameters).fetchall()
            except ServerUnreachable:
                if self._depth:
                    raise
            return self._execute(statement, parameters).fetchall()

    def fetch(
        self, table: str, columns: Sequence[str], key: Sequence[str], keys: Sequence[Sequence[str]]
    ) -> list[Row]:
        """Return ``columns`` of the rows that there are with these keys, of columns of text."""
        if not keys:
            return []
        arrays = ", ".join("?::text[]" for _ in key)
        where = " AND ".join(f"t.{name} = k.{name}" for name in key)
        # A row each by its whole key: left to itself the server may read a whole channel.
        return self.query(
            f"SELECT f.* FROM unnest({arrays}) AS k({', '.join(key)}) CROSS JOIN LATERAL"  # noqa: S608
            f" (SELECT {', '.join(columns)} FROM {table} AS t WHERE {where} LIMIT 1) AS f",
            [list(column) for column in zip(*keys, strict=True)],
        )

    def list_columns(self, table: str) -> list[str]:
        """Return the columns of a table, in order."""
        found = self.query(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_schema = current_schema() AND table_name = ? ORDER BY ordinal_position",
            (table,),
        )
        return [str(name) for (name,) in found]

    def close(self) -> None:
        """Close the connection; calling it again does nothing."""
        with self._guard, effect("close", self.place):
            if self._opened is not None and self._owner == os.getpid():
                self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    @property
    def _connection(self) -> psycopg.Connection[Row]:
        if self._owner != os.getpid():
            # In a forked child: to close it would end the parent's session.
            self._inherited.append(self._opened)
            self._opened, self._owner, self._depth, self._held = None, os.getpid(), 0, []
        if self._opened is None or is_lost(self._opened):
            self._opened = self._connect()
        return self._opened

    def _connect(self) -> psycopg.Connection[Row]:
        import psycopg

        with contextlib.ExitStack() as stack, effect("connect", self.place):
            try:
                connection = psycopg.connect(
                    **self._parameters, autocommit=True, cursor_factory=psycopg.RawCursor
                )
                stack.callback(connection.close)
                connection.execute(_SETTINGS)
                for name in self._held:
                    taken = connection.execute(_number_marks(_TRY_LOCK), (name,)).fetchone()
                    if not (taken and taken[0]):
                        # Most likely by what the server has not yet noticed to be gone.
                        raise ServerUnreachable(f"{self.place}: another session holds {name}")
            except psycopg.Error as error:
                # Its text may hold what was in the URL: it is neither kept nor chained.
                raise make_connect_error(self.place, error, self._parameters) from None
            stack.pop_all()
            return connection

    def _begin(self, statement: str) -> None:
        try:
            try:
                self._execute(statement)
            except ServerUnreachable:
                # It may have been lost long ago: nothing was under way.
                self._execute(statement)
        except BaseException:
            self._roll_back()
            raise
        self._depth = 1

    @contextlib.contextmanager
    def _ending(self) -> Iterator[None]:
        try:
            yield
            self._execute("COMMIT")
        except BaseException:
            self._roll_back()
            raise
        finally:
            self._depth = 0

    def _analyze(self) -> None:
        """Have the server count its rows anew whenever they have doubled.

        By itself it does so once a minute, if at all. Meanwhile it takes a table that was
        just filled for nearly empty, and joins every row of one with every row of another.
        """
        if self._written >= self._analyze_at:
            self._analyze_at = 2 * self._written
            for table in self._tables:
                self._execute(f"ANALYZE {table}")

    def _roll_back(self) -> None:
        if self._opened is not None and not is_lost(self._opened):
            with contextlib.suppress(StorageError):
                self._execute("ROLLBACK")

    def _execute(
        self, statement: str, parameters: Sequence[Any] = (), *, many: bool = False
    ) -> psycopg.Cursor[Row]:
        import psycopg

        with self._guard:
            if self._depth and (self._opened is None or is_lost(self._opened)):
                raise ServerUnreachable(f"{self.place}: the connection was lost")
            connection = self._connection
            try:
                with effect(statement.split(maxsplit=1)[0].lower(), self.place):
                    cursor = connection.cursor()
                    if many:
                        cursor.executemany(_number_marks(statement), parameters)
                    else:
                        cursor.execute(_number_marks(statement), parameters or None)
            except (psycopg.Error, UnicodeEncodeError) as error:
                found = make_use_error(self.place, error, connection)
                if isinstance(found, ServerUnreachable):
                    connection.close()  # it may not know yet that it is lost
                raise found from None
            return cursor


@functools.lru_cache(maxsize=256)
def _number_marks(statement: str) -> bytes:
    """Return the statement with the marks of PostgreSQL: ``$1`` for the first ``?``."""
    first, *parts = statement.split("?")
    numbered = first + "".join(f"${number}{part}" for number, part in enumerate(parts, 1))
    return numbered.encode()
