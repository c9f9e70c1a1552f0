"""What a store needs of a database, whichever it is: a file of SQLite, or a PostgreSQL server.

Statements are written once for both: ``?`` for parameters, ON CONFLICT with its target,
text that is compared by its bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

Row = tuple[Any, ...]


class Engine(Protocol):
    """An open database, usable from several threads. Methods raise StorageError."""

    @property
    def place(self) -> str:
        """Where it is, as people may read it: without a password."""

    def transaction(self) -> AbstractContextManager[Engine]:
        """Run the block in one write transaction; an exception rolls all of it back.

        Only one process writes at a time, so that what is read inside cannot change. One
        inside another is part of the outer one. Raises LockedError if that takes too long.
        """

    def reading(self) -> AbstractContextManager[None]:
        """Show one state of the database while the block runs, whatever others write.

        Other threads that use this very object wait.
        """

    def hold(self, name: str) -> AbstractContextManager[None]:
        """Hold a lock of this name on the database; it dies with its holder.

        Raises LockedError at once if another holds it.
        """

    def execute(self, statement: str, parameters: Sequence[object] = ()) -> int:
        """Run one statement that changes rows; returns how many it changed."""

    def execute_many(self, statement: str, rows: Sequence[Sequence[object]]) -> None:
        """Run one statement that changes rows for each of ``rows``, in a transaction."""

    def query(self, statement: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Return all rows of one reading statement."""

    def fetch(
        self, table: str, columns: Sequence[str], key: Sequence[str], keys: Sequence[Sequence[str]]
    ) -> list[Row]:
        """Return ``columns`` of the rows that there are with these keys, of columns of text."""

    def list_columns(self, table: str) -> list[str]:
        """Return the columns of a table, in order."""

    def close(self) -> None:
        """Close it; calling it again does nothing."""
