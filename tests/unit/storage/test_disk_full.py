"""No room: the system refuses to write more, at any byte; what was there stays as it was."""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

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


@pytest.mark.parametrize("check", [_check_database, _check_new_database, _check_files])
def test_what_does_not_fit_changes_nothing(check: Callable[[Path], None], tmp_path: Path) -> None:
    _run_apart(check, tmp_path)
