"""`ibc watch` as it is run: on terminals of any kind and size, in a pipe, stopped."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from plurichain.tracker.recorded import replay
from plurichain.tracker.store import PacketStore
from tests.becoming import launch
from tests.unit.tracker.recordings import FILES, load

DEADLINE_S = 60.0
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
COMMAND = [sys.executable, "-m", "plurichain", "ibc", "watch", "--database"]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give what recorded blocks tell; nobody asked a node."""
    assert FILES
    place = tmp_path_factory.mktemp("watch") / "packets.db"
    with PacketStore.open(place) as store:
        replay(store, load())
    return place


class Terminal:
    """A terminal, the program that runs on it, and all that it wrote."""

    def __init__(self, command: list[str], rows: int, columns: int, **environment: str) -> None:
        self._main, other = pty.openpty()
        self.resize(rows, columns)
        self.process = subprocess.Popen(
            launch(*command, takes_terminal=True), stdin=other, stdout=other, stderr=other,
            start_new_session=True, env={**os.environ, "TERM": "xterm-256color", **environment},
        )  # fmt: skip
        os.close(other)
        self.written = ""

    def resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self._main, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self) -> bool:
        """Take in what was written; returns False when the program is gone."""
        if not select.select([self._main], [], [], 0.1)[0]:
            return True
        try:
            found = os.read(self._main, 65_536)
        except OSError:
            return False
        self.written += found.decode()
        return bool(found)

    def wait_for(self, text: str) -> None:
        """Wait until the last screen holds a text."""
        deadline = time.monotonic() + DEADLINE_S
        while text not in self.screen:
            assert time.monotonic() < deadline, f"no {text!r} in {self.screen!r}"
            assert self.read(), f"ended without {text!r}: {self.written!r}"

    @property
    def screen(self) -> str:
        """What was written since the cursor was last sent home, without colours."""
        return ESCAPE.sub("", self.written.rpartition("\x1b[H")[2]).replace("\r", "")

    def type(self, keys: bytes) -> None:
        os.write(self._main, keys)

    def wait(self) -> int:
        """Return the status that it ends with."""
        while self.read():
            if self.process.poll() is not None:
                with contextlib.suppress(OSError):
                    while self.read() and select.select([self._main], [], [], 0)[0]:
                        pass
                break
        return self.process.wait(DEADLINE_S)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._main)


@contextlib.contextmanager
def running(
    *command: object, rows: int = 24, columns: int = 80, **environment: str
) -> Iterator[Terminal]:
    terminal = Terminal([str(each) for each in command], rows, columns, **environment)
    try:
        yield terminal
    finally:
        terminal.close()


def test_live_on_a_terminal_that_is_resized_until_ctrl_c(database: Path) -> None:
    with running(*COMMAND, database, "--every", "0.2") as terminal:
        terminal.wait_for("more lines: a higher window, or --once")
        lines = terminal.screen.splitlines()
        assert len(lines) <= 24
        assert max(len(line.rstrip()) for line in lines) <= 80
        assert "CHAINS" in terminal.screen
        assert "MONEY" not in terminal.screen
        terminal.resize(70, 60)
        terminal.wait_for("MONEY  not audited yet")
        assert max(len(line.rstrip()) for line in terminal.screen.splitlines()) <= 60
        terminal.type(b"\x03")
        assert terminal.wait() == 0
    # The screen that was there before is back, and the cursor too.
    assert "\x1b[?1049l" in terminal.written
    assert terminal.written.rstrip().endswith("\x1b[?1049l") or "\x1b[?25h" in terminal.written
    assert "Traceback" not in terminal.written


def test_sigterm_leaves_the_terminal_as_it_was(database: Path) -> None:
    with running(*COMMAND, database) as terminal:
        terminal.wait_for("CHAINS")
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.wait() == 0
    assert "\x1b[?1049l" in terminal.written


def test_no_color_has_no_colours(database: Path) -> None:
    with running(*COMMAND, database, NO_COLOR="1") as terminal:
        terminal.wait_for("CHAINS")
        assert not re.search(r"\x1b\[[0-9;]*3[0-9][0-9;]*m", terminal.written)
    with running(*COMMAND, database) as terminal:
        terminal.wait_for("CHAINS")
        assert re.search(r"\x1b\[[0-9;]*3[0-9][0-9;]*m", terminal.written)


@pytest.mark.parametrize("option", [["--once"], []])
def test_a_dumb_terminal_gets_it_once(database: Path, option: list[str]) -> None:
    term = "xterm-256color" if option else "dumb"
    with running(*COMMAND, database, *option, TERM=term) as terminal:
        assert terminal.wait() == 0
        assert "\x1b" not in terminal.written
        assert "MONEY" in terminal.written


def test_a_pipe_gets_it_once(database: Path) -> None:
    done = subprocess.run([*COMMAND, str(database)], capture_output=True, text=True, check=True)
    assert "\x1b" not in done.stdout
    assert "tracker: it is not known when it last asked a node" in done.stdout.splitlines()
    assert "? because " in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_as_json(database: Path) -> None:
    command = [*COMMAND, str(database), "--output", "json"]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert told["format"] == "plurichain/watch/1"
    assert {chain["freshness"]["state"] for chain in told["chains"]} == {"never"}


def test_a_database_that_goes_away_is_said_and_nothing_ends(tmp_path: Path, database: Path) -> None:
    place = tmp_path / "packets.db"
    place.write_bytes(database.read_bytes())
    with running(*COMMAND, place, "--every", "0.2") as terminal:
        terminal.wait_for("CHAINS")
        for part in tmp_path.glob("packets.db*"):
            part.write_bytes(b"\xff" * 8192)
        terminal.wait_for("the database cannot be read")
        terminal.wait_for("CHAINS")
        terminal.type(b"\x03")
        assert terminal.wait() == 0
