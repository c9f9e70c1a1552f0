"""Bidders as processes: forked when told (``zygote``), stopped where told, followed to the end."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from tests.localnet.crash.zygote import MARK

START_TIMEOUT_S = 120.0
ROOT = Path(__file__).resolve().parents[3]


@dataclass(slots=True)
class Run:
    """One process of a bidder: what it printed, what its plan met, how it ended."""

    name: str
    pid: int = 0
    status: int | None = None
    lines: list[str] = field(default_factory=list)
    points: list[tuple[int, int, str]] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    met: dict[str, Any] | None = None
    changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def text(self) -> str:
        """All that it printed."""
        return "\n".join(self.lines)

    @property
    def steps(self) -> list[dict[str, Any]]:
        """The steps that `bid auto --output ndjson` printed."""
        found = (json.loads(line) for line in self.lines if line.startswith('{"step"'))
        return list(found)

    def has_step(self, name: str) -> bool:
        """Tell whether it printed a step of that name."""
        return any(line.startswith(f'{{"step": "{name}"') for line in self.lines)

    def has_met(self) -> bool:
        """Tell whether it came to the point of its plan."""
        return self.met is not None

    def take(self, message: dict[str, Any]) -> None:
        """Note what the zygote says of it."""
        with self.changed:
            if "pid" in message:
                self.pid = message["pid"]
            elif "status" in message:
                self.status = message["status"]
            elif message["line"].startswith(MARK):
                self._take_mark(json.loads(message["line"][1:]))
            elif message["line"]:
                self.lines.append(message["line"])
            self.changed.notify_all()

    def _take_mark(self, mark: dict[str, Any]) -> None:
        if "violation" in mark:
            self.violations.append(mark["violation"])
        elif "number" in mark:
            self.points.append((mark["number"], mark["changes"], mark["label"]))
        else:
            self.met = mark

    def wait(self, condition: Callable[[], bool], what: str, *, timeout_s: float) -> None:
        """Wait until ``condition`` holds or the process has ended."""
        deadline = time.monotonic() + timeout_s
        with self.changed:
            while not (condition() or self.status is not None):
                left_s = deadline - time.monotonic()
                if left_s <= 0:
                    raise AssertionError(
                        f"{self.name}: no {what} within {timeout_s:g} s; it said:\n{self.text}"
                    )
                self.changed.wait(left_s)

    def wait_for_end(self, *, timeout_s: float) -> int:
        """Wait until the process has ended; returns its status."""
        self.wait(lambda: False, "end", timeout_s=timeout_s)
        assert self.status is not None
        return self.status


class Stable:
    """The zygote, and the runs that it was told to start; used from several threads."""

    def __init__(self) -> None:
        self._runs: dict[str, Run] = {}
        self._guard = threading.Lock()
        self._is_ready = threading.Event()
        self._zygote = subprocess.Popen(
            [sys.executable, "-m", "tests.localnet.crash.zygote"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
        )
        self._reader = threading.Thread(target=self._read, name="stable", daemon=True)
        self._reader.start()
        if not self._is_ready.wait(START_TIMEOUT_S) or self._zygote.poll() is not None:
            self.close()
            raise AssertionError(f"the zygote did not get ready in {START_TIMEOUT_S:g} s")

    def start(
        self, name: str, home: Path, commands: list[list[str]], plan: dict[str, Any] | None = None
    ) -> Run:
        """Start a process that runs ``commands`` one after another, up to one that fails."""
        order = {
            "name": "",
            "home": str(home),
            "commands": commands,
            "plan": plan or {"do": "nothing"},
        }
        with self._guard:
            order["name"] = f"{name} run {len(self._runs) + 1}"
            run = Run(str(order["name"]))
            self._runs[run.name] = run
            assert self._zygote.stdin is not None
            self._zygote.stdin.write(json.dumps(order).encode() + b"\n")
            self._zygote.stdin.flush()
        return run

    def _read(self) -> None:
        assert self._zygote.stdout is not None
        for line in self._zygote.stdout:
            message = json.loads(line)
            if "ready" in message:
                self._is_ready.set()
            else:
                self._runs[message["name"]].take(message)
        self._is_ready.set()  # or never will be

    def close(self) -> None:
        """End all processes."""
        assert self._zygote.stdin is not None
        self._zygote.stdin.close()
        try:
            self._zygote.wait(30)
        except subprocess.TimeoutExpired:
            self._zygote.kill()
            self._zygote.wait(10)
        self._reader.join(10)
        assert self._zygote.stdout is not None
        self._zygote.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()
