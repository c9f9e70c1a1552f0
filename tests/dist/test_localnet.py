"""`localnet up` from the wheel alone: it carries the chain's sources and builds them once."""

from __future__ import annotations

import json
import os
import shutil
import urllib.error
import urllib.request
from pathlib import Path

import pytest

pytestmark = pytest.mark.dist

# The SDK is in Go's cache by now; a machine where it is not needs some minutes.
BUILD_TIMEOUT_S = 1200


def get_height(rpc: str) -> int:
    """Ask a node for its height, with nothing of ours in between."""
    with urllib.request.urlopen(f"{rpc}/status", timeout=5) as reply:
        return int(json.load(reply)["result"]["sync_info"]["latest_block_height"])


@pytest.mark.timeout(BUILD_TIMEOUT_S)
def test_localnet_is_built_once_and_runs(wheel_env, tmp_path: Path) -> None:
    """The first start builds with progress, the second builds nothing; down leaves nothing."""
    command = wheel_env.plurichain, "localnet"
    first = wheel_env.run(*command, "up", cwd=tmp_path, timeout=BUILD_TIMEOUT_S)
    try:
        assert first.returncode == 0, first.stderr
        assert "building plurid" in first.stderr

        again = wheel_env.run(*command, "up", "second", "--output", "json", cwd=tmp_path)
        assert again.returncode == 0, again.stderr
        assert "building" not in again.stderr

        status = wheel_env.run(*command, "status", "--output", "ndjson", cwd=tmp_path)
        names = [json.loads(line)["name"] for line in status.stdout.splitlines()]
        assert sorted(names) == ["localnet", "second"]
        rpc = json.loads(again.stdout)["nodes"][0]["rpc"]
        assert get_height(rpc) >= 2
    finally:
        down = wheel_env.run(*command, "down", "--all", cwd=tmp_path)

    assert down.returncode == 0, down.stderr
    with pytest.raises((urllib.error.URLError, ConnectionError)):
        get_height(rpc)


@pytest.mark.long
@pytest.mark.timeout(BUILD_TIMEOUT_S)
def test_without_a_system_go_the_extra_brings_one(wheel_env, tmp_path: Path) -> None:
    """With [localnet] installed, a machine without Go builds and starts the chain.

    The machine's own Go is hidden by an empty file system in a private mount namespace.
    """
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("hiding the system's Go needs root and unshare")
    wheel_env.install(f"{wheel_env.wheel}[localnet]")
    path = [
        part for part in os.environ["PATH"].split(os.pathsep) if not (Path(part) / "go").exists()
    ]
    hide = "[ ! -d /usr/local/go ] || mount -t tmpfs none /usr/local/go"
    start = f"{hide}; {wheel_env.plurichain} localnet up && {wheel_env.plurichain} localnet down"

    result = wheel_env.run(
        "unshare", "--mount", "sh", "-c", start, cwd=tmp_path, timeout=BUILD_TIMEOUT_S,
        env={"PATH": os.pathsep.join(path)},
    )  # fmt: skip

    assert result.returncode == 0, result.stderr
    assert str(wheel_env.bin / "go") in result.stderr
