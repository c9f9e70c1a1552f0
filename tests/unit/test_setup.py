"""Set-up on machines that are not ready: it chooses what runs, or says in one line what to do."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

# What the scripts call before they look for Python and Go.
TOOLS = ("bash", "cut", "dirname", "env", "grep", "id", "sed", "sh", "tr")


@pytest.fixture
def bare_path(tmp_path: Path) -> Path:
    """Make a folder of programs that holds the shell's tools and neither Python nor Go."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in TOOLS:
        program = shutil.which(name)
        assert program is not None
        (folder / name).symlink_to(program)
    return folder


def write_program(folder: Path, name: str, script: str) -> None:
    """Put a small shell script on the path."""
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def copy_scripts(project_root: Path, folder: Path) -> Path:
    """Copy the set-up scripts, so that the checkout's own environment is left alone."""
    shutil.copytree(project_root / "scripts", folder / "scripts")
    return folder


def test_bootstrap_without_python_says_what_to_install(
    project_root: Path, tmp_path: Path, bare_path: Path
) -> None:
    """A version manager's shim for a Python that is not there does not count as one."""
    write_program(bare_path, "python3.13", "echo 'python3.13: command not found' >&2; exit 127")
    tree = copy_scripts(project_root, tmp_path / "tree")

    result = subprocess.run(
        [tree / "scripts" / "bootstrap"],
        env={"PATH": str(bare_path)},
        text=True,
        capture_output=True,
    )

    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert "3.11, 3.12 or 3.13" in line
    assert not (tree / ".venv").exists()


def found_go(project_root: Path, *folders: Path) -> str:
    """Give the version of the Go that the scripts would take with this PATH."""
    path = ":".join(map(str, folders))
    script = f'PATH="{path}"; . scripts/go-env; go version'
    result = subprocess.run(
        ["bash", "-c", script], cwd=project_root, text=True, capture_output=True, check=True
    )
    return result.stdout.split()[2]


@pytest.mark.parametrize("unsuitable", ["go1.24.9", "go1.27.0", "go1.2"])
def test_first_suitable_go_is_taken(
    project_root: Path, tmp_path: Path, bare_path: Path, unsuitable: str
) -> None:
    """An older or newer Go earlier on PATH is passed over."""
    write_program(tmp_path / "a", "go", f"echo go version {unsuitable} linux/amd64")
    write_program(tmp_path / "b", "go", "echo go version go1.26.1 linux/amd64")

    assert found_go(project_root, tmp_path / "a", tmp_path / "b", bare_path) == "go1.26.1"
