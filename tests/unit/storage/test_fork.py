"""What a forked child does with open databases and held locks."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from plurichain.storage import Database, lock

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")

TABLE = "CREATE TABLE t (n INTEGER)"


def run_in_child(action: object) -> int:
    """Run ``action`` in a forked child; returns its exit status, 0 if it raised nothing."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            action()  # type: ignore[operator]
            status = 0
        finally:
            os._exit(status)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_parent_and_child_write_to_the_same_database(tmp_path: Path) -> None:
    with Database.open(tmp_path / "a.db", (TABLE,), name="test") as database:
        database.execute("INSERT INTO t VALUES (1)")
        inherited = database._connection

        def write() -> None:
            assert database._connection is not inherited
            database.execute("INSERT INTO t VALUES (2)")
            database.close()

        for _ in range(3):
            assert run_in_child(write) == 0
        database.execute("INSERT INTO t VALUES (3)")
        assert [n for (n,) in database.query("SELECT n FROM t ORDER BY n")] == [1, 2, 2, 2, 3]
        assert database.query("PRAGMA integrity_check") == [("ok",)]


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_what_another_thread_held_does_not_stop_the_child(tmp_path: Path) -> None:
    database = Database.open(tmp_path / "a.db", (TABLE,), name="test")
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with lock(tmp_path / "x.lock"), database._guard:
            held.set()
            done.wait(60)

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(10)
    try:
        assert run_in_child(lambda: database.execute("INSERT INTO t VALUES (1)")) == 0
        # The lock itself is held by the parent all the same.
        assert run_in_child(lambda: lock(tmp_path / "x.lock", timeout_s=0.1).__enter__()) == 1
        # … and free for the child when the parent lets go.
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                with lock(tmp_path / "x.lock", timeout_s=5.0):
                    status = 0
            finally:
                os._exit(status)
        done.set()
        _, status = os.waitpid(pid, 0)
        assert os.waitstatus_to_exitcode(status) == 0
    finally:
        done.set()
        thread.join()
    database.close()
