"""The audit hook by itself: a stray effect is caught, wherever it is done and however."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.localnet.crash.audit import ALLOWED, PACKAGE

STRAYS = {
    "write": "open(path, 'w').close()",
    "append": "open(path, 'ab').close()",
    "descriptor": "import os; os.close(os.open(path, os.O_RDWR | os.O_CREAT))",
    "rename": "import os; os.rename(path, path)",
    "replace": "import pathlib; pathlib.Path(path).replace(path)",
    "truncate": "import os; os.truncate(path, 0)",
    "mkdir": "import os; os.makedirs(path + '.d')",
    "chmod": "import os; os.chmod(path, 0o600)",
    "unlink": "import pathlib; pathlib.Path(path).unlink()",
    "sqlite": "import sqlite3; sqlite3.connect(':memory:').close()",
    "temporary": "import tempfile; tempfile.TemporaryFile().close()",
    "copy": "import shutil; shutil.copyfile('/dev/null', path)",
    "socket": "import socket; socket.create_connection(('127.0.0.1', 1), 1)",
    "datagram": "import socket; socket.socket(type=2).sendto(b'x', ('127.0.0.1', 9))",
    "http": "import urllib.request; urllib.request.urlopen('http://127.0.0.1:1')",
    "process": "import subprocess; subprocess.run(['true'])",
}
"""Code that changes something, or would."""

GOOD = {
    "read": "open(path).close()",
    "storage": "write_atomic(pathlib.Path(path), b'x')",
    "lock": "with lock(pathlib.Path(path)): open(path).close()",
}
SCRIPT = """
import contextlib, json, pathlib, sys
from plurichain.storage import effects, lock, write_atomic
from tests.localnet.crash import audit
effects.set_observer(lambda *_seen: None)
found = []
audit.install(found.append)
for name, place, source, path in json.load(sys.stdin):
    with audit.looking_away():
        pathlib.Path(path).write_bytes(b"")
    found.clear()
    with contextlib.suppress(OSError):
        exec(compile(source, place, "exec"), globals())
    print(json.dumps([name, found]))
"""
OUTSIDE, INSIDE = f"{PACKAGE}/bidding/auto.py", f"{PACKAGE}/storage/atomic.py"


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Do all of it in a process of its own, since a hook cannot be taken back."""
    folder = tmp_path_factory.mktemp("strays")
    write = STRAYS["write"]
    cases = [(name, OUTSIDE, source) for name, source in (STRAYS | GOOD).items()]
    cases += [
        ("inside", INSIDE, write),
        ("numbered", INSIDE, f"with effects.effect('write', path):\n {write}"),
        ("nobody", "/elsewhere.py", write),
    ]
    orders = [(name, place, source, str(folder / name)) for name, place, source in cases]
    done = subprocess.run(
        [sys.executable, "-B", "-W", "ignore", "-c", SCRIPT],
        input=json.dumps(orders),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(line) for line in done.stdout.splitlines())


def test_every_place_that_may_have_effects_is_there() -> None:
    """One that was moved would be forbidden what it is for, minutes into the matrix."""
    assert [place for place in ALLOWED if not Path(place).exists()] == []


@pytest.mark.parametrize("name", sorted(STRAYS))
def test_a_stray_effect_is_caught(name: str, seen: dict[str, list[str]]) -> None:
    assert seen[name], "nobody saw it"
    assert all(line.endswith("in bidding/auto.py") for line in seen[name])


def test_one_in_storage_itself_is_caught_unless_it_is_numbered(seen: dict[str, list[str]]) -> None:
    [line] = seen["inside"]
    assert line.endswith("in storage/atomic.py, not numbered")
    assert seen["numbered"] == []


def test_one_by_nobody_of_ours_is_caught(seen: dict[str, list[str]]) -> None:
    [line] = seen["nobody"]
    assert line.endswith("by no code of plurichain")


@pytest.mark.parametrize("name", sorted(GOOD))
def test_what_goes_through_storage_or_only_reads_is_let_be(
    name: str, seen: dict[str, list[str]]
) -> None:
    assert seen[name] == []
