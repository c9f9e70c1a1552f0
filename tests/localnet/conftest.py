"""Tests against a real chain; `localnet_chain` and its relatives come from our pytest plugin."""

from __future__ import annotations

from pathlib import Path

import pytest

from plurichain.harness import build_binary

HERE = Path(__file__).resolve().parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything below this folder."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.localnet)


@pytest.fixture(scope="session")
def plurid_binary() -> Path:
    """Give the chain's binary, built if a source is newer."""
    return build_binary()


@pytest.fixture
def chain_folder(tmp_path: Path) -> Path:
    """Give the folder of a chain that a test starts for itself."""
    return tmp_path / "chain"
