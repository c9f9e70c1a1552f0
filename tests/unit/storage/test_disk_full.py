"""No room: the system refuses to write more, at any byte; what was there stays as it was."""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from plurichain.errors import DiskFull
from plurichain.storage import Database, lock, write_atomic

resource = pytest.importorskip("resource")

V1 = "CREATE TABLE notes (text TEXT NOT NULL) STRICT;"


@contextlib.contextmanager
def _limit(size: int) -> Iterator[None]:
    """Have the system refuse to make any file longer than ``size`` bytes."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def _run_apart(check: Callable[[Path], None], folder: Path) -> None:
    """Run ``check`` in a process of its own: the limit is that of a whole process."""
    process = multiprocessing.get_context("spawn").Process(target=check, args=(folder,))
    process.start()
    process.join(60)
    assert process.exitcode == 0


def _get_refusal(action: Callable[[], object]) -> DiskFull:
    with pytest.raises(DiskFull) as caught:
        action()
    return caught.value


def _write_much(database: Database) -> None:
    with database.transaction():
        for _ in range(4):
            database.execute("INSERT INTO notes VALUES (?)", ("lost" * 900,))


def _check_database(folder: Path) -> None:
    path = folder / "a.db"
    with Database.open(path, [V1], name="notebook") as database:
        database.execute("INSERT INTO notes VALUES ('first')")
        log = path.with_name("a.db-wal")
        # Between the frames of a commit, and in the middle of one.
        for extra in (0, 10, 3000, 4120, 6000):
            with _limit(log.stat().st_size + extra):
                error = _get_refusal(lambda: _write_much(database))
            assert str(path) in error.cause
            assert str(folder) in error.remedy
            assert database.query("SELECT text FROM notes") == [("first",)]
        with database.transaction():
            database.execute("INSERT INTO notes VALUES ('second')")
        with Database.open(path, [V1], name="notebook") as other:
            # In the file, not only in a transaction that a failed commit left open.
            assert other.query("SELECT text FROM notes") == [("first",), ("second",)]


def _check_new_database(folder: Path) -> None:
    for size in (0, 1000, 5000):
        path = folder / f"{size}.db"
        with _limit(size):
            error = _get_refusal(lambda: Database.open(path, [V1], name="notebook"))  # noqa: B023
        assert str(path) in error.cause
        with Database.open(path, [V1], name="notebook") as database:
            assert database.is_sound()
            assert database.query("SELECT * FROM notes") == []


def _check_files(folder: Path) -> None:
    path = folder / "file"
    write_atomic(path, b"old")
    with _limit(100):
        error = _get_refusal(lambda: write_atomic(path, bytes(101)))
        assert str(path) in error.cause
        with lock(folder / "lock"):
            pass  # empty files need no room
    assert path.read_bytes() == b"old"
    assert sorted(entry.name for entry in folder.iterdir()) == ["file", "lock"]


V2 = "CREATE TABLE more (text TEXT NOT NULL) STRICT;"


def _check_upgrade(folder: Path) -> None:
    """At whatever byte the copy, or what comes after it, stops."""
    path = folder / "a.db"
    with Database.open(path, [V1], name="notebook") as database:
        for _ in range(10):
            _write_much(database)
    kept = folder / "a.db.v1"
    kept.write_bytes(b"of an earlier upgrade")
    before, size = path.read_bytes(), path.stat().st_size
    for limit in (40_000, size // 2, size - 1):  # what SQLite shares between processes fits
        with _limit(limit):
            error = _get_refusal(lambda: Database.open(path, [V1, V2], name="notebook"))
        assert str(path) in error.cause
        assert "what was there before is unchanged" in error.remedy
        assert path.read_bytes() == before
        assert kept.read_bytes() == b"of an earlier upgrade"
        assert not list(folder.glob(".a.db*"))
    with Database.open(path, [V1], name="notebook") as database:
        assert len(database.query("SELECT * FROM notes")) == 40
    with Database.open(path, [V1, V2], name="notebook") as database:
        assert database.query("SELECT * FROM more") == []
    with Database.open(kept, [V1], name="notebook") as database:
        assert len(database.query("SELECT * FROM notes")) == 40


@pytest.mark.parametrize(
    "check", [_check_database, _check_new_database, _check_files, _check_upgrade]
)
def test_what_does_not_fit_changes_nothing(check: Callable[[Path], None], tmp_path: Path) -> None:
    _run_apart(check, tmp_path)


def test_room_for_a_copy_is_looked_at_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.db"
    with Database.open(path, [V1], name="notebook") as database:
        _write_much(database)
    size = path.stat().st_size
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=size - 1))
    error = _get_refusal(lambda: Database.open(path, [V1, V2], name="notebook"))
    assert f"takes {size} bytes, and {tmp_path} has room for {size - 1}" in error.cause
    assert "what was there before is unchanged" in error.remedy
    assert [entry.name for entry in tmp_path.glob("*.v*")] == []
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=size))
    Database.open(path, [V1, V2], name="notebook").close()
    assert (tmp_path / "a.db.v1").exists()
