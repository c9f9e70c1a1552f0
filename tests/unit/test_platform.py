"""What works without POSIX: importing, the pure layers and the offline commands.

A child process in which the POSIX-only modules cannot be imported stands for Windows.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

POSIX_MODULES = (
    "crypt", "fcntl", "grp", "nis", "posix", "pty", "pwd", "readline", "resource", "syslog",
    "termios", "tty",
)  # fmt: skip

# Hides the modules from everything that plurichain imports. Modules that Python itself loaded at
# its start stay loaded; `posix` stays importable to the standard library's own `os`.
HIDE = f"""
import sys

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name in {POSIX_MODULES!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
        return None

sys.meta_path.insert(0, Hidden())
for name in {POSIX_MODULES!r}:
    if name != "posix":
        sys.modules.pop(name, None)
"""

IMPORT_PURE = """
import importlib, pkgutil
import plurichain

def import_all(name):
    module = importlib.import_module(name)
    for child in pkgutil.iter_modules(getattr(module, "__path__", ())):
        import_all(f"{name}.{child.name}")

for layer in ("errors", "units", "identifiers", "encoding", "auction", "clearing"):
    import_all(f"plurichain.{layer}")
"""

RUN_CLI = """
import sys
sys.argv[0] = "plurichain"
from plurichain.cli.main import main
sys.exit(main())
"""

PROBLEM = {
    "side": "forward",
    "quantity": 4,
    "payment_rule": "vcg",
    "bids": [{"bidder": "a", "kind": "schedule", "steps": [[1, 50], [1, 47]]}],
}


def run_without_posix(
    code: str, *arguments: str | Path, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run code in a Python that has no POSIX modules."""
    return subprocess.run(
        [sys.executable, "-c", HIDE + code, *map(str, arguments)],
        input=stdin,
        text=True,
        capture_output=True,
        env=dict(os.environ),
    )


def test_modules_are_really_hidden() -> None:
    """The stand-in for Windows refuses what Windows lacks."""
    result = run_without_posix("import fcntl")

    assert "No module named 'fcntl'" in result.stderr


def test_package_and_pure_layers_import() -> None:
    """The package and every module of the pure layers need no POSIX."""
    result = run_without_posix(IMPORT_PURE)

    assert result.returncode == 0, result.stderr


def test_help_works() -> None:
    """The front page is there for everybody."""
    result = run_without_posix(RUN_CLI, "--help")

    assert result.returncode == 0, result.stderr
    assert "Usage" in result.stdout


def test_auction_clear_works() -> None:
    """Clearing a problem file is arithmetic."""
    result = run_without_posix(RUN_CLI, "auction", "clear", "-", stdin=json.dumps(PROBLEM))

    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["allocation"] == {"a": "2"}


def test_what_needs_posix_says_use_wsl() -> None:
    """A command that needs processes, locks or permissions says so in one line."""
    result = run_without_posix(RUN_CLI, "localnet", "up")

    assert result.returncode == 1
    assert "WSL" in result.stderr
    assert "Traceback" not in result.stderr
