from __future__ import annotations

import contextlib
import hashlib
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from plurichain.errors import NewerFormatError, StorageError
from plurichain.storage import Database

V1 = "CREATE TABLE notes (text TEXT NOT NULL) STRICT;"
V2 = "ALTER TABLE notes ADD COLUMN size INTEGER;\nUPDATE notes SET size = length(text);"


def test_every_commit_is_synced_and_the_file_is_private(tmp_path: Path) -> None:
    with Database.open(tmp_path / "a.db", [V1], name="notebook") as database:
        assert database.query("PRAGMA journal_mode") == [("wal",)]
        assert database.query("PRAGMA synchronous") == [(2,)]
        with database.transaction():
            database.execute("INSERT INTO notes VALUES ('x')")
        for path in tmp_path.iterdir():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_a_failed_block_changes_nothing(tmp_path: Path) -> None:
    with Database.open(tmp_path / "a.db", [V1], name="notebook") as database:
        with pytest.raises(StorageError), database.transaction():  # noqa: PT012
            database.execute("INSERT INTO notes VALUES ('x')")
            database.execute("INSERT INTO nothing VALUES ('x')")

        assert database.query("SELECT * FROM notes") == []


def test_an_upgrade_copies_first_and_keeps_the_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with Database.open(path, [V1], name="notebook") as database:
        database.execute("INSERT INTO notes VALUES ('hello')")
    with Database.open(path, [V1, V2], name="notebook") as database:
        assert database.query("SELECT text, size FROM notes") == [("hello", 5)]

    copy = sqlite3.connect(tmp_path / "a.db.v1")
    assert copy.execute("SELECT * FROM notes").fetchall() == [("hello",)]
    assert copy.execute("PRAGMA user_version").fetchone() == (1,)
    copy.close()
    assert stat.S_IMODE((tmp_path / "a.db.v1").stat().st_mode) == 0o600


def test_a_failing_upgrade_leaves_the_old_version(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    Database.open(path, [V1], name="notebook").close()
    with pytest.raises(StorageError):
        Database.open(path, [V1, "CREATE TABLE more (x); CREATE TABLE notes (x);"], name="notebook")
    with Database.open(path, [V1], name="notebook") as database:
        assert database.query("SELECT name FROM sqlite_master WHERE name = 'more'") == []


def test_a_newer_version_is_refused_and_left_untouched(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    Database.open(path, [V1, V2], name="notebook").close()
    before = hashlib.sha256(path.read_bytes()).digest()
    with pytest.raises(NewerFormatError, match=r"notebook of version 2.* versions up to 1"):
        Database.open(path, [V1], name="notebook")

    assert hashlib.sha256(path.read_bytes()).digest() == before


def test_other_content_is_refused_by_name(tmp_path: Path) -> None:
    foreign = sqlite3.connect(tmp_path / "foreign.db")
    foreign.executescript("PRAGMA application_id = 7; CREATE TABLE x (y);")
    foreign.close()
    with pytest.raises(StorageError, match="another program"):
        Database.open(tmp_path / "foreign.db", [V1], name="notebook")
    (tmp_path / "text.db").write_text("not a database at all, but quite long" * 40)
    with pytest.raises(StorageError, match="cannot open the notebook"):
        Database.open(tmp_path / "text.db", [V1], name="notebook")


def test_what_is_committed_survives_a_killed_process(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    script = f"""
import os, signal, pathlib
from plurichain.storage import Database
database = Database.open(pathlib.Path({str(path)!r}), [{V1!r}], name="notebook")
with database.transaction():
    database.execute("INSERT INTO notes VALUES ('kept')")
database.execute("BEGIN IMMEDIATE")
database.execute("INSERT INTO notes VALUES ('lost')")
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", script]).returncode == -9
    with Database.open(path, [V1], name="notebook") as database:
        assert database.query("SELECT text FROM notes") == [("kept",)]


def test_opening_waits_for_somebody_who_is_making_the_same_file(tmp_path: Path) -> None:
    """The switch to WAL, which SQLite refuses at once, is tried until the other is done."""
    path = tmp_path / "a.db"
    path.touch(mode=0o600)
    failures: list[Exception] = []

    def open_it() -> None:
        try:
            Database.open(path, [V1], name="notebook").close()
        except Exception as error:
            failures.append(error)

    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        opener = threading.Thread(target=open_it)
        opener.start()
        opener.join(0.3)
        assert opener.is_alive(), failures
        other.execute("COMMIT")
        opener.join(20)

    assert not opener.is_alive()
    assert not failures
