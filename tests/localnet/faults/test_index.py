"""rows.toml: every fault that a client must survive has a test that pytest runs."""

from __future__ import annotations

from pathlib import Path

from tests.fault_rows import assert_collected, assert_rows, read_rows

ROWS = read_rows(Path(__file__).resolve().parent / "rows.toml")
PROVEN_READS = {14, 15}


def test_every_row_has_a_test() -> None:
    assert_rows(ROWS, set(range(1, 31)) - PROVEN_READS)


def test_every_test_that_is_named_is_collected(project_root: Path) -> None:
    """By `make test` as it is: what only the long run has does not count."""
    assert_collected(ROWS, project_root)
