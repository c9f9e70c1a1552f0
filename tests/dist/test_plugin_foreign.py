"""The pytest plugin in somebody else's project: the wheel, a foreign chain, a fresh environment."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from plurichain.harness import build_binary
from tests.dist.conftest import WheelEnv

pytestmark = pytest.mark.dist

PROJECT = Path(__file__).resolve().parent / "data" / "foreign"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["one process", "two workers"])
def test_foreign_project_tests_its_own_chain(
    wheel_env: WheelEnv, tmp_path: Path, options: tuple[str, ...]
) -> None:
    """`aliend` has another prefix, other coins and no module of ours; its tests pass."""
    project = tmp_path / "project"
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("__pycache__"))
    aliend = shutil.copy(build_binary("aliend"), tmp_path / "aliend")
    wheel_env.install("pytest", "pytest-xdist")

    result = wheel_env.run(
        wheel_env.python, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", *options,
        cwd=project, env={"ALIEND": str(aliend)}, timeout=300,
    )  # fmt: skip

    count = sum(
        path.read_text().count("\ndef test_") for path in project.rglob("test_*.py")
    )
    assert f"{count} passed" in result.stdout, result.stdout + result.stderr
    assert result.returncode == 0
    assert "kept" not in result.stdout
