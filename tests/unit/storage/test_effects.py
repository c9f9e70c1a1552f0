"""The seam by which tests see every effect; nobody else uses it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from plurichain.storage import Database, effects, lock, write_atomic


@pytest.fixture
def seen() -> Iterator[list[tuple[str, str]]]:
    found: list[tuple[str, str]] = []
    effects.set_observer(lambda stage, kind, target: found.append((stage, kind)))
    yield found
    effects.set_observer(None)


def test_an_atomic_write_is_told_step_by_step(seen: list[tuple[str, str]], tmp_path: Path) -> None:
    write_atomic(tmp_path / "file", b"x")
    kinds = ["create", "write", "sync", "chmod", "rename", "sync"]
    assert seen == [(stage, kind) for kind in kinds for stage in ("before", "after")]


def test_a_transaction_is_one_effect(seen: list[tuple[str, str]], tmp_path: Path) -> None:
    with Database.open(tmp_path / "a.db", ["CREATE TABLE t (x) ;"], name="t") as database:
        seen.clear()
        with database.transaction():
            database.execute("INSERT INTO t VALUES (1)")
            database.execute("INSERT INTO t VALUES (2)")
        database.query("SELECT * FROM t")
        database.execute("DELETE FROM t")
    kinds = [kind for stage, kind in seen if stage == "before"]
    assert kinds == ["begin", "commit", "delete", "close"]


def test_an_effect_that_fails_is_over_too(seen: list[tuple[str, str]], tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), effects.effect("read", tmp_path):
        (tmp_path / "missing").read_bytes()
    assert not effects.is_inside()
    assert seen == [("before", "read"), ("after", "read")]


def test_unset_it_does_nothing(tmp_path: Path) -> None:
    assert effects.effect("a", 1) is effects.effect("b", 2)
    with effects.effect("a", 1), lock(tmp_path / "lock"):
        assert not effects.is_inside()
