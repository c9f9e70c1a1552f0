"""The wheel alone does a user's first things: no checkout, an empty HOME, no extras."""

from __future__ import annotations

import json
import tarfile
import zipfile
from pathlib import Path

import pytest

from plurichain import __version__

pytestmark = pytest.mark.dist

PROBLEM = {
    "side": "forward",
    "quantity": 4,
    "reserve_price": None,
    "payment_rule": "vcg",
    "tie_seed": "",
    "bids": [
        {"bidder": "a", "kind": "schedule", "steps": [[2, 50], [1, 47]]},
        {"bidder": "b", "kind": "schedule", "steps": [[3, 40]]},
    ],
}
# a gets 3 and displaces two of b's units (40 each); b gets 1 and displaces nobody.
EXPECTED = (
    '{"status":"cleared","welfare":"187","allocation":{"a":"3","b":"1"},'
    '"payment":{"a":"80","b":"0"},"clearing_price":null,"surplus":"0"}\n'
)


def names_in_wheel(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_wheel_carries_the_go_sources_it_builds_from(wheel_env, project_root) -> None:
    """Every Go source that is not a test is in the wheel, and no test of either language."""
    names = names_in_wheel(wheel_env.wheel)
    left_out = {"alien", "aliend", "testdata"}
    sources = {
        "plurichain/_localnet/" + path.relative_to(project_root / "localnet").as_posix()
        for path in (project_root / "localnet").rglob("*.go")
        if not path.name.endswith("_test.go") and not left_out & set(path.parts)
    }

    assert {"plurichain/_localnet/go.mod", "plurichain/_localnet/go.sum"} <= set(names)
    assert sources <= set(names)
    assert "plurichain/py.typed" in names
    assert not [name for name in names if name.endswith("_test.go") or "testdata/" in name]
    assert not [name for name in names if name.startswith("tests/") or "alien" in name]


def test_sdist_has_no_leftovers(wheel_env) -> None:
    """The sdist holds sources only."""
    (sdist,) = wheel_env.wheel.parent.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = archive.getnames()

    assert not [name for name in names if "__pycache__" in name or "/build/" in name]
    assert any(name.endswith("/LICENSE") for name in names)


def test_no_extra_is_installed(wheel_env, tmp_path) -> None:
    """What follows is proven without the optional libraries."""
    result = wheel_env.run(wheel_env.python, "-c", "import matplotlib", cwd=tmp_path)

    assert "No module named 'matplotlib'" in result.stderr


@pytest.mark.parametrize("how", ["script", "module"])
def test_help_and_version(wheel_env, tmp_path, how) -> None:
    """Both ways to start it work."""
    start = [wheel_env.plurichain] if how == "script" else [wheel_env.python, "-m", "plurichain"]

    shown = wheel_env.run(*start, "--help", cwd=tmp_path)
    version = wheel_env.run(*start, "--version", cwd=tmp_path)

    assert shown.returncode == 0, shown.stderr
    assert "auction" in shown.stdout
    assert version.stdout.strip().endswith(__version__)


def test_auction_clear(wheel_env, tmp_path) -> None:
    """A problem file is cleared to the byte."""
    (tmp_path / "problem.json").write_text(json.dumps(PROBLEM))

    result = wheel_env.run(wheel_env.plurichain, "auction", "clear", "problem.json", cwd=tmp_path)

    assert result.returncode == 0, result.stderr
    assert result.stdout == EXPECTED
