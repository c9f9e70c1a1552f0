"""The tracker's database as commands take it: a file, or a PostgreSQL server by URL."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from plurichain.cli.output import show_note

if TYPE_CHECKING:
    from plurichain.tracker.store import PacketStore

DATABASE_VARIABLE: Final = "PLURICHAIN_TRACKER_DATABASE"
_STRAY: Final = "the tracker's database: this is neither a file nor a URL of PostgreSQL"
_STRAY_REMEDY: Final = "write a path, or postgresql://USER@HOST:PORT/NAME"


def read_place(_context: object, _option: object, text: str | None) -> Path | str | None:
    """Return the path of a file, or the URL of a PostgreSQL database without a password.

    Whoever may list processes reads their arguments, so that none may hold a secret. Raises
    BadParameter, which does not show what was given.
    """
    from plurichain.storage.server_url import has_password, is_server_url

    if text is None or not is_server_url(text):
        if text is not None and not text.strip():
            raise click.BadParameter(f"it is empty; {_STRAY_REMEDY}")
        if text and _is_stray_url(text):
            raise click.BadParameter(f"{_STRAY}; {_STRAY_REMEDY}")
        return Path(text) if text else None
    if has_password(text):
        raise click.BadParameter(
            "a password does not belong on the command line, where others see it: set "
            f"PGPASSWORD, write it into ~/.pgpass, or give the URL as {DATABASE_VARIABLE}"
        )
    return text


def database_option(function: Any) -> Any:
    """Add the tracker's database; the command receives ``database``, None for the usual one."""
    return click.option(
        "--database",
        metavar="FILE|URL",
        callback=read_place,
        help="Database of the tracker, a file or postgresql://… (default: "
        f"{DATABASE_VARIABLE}, or packets.db in the configuration folder).",
    )(function)


def locate(database: Path | str | None) -> Path | str:
    """Return where the tracker's database is, as it was given or as is usual.

    Raises InputError for a URL of something else, which it does not show, and for a folder.
    """
    from plurichain.config.folders import tracker_path
    from plurichain.errors import InputError

    place = database or os.environ.get(DATABASE_VARIABLE) or tracker_path()
    if _is_stray_url(str(place)):
        raise InputError(_STRAY, remedy=_STRAY_REMEDY)
    _refuse_folder(place)
    return place


def _refuse_folder(place: Path | str) -> None:
    """Raise InputError for what is there and is no file: SQLite would blame the disk."""
    from plurichain.errors import InputError
    from plurichain.storage.server_url import is_server_url

    path = Path(place)
    if is_server_url(str(place)) or not path.exists() or path.is_file():
        return
    kind, remedy = "no regular file", _STRAY_REMEDY
    if path.is_dir():
        kind, remedy = "a folder", f"write the path of a file, such as {path / 'packets.db'}"
    raise InputError(f"the tracker's database: {path} is {kind}", remedy=remedy)


def _is_stray_url(text: str) -> bool:
    """Tell whether it is meant for a server and written wrong: it may hold a password."""
    from plurichain.storage.server_url import is_server_url

    low = text.lower()
    is_meant = "://" in low or "password=" in low or low.startswith(("postgres:", "postgresql:"))
    return is_meant and not is_server_url(text)


def has_store(database: Path | str | None) -> bool:
    """Tell whether there is something to open; a server is only asked when it is opened."""
    from plurichain.storage.server_url import is_server_url

    place = locate(database)
    return is_server_url(str(place)) or Path(place).exists()


def open_store(database: Path | str | None) -> PacketStore:
    """Open the tracker's database; whoever only looks makes none.

    Raises StorageError, also where there is none, and MissingExtra for a server.
    """
    from plurichain.errors import StorageError

    if not has_store(database):
        raise StorageError(
            f"there is no database {locate(database)}",
            remedy="`plurichain ibc track NETWORK…` makes one; --database names another",
        )
    return make_store(database)


def open_if_there(database: Path | str | None) -> PacketStore | None:
    """Open the tracker's database; None where none was named and there is none yet.

    Raises as ``open_store``, also for one that was named and is not there.
    """
    is_named = database is not None or os.environ.get(DATABASE_VARIABLE)
    return open_store(database) if is_named or has_store(database) else None


def make_store(database: Path | str | None) -> PacketStore:
    """Open the tracker's database, a new one if there is none. Raises as ``open_store``."""
    from plurichain.tracker.store import PacketStore

    return PacketStore.open(locate(database))


def note_untracked(chains: Collection[object]) -> None:
    """Say that what is shown is nothing known, unless there are chains."""
    if not chains:
        show_note("nothing was tracked yet: start `plurichain ibc track NETWORK…`")
