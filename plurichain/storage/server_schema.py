"""Tables on a PostgreSQL server: made from the migrations of SQLite, and their version."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from plurichain.errors import NewerFormatError, StorageError

if TYPE_CHECKING:
    from plurichain.storage.engine import Engine
    from plurichain.storage.sqlite_schema import Migration

VERSIONS: Final = "plurichain_format"
_TYPES: Final = {
    r"\bTEXT\b": 'TEXT COLLATE "C"',
    r"\bINTEGER\b": "BIGINT",
    r"\bBLOB\b": "BYTEA",
    r"\) STRICT;": ");",
}


def translate(script: str) -> str:
    """Return a migration's statements with the types of PostgreSQL."""
    for pattern, written in _TYPES.items():
        script = re.sub(pattern, written, script)
    return script


def prepare(database: Engine, migrations: Sequence[Migration], name: str) -> None:
    """Bring the tables to version ``len(migrations)``; what was there is copied before.

    Raises NewerFormatError for a version beyond it, StorageError for tables of others.
    """
    if _read_version(database, name) == len(migrations):
        return
    with database.transaction():
        # Tables are made once, and what comes back after a crash needs them.
        database.execute("SET LOCAL synchronous_commit = on")
        # Read again under the lock: another process may have made them meanwhile.
        version = _read_version(database, name)
        if version > len(migrations):
            raise NewerFormatError(
                f"{database.place} is a {name} of version {version}; this program knows versions"
                f" up to {len(migrations)}",
                remedy="update plurichain; the database was left untouched",
            )
        if version == 0:
            _refuse_others(database, name, migrations)
            database.execute(
                f'CREATE TABLE IF NOT EXISTS {VERSIONS} (name TEXT COLLATE "C" PRIMARY KEY,'
                " version BIGINT NOT NULL)"
            )
        elif version < len(migrations):
            _copy_before_upgrade(database, migrations[:version], version)
        for step in migrations[version:]:
            assert isinstance(step, str)
            database.execute(translate(step))
        database.execute(
            f"INSERT INTO {VERSIONS} VALUES (?, ?)"  # noqa: S608
            " ON CONFLICT (name) DO UPDATE SET version = excluded.version",
            (name, len(migrations)),
        )


def _read_version(database: Engine, name: str) -> int:
    [[schema, encoding]] = database.query(
        "SELECT current_schema(), current_setting('server_encoding')"
    )
    if schema is None or encoding != "UTF8":
        raise StorageError(
            f"{database.place} has no schema to put tables into"
            if schema is None
            else f"{database.place} keeps text as {encoding}, and not as UTF8",
            remedy="make a database of its own: createdb --encoding UTF8 --template template0 NAME",
        )
    if VERSIONS not in _list_tables(database):
        return 0
    found = database.query(f"SELECT version FROM {VERSIONS} WHERE name = ?", (name,))  # noqa: S608
    return int(found[0][0]) if found else 0


def _list_tables(database: Engine) -> set[str]:
    found = database.query("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
    return {str(table) for (table,) in found}


def list_tables_made(migrations: Sequence[Migration]) -> tuple[str, ...]:
    """Return the tables that migrations make, in their order."""
    scripts = [step for step in migrations if isinstance(step, str)]
    return tuple(table for script in scripts for table in re.findall(r"CREATE TABLE (\w+)", script))


def _refuse_others(database: Engine, name: str, migrations: Sequence[Migration]) -> None:
    foreign = sorted(_list_tables(database).intersection(list_tables_made(migrations)))
    if foreign:
        raise StorageError(
            f"{database.place} holds tables of another program ({', '.join(foreign)}), no {name}",
            remedy="make a database of its own for it: createdb NAME",
        )


def _copy_before_upgrade(database: Engine, migrations: Sequence[Migration], version: int) -> None:
    """Keep the tables as they were, in a schema beside, as a file's upgrade keeps a copy."""
    [[beside]] = database.query(
        "SELECT quote_ident(current_schema() || '_v' || ?::bigint)", (version,)
    )
    database.execute(f"CREATE SCHEMA {beside}")
    for table in list_tables_made(migrations):
        database.execute(f"CREATE TABLE {beside}.{table} AS TABLE {table}")
