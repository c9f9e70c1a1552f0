"""Whole stories as a user plays them, each once for all tests of its file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

TIMEOUT_S = 560.0


@pytest.fixture(scope="module")
def scenes(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> list[dict[str, Any]]:
    """Everything that one run of the file's ``STORY`` printed; nothing of it is left behind."""
    story: str = request.module.STORY
    folder = tmp_path_factory.mktemp(story)
    (folder / "tmp").mkdir()
    environment = {**os.environ, "TMPDIR": str(folder / "tmp"), "MPLCONFIGDIR": str(folder)}
    done = subprocess.run(
        [sys.executable, "-m", "plurichain", "demo", story,
         "--folder", str(folder / "pictures"), "--output", "ndjson"],
        capture_output=True, text=True, timeout=TIMEOUT_S, env=environment, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    assert list((folder / "tmp").iterdir()) == [], "something was left behind"
    return [json.loads(line) for line in done.stdout.splitlines()]
