"""`plurichain ibc export` as a program: its end, its errors, and a server that hangs."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from plurichain.tracker.store import PacketStore
from tests.unit.tracker.grids import A, B, add_routes, event, packet, run, signed

SECRET = "hunter2"
DEADLINE_S = 60


class Export:
    """The running program."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self._log = log
        self.address = ""

    @property
    def said(self) -> str:
        return self._log.read_text(errors="replace")

    def wait_for_address(self) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while not (found := re.search(r"metrics at (http://\S+)/metrics", self.said)):
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, "no address"
            time.sleep(0.05)
        self.address = found[1]

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(self.address + path, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def wait_for(self, text: str, *, path: str = "/metrics") -> str:
        deadline = time.monotonic() + DEADLINE_S
        while text not in (page := self.get(path)[1]):
            assert time.monotonic() < deadline, f"{text} not in {page[-2_000:]}"
            time.sleep(0.1)
        return page

    def wait_for_age(self, *, below: float = 1e9, above: float = 0) -> None:
        """Wait until what is shown is so many seconds old."""
        deadline = time.monotonic() + DEADLINE_S
        while True:
            (age,) = re.findall(
                r"(?m)^plurichain_ibc_snapshot_age_seconds (\S+)", self.get("/metrics")[1]
            )
            if above <= float(age) < below:
                return
            assert time.monotonic() < deadline, f"the snapshot is {age} s old"
            time.sleep(0.1)

    def scrape_often(self) -> None:
        """See that 20 scrapes take less than a second each."""
        for _ in range(20):
            begun = time.monotonic()
            assert self.get("/metrics")[0] == 200
            assert time.monotonic() - begun < 1

    def end(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(20) == 0, self.said


@contextlib.contextmanager
def exporting(folder: Path, *arguments: str, **environment: str) -> Iterator[Export]:
    log = folder / "export.err"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "plurichain", "ibc", "export", *arguments],
            stdout=sink, stderr=sink, env={**os.environ, **environment},
        )  # fmt: skip
    try:
        running = Export(process, log)
        running.wait_for_address()
        yield running
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def fill(place: str | Path) -> None:
    with PacketStore.open(place) as store:
        add_routes(store)
        run(store, A, 12, {2: signed(event("send_packet", packet()))})
        run(store, B, 12, {})


def call(*arguments: str, **environment: str) -> tuple[int, str]:
    """Run it where it ends by itself."""
    done = subprocess.run(
        [sys.executable, "-m", "plurichain", "ibc", "export", *arguments],
        capture_output=True, text=True, timeout=DEADLINE_S, env={**os.environ, **environment},
    )  # fmt: skip
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def test_it_serves_until_it_is_told_to_end(tmp_path) -> None:
    database = tmp_path / "packets.db"
    fill(database)
    with exporting(tmp_path, "--listen", "127.0.0.1:0", "--database", str(database),
                   "--receive-within", "5s") as export:  # fmt: skip
        page = export.wait_for('kind="stuck-receive"')
        assert re.search(r'overdue_packets\{.*grid-1.*kind="stuck-receive".*\} 1.0', page)
        assert export.get("/healthz")[0] == 200
        export.end()
        assert "Traceback" not in export.said


def test_a_database_that_the_tracker_has_not_made_yet(tmp_path) -> None:
    """It is waited for, and not made: an empty one would be nothing wrong anywhere."""
    database = tmp_path / "packets.db"
    with exporting(tmp_path, "--listen", "127.0.0.1:0", "--database", str(database)) as export:
        export.wait_for("plurichain_ibc_snapshot_failing 1.0")
        assert f"the database cannot be read: there is no database {database}" in export.said
        assert not database.exists()
        fill(database)
        export.wait_for("plurichain_ibc_snapshot_failing 0.0")
        assert "the database answers again" in export.said
        export.end()


def test_an_address_in_use_and_texts_that_are_none() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        status, said = call("--listen", address)
    assert status == 1
    assert f"nothing can be served at {address}: Address already in use" in said
    assert "choose another port" in said
    status, said = call("--listen", "localhost")
    assert status == 2
    assert "--listen: 'localhost' is not HOST:PORT" in said
    status, said = call("--listen", "127.0.0.1:0", "--relayer", "ours")
    assert status == 2
    assert "is not NAME=ADDRESS" in said


def test_a_database_of_a_newer_program_is_refused_and_untouched(tmp_path) -> None:
    database = tmp_path / "packets.db"
    fill(database)
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA user_version = 999")
    before = database.read_bytes()
    status, said = call("--listen", "127.0.0.1:0", "--database", str(database))
    assert status == 1
    assert "version 999" in said
    assert database.read_bytes() == before


def test_a_password_on_the_command_line_is_refused_unseen() -> None:
    status, said = call("--database", f"postgresql://me:{SECRET}@127.0.0.1/x")
    assert status == 2
    assert SECRET not in said


def test_a_server_that_never_answers_keeps_no_scrape_waiting_and_tells_no_password(
    tmp_path,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://me:{SECRET}@127.0.0.1:{silent.getsockname()[1]}/x"
        with exporting(
            tmp_path, "--listen", "127.0.0.1:0", PLURICHAIN_TRACKER_DATABASE=url
        ) as export:
            export.scrape_often()
            status, page = export.get("/healthz")
            assert status == 503
            assert SECRET not in page + export.get("/metrics")[1] + export.said
            export.end()


@pytest.mark.postgres
def test_a_server_that_hangs_keeps_no_scrape_waiting(tmp_path, packet_store_url) -> None:
    fill(packet_store_url)
    with (
        exporting(tmp_path, "--listen", "127.0.0.1:0", "--database", packet_store_url) as export,
        psycopg.connect(packet_store_url) as other,
    ):
        export.wait_for('class="unreceived",counterparty="grid-2",port="transfer"} 1.0')
        other.execute("LOCK TABLE sent, received, contact IN ACCESS EXCLUSIVE MODE")
        export.wait_for_age(above=4)
        export.scrape_often()
        assert 'class="unreceived"' in export.get("/metrics")[1]
        other.rollback()
        export.wait_for_age(below=2)
        other.execute("LOCK TABLE sent, received, contact IN ACCESS EXCLUSIVE MODE")
        export.end()
