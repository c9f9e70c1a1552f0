"""The generated protobuf code in the tree is what the protobuf files say today."""

from __future__ import annotations

import subprocess
from pathlib import Path

GO_TYPES = "localnet/x"
PYTHON_CODE = "plurichain/chain/pb"


def read_tree(root: Path, folder: str, pattern: str) -> dict[str, str]:
    """Give the text of each file by its path."""
    return {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted((root / folder).rglob(pattern))
        if "__pycache__" not in path.parts
    }


def differing(expected: dict[str, str], actual: dict[str, str]) -> list[str]:
    """Name the files that one side lacks or has otherwise."""
    return sorted(
        name for name in expected.keys() | actual.keys() if expected.get(name) != actual.get(name)
    )


def test_generated_code_is_fresh(project_root: Path, tmp_path: Path) -> None:
    """Generating anew changes no file, adds none and removes none."""
    subprocess.run([project_root / "scripts" / "gen-proto", tmp_path], check=True)

    for folder, pattern in ((GO_TYPES, "*.pb.go"), (PYTHON_CODE, "*.py*")):
        fresh = read_tree(tmp_path, folder, pattern)
        present = read_tree(project_root, folder, pattern)

        assert fresh, f"nothing was generated below {folder}"
        assert differing(fresh, present) == [], "run `make gen` and commit what it changes"
