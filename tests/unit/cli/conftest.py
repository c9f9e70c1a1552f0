"""Running the command line inside the test's process."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from plurichain.cli.main import main


@dataclass(frozen=True, slots=True)
class Run:
    """What a command came to."""

    status: int
    out: str
    err: str


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Run]:
    """Give a function that runs a command line and returns what it came to."""

    def run_command(*arguments: str, stdin: str | bytes = b"") -> Run:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))
        capfd.readouterr()
        status = main(arguments)
        captured = capfd.readouterr()
        return Run(status, captured.out, captured.err)

    return run_command
