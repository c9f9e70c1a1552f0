"""The house's plan is enforced: what strays from it makes `make lint` fail.

Each test strays in a copy of the package and runs the very contracts of pyproject.toml on it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

LAYERS = "Layers BROKEN"
FORBIDDEN = "Only chain speaks gRPC and protobuf BROKEN"


@pytest.fixture
def house(project_root: Path, tmp_path: Path) -> Path:
    """Copy the package and its contracts; the original is not touched."""
    ignore = shutil.ignore_patterns("__pycache__", "_localnet")
    shutil.copytree(project_root / "plurichain", tmp_path / "plurichain", ignore=ignore)
    shutil.copy(project_root / "pyproject.toml", tmp_path)
    return tmp_path


def run_contracts(house: Path) -> subprocess.CompletedProcess[str]:
    """Run the import contracts on the copy."""
    return subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache", "--no-logo"],
        cwd=house,
        env={**os.environ, "PYTHONPATH": str(house)},
        text=True,
        capture_output=True,
    )


def test_house_as_it_is_keeps_every_contract(house: Path) -> None:
    """The copy itself passes, so that what fails below fails for the stray alone."""
    result = run_contracts(house)

    assert result.returncode == 0, result.stdout + result.stderr


def test_folder_without_a_layer_is_refused(house: Path) -> None:
    """A new folder has to be given its place among the layers."""
    (house / "plurichain" / "stray").mkdir()
    (house / "plurichain" / "stray" / "__init__.py").write_text("")

    result = run_contracts(house)

    assert result.returncode == 1
    assert LAYERS in result.stdout
    assert "stray" in result.stdout


UPWARDS = [
    ("errors.py", "plurichain.auction"),
    ("auction", "plurichain.storage"),
    ("ibc", "plurichain.lightclient"),
    ("lightclient", "plurichain.ibc"),
    ("clearing", "plurichain.chain"),
    ("chain", "plurichain.vault"),
    ("vault", "plurichain.chain"),
    ("bidding", "plurichain.cli"),
]


def test_imports_from_above_or_beside_are_refused(house: Path) -> None:
    """A file imports only from layers below its own; siblings never import each other."""
    for importer, imported in UPWARDS:
        stray_import(house, importer, f"import {imported}")

    result = run_contracts(house)

    assert result.returncode == 1
    assert LAYERS in result.stdout
    for importer, imported in UPWARDS:
        assert f"{importing_module(importer)} -> {imported}" in result.stdout


def test_protobuf_and_grpc_outside_chain_are_refused(house: Path) -> None:
    """Only plurichain.chain may know the node's libraries, directly or by cosmpy's folders."""
    strays = [
        (importer, imported)
        for importer in ("encoding", "bidding", "cli", "errors.py")
        for imported in ("grpc", "cosmpy", "google.protobuf", "cosmos.base")
    ]
    for importer, imported in strays:
        stray_import(house, importer, f"import {imported}")

    result = run_contracts(house)

    assert result.returncode == 1
    assert FORBIDDEN in result.stdout
    for importer, imported in strays:
        root = imported.partition(".")[0]
        assert f"{importing_module(importer)} -> {root}" in result.stdout


def test_every_layer_of_the_contract_exists(project_root: Path) -> None:
    """No layer is optional and none is listed that has no folder or file."""
    settings = tomllib.loads((project_root / "pyproject.toml").read_text())["tool"]["importlinter"]
    lines = settings["contracts"][0]["layers"]
    layers = [name.strip() for line in lines for name in line.split("|")]

    for layer in layers:
        place = project_root / "plurichain" / layer
        assert (place / "__init__.py").is_file() or place.with_suffix(".py").is_file(), layer


def stray_import(house: Path, importer: str, statement: str) -> None:
    """Put an import where it does not belong."""
    place = house / "plurichain" / importer
    target = place / "stray.py" if place.suffix != ".py" else place
    assert target.parent.is_dir(), f"{importer} does not exist"
    with target.open("a", encoding="utf-8") as file:
        file.write(f"\n{statement}\n")


def importing_module(importer: str) -> str:
    """Name the module that `stray_import` writes to."""
    name = importer.removesuffix(".py")
    return f"plurichain.{name}" if name != importer else f"plurichain.{name}.stray"
