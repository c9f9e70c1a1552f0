"""rows.toml: every fault that a client must survive has a test that pytest runs."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROVEN_READS = {14, 15}


def read_rows() -> dict[int, list[str]]:
    content = tomllib.loads((HERE / "rows.toml").read_text(encoding="utf-8"))
    assert all(row["fault"] for row in content.values())
    return {int(number): row["tests"] for number, row in content.items()}


def test_every_row_has_a_test() -> None:
    rows = read_rows()
    assert set(rows) == set(range(1, 31)) - PROVEN_READS
    for number, tests in rows.items():
        assert tests, number
        assert len(set(tests)) == len(tests), number


def test_every_test_that_is_named_is_collected(project_root: Path) -> None:
    """By `make test` as it is: what only the long run has does not count."""
    named = {test for tests in read_rows().values() for test in tests}
    files = sorted({test.partition("::")[0] for test in named})
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *files],
        cwd=project_root,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    collected = {line.partition("[")[0] for line in done.stdout.splitlines() if "::" in line}
    assert named - collected == set()
