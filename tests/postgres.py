"""A PostgreSQL server of the tests' own: no network, nothing left behind."""

from __future__ import annotations

import contextlib
import os
import runpy
import secrets
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import psycopg

from tests.becoming import launch

SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"
DEADLINE_S = 120
UNPRIVILEGED = "plurichain-tests"
SUPERUSER = "plurichain"


class PostgresServer:
    """Started by ``running``; it ends with this process, even if that is killed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        # It refuses to run as root.
        self._account = ""
        if os.geteuid() == 0:
            shutil.chown(folder, UNPRIVILEGED, UNPRIVILEGED)
            self._account = UNPRIVILEGED

    @classmethod
    @contextlib.contextmanager
    def running(cls) -> Iterator[Self]:
        """Make a server in a folder of its own, run it, and remove it."""
        # The path of a socket has room for about a hundred bytes.
        with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp", ignore_cleanup_errors=True) as f:
            server = cls(Path(f))
            server._make()
            server.start()
            try:
                yield server
            finally:
                server.stop()

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def make_place(self, name: str = "") -> str:
        """Give the URL of an empty schema of its own."""
        schema = name or f"t{secrets.token_hex(6)}"
        with self.connect() as connection:
            connection.execute(f"CREATE SCHEMA {schema}".encode())
        return self.make_url(options=f"-csearch_path={schema}")

    def make_url(self, *, database: str = "postgres", **query: str) -> str:
        pairs = {"host": str(self.folder), "user": SUPERUSER} | query
        text = "&".join(f"{key}={quote(value, safe='/')}" for key, value in pairs.items())
        return f"postgresql:///{database}?{text}"

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.make_url(), autocommit=True)

    def end_sessions(self) -> int:
        """Cut every other connection off, as an operator does; returns how many there were."""
        with self.connect() as connection:
            found = connection.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            ).fetchall()
        return len(found)

    def start(self) -> None:
        # It would end with the thread that starts it, which is not always the whole process.
        is_main = threading.current_thread() is threading.main_thread()
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                launch(
                    _find("postgres"), "-D", self.folder / "data", "-k", self.folder, "-F",
                    "-c", "listen_addresses=", "-c", "full_page_writes=off",
                    "-c", "shared_buffers=32MB", "-c", "max_connections=40",
                    account=self._account, ends_by=signal.SIGQUIT if is_main else None,
                ),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + DEADLINE_S
        while True:
            with contextlib.suppress(psycopg.OperationalError):
                self.connect().close()
                return
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"PostgreSQL took no connection: {self.log[-2_000:]}")
            time.sleep(0.05)

    def stop(self, number: int = signal.SIGINT) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(number)
            try:
                process.wait(DEADLINE_S)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def _make(self) -> None:
        made = subprocess.run(
            launch(
                _find("initdb"), "-D", self.folder / "data", "-U", SUPERUSER, "--auth", "trust",
                "--encoding", "UTF8", "--locale", "C", "--locale-provider", "icu",
                "--icu-locale", "en-US", "--no-sync", account=self._account,
            ),
            check=False, capture_output=True, text=True, timeout=DEADLINE_S, cwd=self.folder,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr


def _find(name: str) -> str:
    path = runpy.run_path(str(SCRIPTS / "left_out.py"))["find_program"](name)
    assert path is not None, f"no {name}: install it (scripts/apt-packages), or WITHOUT=postgres"
    return str(path)
