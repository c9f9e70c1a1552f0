"""Processes are known by id and start, with /proc and without."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from plurichain.harness import processes
from plurichain.harness.processes import get_start_mark, is_running, kill_for_good


@pytest.fixture(params=["system", "ps"], autouse=True)
def source(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run each test as the system tells it, and as `ps` does where there is no /proc."""
    if request.param == "ps":
        monkeypatch.setattr(processes, "PROC", Path("/nowhere"))


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """Give a process that leads a group of its own."""
    with subprocess.Popen(["sleep", "600"], process_group=0) as process:
        yield process
        process.kill()


def test_mark_is_the_same_while_a_process_lives(sleeper: subprocess.Popen[bytes]) -> None:
    """The mark of a process does not change, and belongs to it alone."""
    mark = get_start_mark(sleeper.pid)

    assert mark is not None
    assert is_running(sleeper.pid, mark)
    assert not is_running(sleeper.pid, "another")


def test_process_that_was_not_collected_is_gone(sleeper: subprocess.Popen[bytes]) -> None:
    """A zombie holds nothing and runs nothing."""
    os.kill(sleeper.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while get_start_mark(sleeper.pid) is not None:
        assert time.monotonic() < deadline, "waited 10 s for the end of a killed process"
        time.sleep(0.01)

    assert sleeper.poll() == -signal.SIGKILL


def test_kill_is_for_good(sleeper: subprocess.Popen[bytes]) -> None:
    """The process has ended when the call returns; killing it again is no error."""
    mark = get_start_mark(sleeper.pid)

    assert kill_for_good(sleeper.pid, mark)
    assert kill_for_good(sleeper.pid, mark)

    assert sleeper.wait() == -signal.SIGKILL


def test_stranger_is_not_killed(sleeper: subprocess.Popen[bytes]) -> None:
    """Without the right mark nothing is sent."""
    assert kill_for_good(sleeper.pid, "another")

    assert sleeper.poll() is None
