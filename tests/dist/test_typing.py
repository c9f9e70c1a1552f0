"""A program that uses the installed wheel is type-checked strictly."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.dist


def test_public_names_are_typed(wheel_env, project_root: Path, tmp_path: Path) -> None:
    """mypy finds nothing to say, and every expected complaint is there (unused ignores fail)."""
    settings = tmp_path / "mypy.ini"
    settings.write_text("[mypy]\nstrict = true\nwarn_unused_ignores = true\n")

    result = subprocess.run(
        [
            sys.executable, "-m", "mypy", "--config-file", settings,
            "--python-executable", wheel_env.python, "--cache-dir", tmp_path / "cache",
            *sorted((project_root / "tests" / "typing").glob("*.py")),
        ],
        cwd=tmp_path,
        text=True,
        capture_output=True,
    )  # fmt: skip

    assert result.returncode == 0, result.stdout + result.stderr
