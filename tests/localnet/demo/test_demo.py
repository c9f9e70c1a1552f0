"""`plurichain demo` as a user runs it: to its end, interrupted, killed, and failing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

END_TIMEOUT_S = 280.0
#: What is tried one after another: a machine with other work may be too busy for the first.
PACES: tuple[tuple[str, ...], ...] = ((), ("--slower", "9"))


@dataclass
class Demo:
    """A running demo whose temporary files, and so all its processes' files, are in ``folder``."""

    process: subprocess.Popen[str]
    folder: Path

    def read_until(self, is_wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Read scenes up to one that is wanted."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            scene: dict[str, Any] = json.loads(line)
            if is_wanted(scene):
                return scene
        pytest.fail(f"the demo ended before: {self.process.communicate()[1]}")

    def end(self) -> tuple[int, list[dict[str, Any]], str]:
        """Wait for its end; returns status, the scenes still unread, and standard error."""
        out, err = self.process.communicate(timeout=END_TIMEOUT_S)
        return self.process.returncode, [json.loads(line) for line in out.splitlines()], err

    def list_processes(self) -> list[tuple[int, str]]:
        """Return every process on the machine whose command names a file of this demo."""
        listing = subprocess.run(
            ["ps", "-A", "-ww", "-o", "pid=,args="], capture_output=True, text=True, check=True
        )
        rows = (line.split(None, 1) for line in listing.stdout.splitlines())
        return [
            (int(pid), command)
            for pid, command in rows
            if str(self.folder / "tmp") in command and int(pid) != self.process.pid
        ]

    def wait_until_nothing_runs(self) -> None:
        """Fail if a process of the demo is still there after some seconds."""
        deadline = time.monotonic() + 20
        while left := self.list_processes():
            assert time.monotonic() < deadline, left
            time.sleep(0.05)


@pytest.fixture
def start(tmp_path: Path, plurid_binary: Path) -> Iterator[Callable[..., Demo]]:
    started: list[Demo] = []

    def start_demo(*arguments: str, binary: Path = plurid_binary) -> Demo:
        (tmp_path / "tmp").mkdir(exist_ok=True)
        process = subprocess.Popen(
            [sys.executable, "-m", "plurichain", "demo", "--output", "ndjson",
             "--folder", str(tmp_path / "pictures"), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "TMPDIR": str(tmp_path / "tmp"), "PLURICHAIN_PLURID": str(binary)},
        )  # fmt: skip
        started.append(Demo(process, tmp_path))
        return started[-1]

    yield start_demo
    for demo in started:
        demo.process.kill()
        demo.process.communicate()
        demo.wait_until_nothing_runs()


def is_bidding(scene: dict[str, Any]) -> bool:
    return scene["scene"] == "said" and "`plurichain bid auto` started" in scene["text"]


EXPECTED = {
    "reverse": ("town-tender", None, {"battery-clinic": "5000000"}),
    "forward": ("town-sale", "221", {"sawmill": "5000000"}),
}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("side", EXPECTED)
def test_the_whole_story(start, side: str) -> None:
    name, price, forfeited = EXPECTED[side]
    for pace in PACES:
        demo = start("--auction", side, *pace)
        status, scenes, errors = demo.end()
        if "too busy for this pace" not in errors:
            break
    assert status == 0, errors
    *story, ending = scenes

    assert demo.list_processes() == []
    assert pace != PACES[0] or list((demo.folder / "tmp").iterdir()) == []
    assert ending["phase"] == "cleared"
    assert ending["clearing_price"] == price
    assert ending["forfeited"] == forfeited
    assert sum(int(row["allocation"]) for row in ending["award"].values()) == 100_000
    assert set(forfeited).isdisjoint(ending["award"])
    assert [scene["number"] for scene in story if scene["scene"] == "chapter"] == [1, 2, 3, 4, 5, 6]
    told = " ".join(scene["text"] for scene in story if scene["scene"] == "said")
    assert "10 commitments, 10 equal deposits, 0 openings" in told
    assert "refused by the chain" in told
    assert "auction, code 12" in told
    assert "opened from its vault" in told
    assert "the Python rules, from the openings on the chain, come to the same result" in told
    png, svg = (demo.folder / "pictures" / f"{name}.{kind}" for kind in ("png", "svg"))
    assert png.read_bytes().startswith(b"\x89PNG")
    assert f">{next(iter(ending['award']))}:" in svg.read_text(encoding="utf-8")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_nothing(start, number: signal.Signals) -> None:
    demo = start()
    demo.read_until(is_bidding)
    assert len(demo.list_processes()) > 10
    demo.process.send_signal(number)
    status, _, errors = demo.end()

    assert status == 130
    assert errors.strip() == "error: interrupted; nothing is pending"
    assert demo.list_processes() == []
    assert list((demo.folder / "tmp").iterdir()) == []


def test_killing_the_demo_ends_all_that_it_started(start) -> None:
    demo = start()
    demo.read_until(is_bidding)
    demo.process.kill()
    demo.end()

    demo.wait_until_nothing_runs()


def test_a_bidder_that_fails_ends_the_demo_with_one_line(start) -> None:
    demo = start()
    demo.read_until(is_bidding)
    (bidder,) = [pid for pid, command in demo.list_processes() if "/chp-dairy/" in command]
    os.kill(bidder, signal.SIGTERM)
    status, _, errors = demo.end()
    lines = errors.splitlines()

    assert status == 1
    assert lines[0].startswith("error: chp-dairy ended with status -15")
    assert lines[1].startswith("help: its output is in ")
    assert len(lines) == 2
    assert demo.list_processes() == []
    output = lines[1].removeprefix("help: its output is in ").partition(";")[0]
    assert (Path(output) / "first.out").exists()
    assert "; kept: " in lines[1]


def test_a_chain_that_does_not_start_is_one_line(start, tmp_path: Path) -> None:
    binary = tmp_path / "broken"
    binary.write_text("#!/bin/sh\necho no >&2\nexit 3\n", encoding="utf-8")
    binary.chmod(0o755)
    demo = start(binary=binary)
    status, scenes, errors = demo.end()

    assert (status, scenes) == (1, [])
    assert errors.startswith("error: ")
    assert "Traceback" not in errors
    assert len(errors.splitlines()) <= 2
