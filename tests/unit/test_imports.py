"""The command line stays quick, because it loads what a command needs and no more."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

HEAVY = (
    "coincurve", "cosmpy", "cryptography", "embit", "google.protobuf", "grpc", "importlib.metadata",
    "matplotlib", "numpy", "requests", "rich", "sqlite3",
)  # fmt: skip

REPORT_LOADED = """
import atexit, json, sys
def report():
    print("\\n" + json.dumps(sorted(sys.modules)), file=sys.stderr)
atexit.register(report)
sys.argv[0] = "plurichain"
from plurichain.cli.main import main
sys.exit(main())
"""


def unmeasured() -> dict[str, str]:
    """Give the environment without coverage, which would load modules of its own."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}


def loaded_modules(*arguments: str, stdin: str = "") -> set[str]:
    """Give the names of all modules loaded when a command has ended."""
    result = subprocess.run(
        [sys.executable, "-c", REPORT_LOADED, *arguments],
        input=stdin,
        text=True,
        capture_output=True,
        env=unmeasured(),
    )
    assert result.returncode == 0, result.stderr
    return set(json.loads(result.stderr.splitlines()[-1]))


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("bid", "--help")])
def test_help_loads_nothing_heavy(arguments: tuple[str, ...]) -> None:
    """Asking what there is does not load the libraries that do it."""
    assert loaded_modules(*arguments).intersection(HEAVY) == set()


def test_import_of_the_package_loads_nothing_heavy() -> None:
    """`import plurichain` is nearly free for the program that does it."""
    code = "import sys, json, plurichain; print(json.dumps(sorted(sys.modules)))"
    result = subprocess.run(
        [sys.executable, "-c", code],
        text=True,
        capture_output=True,
        check=True,
        env=unmeasured(),
    )

    loaded = set(json.loads(result.stdout))

    assert loaded.intersection({*HEAVY, "click"}) == set()
