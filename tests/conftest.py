"""What every test may rely on: a clean environment and reproducible property tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from tests.postgres import PostgresServer

ROOT = Path(__file__).resolve().parent.parent

# A deadline per example measures the machine, not the code; the seed of a failure is printed.
settings.register_profile("default", deadline=None, print_blob=True)
settings.register_profile("long", deadline=None, print_blob=True, max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(scope="session")
def project_root() -> Path:
    """Give the folder of the checkout."""
    return ROOT


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the user's own networks, keys and colours out of every test, and ours out of theirs."""
    for name in [name for name in os.environ if name.startswith("PLURICHAIN_")]:
        monkeypatch.delenv(name)
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PLURICHAIN_HOME", str(tmp_path / "plurichain-home"))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Run one PostgreSQL server for all tests of this worker that need it."""
    from tests.postgres import PostgresServer

    with PostgresServer.running() as server:
        yield server


@pytest.fixture
def packet_store_url(postgres_server: PostgresServer) -> str:
    """Give the URL of an empty database of the tracker on a real PostgreSQL server."""
    return postgres_server.make_place()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store_place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give a place for a tracker's database, on each engine: the same tests on both."""
    if request.param == "sqlite":
        return str(tmp_path / "packets.db")
    return str(request.getfixturevalue("packet_store_url"))
