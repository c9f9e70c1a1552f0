"""Indexes of faults, rows.toml beside the tests: every fault has tests that pytest runs."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path


def read_rows(path: Path) -> dict[int, list[str]]:
    """Return the tests of every row by its number; each row must say what the fault is."""
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    assert all(row["fault"] for row in content.values())
    return {int(number): row["tests"] for number, row in content.items()}


def assert_rows(rows: dict[int, list[str]], numbers: set[int]) -> None:
    """Fail unless exactly these rows are there, each with tests, none of them named twice."""
    assert set(rows) == numbers
    for number, tests in rows.items():
        assert tests, number
        assert len(set(tests)) == len(tests), number


def assert_collected(rows: dict[int, list[str]], root: Path) -> None:
    """Fail unless pytest, called as `make test` calls it, collects every test that is named."""
    named = {test for tests in rows.values() for test in tests}
    files = sorted({test.partition("::")[0] for test in named})
    done = subprocess.run(
        [
            sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider",
            "-m", "not long", *files,
        ],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    collected = {line.partition("[")[0] for line in done.stdout.splitlines() if "::" in line}
    assert named - collected == set()
