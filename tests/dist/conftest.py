"""A wheel of this checkout, installed alone: what a user gets, not what a developer has."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

# Somebody else's project: its tests run in the wheel's environment, not in this one.
collect_ignore = ["data"]

# Go's caches are the user's: a build in the tests must not compile the SDK from nothing.
GO_CACHE_NAMES = ("GOCACHE", "GOMODCACHE", "GOPATH", "GOPROXY", "GOSUMDB", "GONOSUMDB", "GOFLAGS")
# How this machine reaches its registries and trusts them.
NETWORK_NAMES = (
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE",
)  # fmt: skip


@dataclass(frozen=True)
class WheelEnv:
    """A fresh environment that holds the wheel and its dependencies, and nothing else."""

    wheel: Path
    folder: Path
    constraints: Path

    @property
    def bin(self) -> Path:
        """Give the folder of the environment's programs."""
        return self.folder / "bin"

    @property
    def python(self) -> Path:
        """Give the environment's interpreter."""
        return self.bin / "python"

    @property
    def plurichain(self) -> Path:
        """Give the installed command line."""
        return self.bin / "plurichain"

    def run(
        self,
        *command: str | Path,
        cwd: Path,
        stdin: str = "",
        env: Mapping[str, str] | None = None,
        timeout: float = 120,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program as a new user would: in `cwd`, whose folder `home` is an empty HOME."""
        return subprocess.run(
            [str(part) for part in command],
            cwd=cwd,
            input=stdin,
            text=True,
            capture_output=True,
            timeout=timeout,
            env={**empty_home(cwd / "home"), **(env or {})},
        )

    def install(self, *requirements: str | Path) -> None:
        """Install more into the environment, at the locked versions where there are some."""
        # Another test worker may ask for the same at this moment.
        with (self.folder / "install.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            pip_install(self.python, self.constraints, *requirements)


def empty_home(home: Path) -> dict[str, str]:
    """Give an environment with an empty home and no trace of the checkout or its .venv."""
    home.mkdir(parents=True, exist_ok=True)
    kept = {name: os.environ[name] for name in (*NETWORK_NAMES, "TMPDIR") if name in os.environ}
    checkout_bin = str(Path(sys.executable).parent)
    path = [part for part in os.environ["PATH"].split(os.pathsep) if part != checkout_bin]
    return {
        **kept,
        "HOME": str(home),
        "PATH": os.pathsep.join(path),
        "LANG": "C.UTF-8",
        **go_caches(),
    }


def go_caches() -> dict[str, str]:
    """Give Go's own settings, so that an empty HOME does not mean empty caches."""
    go = shutil.which("go") or Path(sys.executable).parent / "go"
    result = subprocess.run(
        [str(go), "env", "-json", *GO_CACHE_NAMES], text=True, capture_output=True, check=True
    )
    settings: dict[str, str] = json.loads(result.stdout)
    return {name: value for name, value in settings.items() if value}


def pip_install(python: Path, constraints: Path, *requirements: str | Path) -> None:
    """Install with this machine's pip settings."""
    names = [str(requirement) for requirement in requirements]
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*command, "--constraint", str(constraints), *names], check=True, timeout=300)


def write_constraints(lock: Path, constraints: Path) -> None:
    """Write the lock's versions without hashes, since the wheel just built can have none there."""
    pins = [
        line.removesuffix("\\").strip()
        for line in lock.read_text(encoding="utf-8").splitlines()
        if line and not line.startswith((" ", "#"))
    ]
    constraints.write_text("\n".join(pins) + "\n", encoding="utf-8")


def build_wheel(project_root: Path, folder: Path) -> Path:
    """Build the wheel from the sdist, which proves that the sdist holds all it needs."""
    command: Sequence[str | Path] = (
        sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, project_root,
    )  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="session")
def wheel_env(project_root: Path, tmp_path_factory: pytest.TempPathFactory) -> WheelEnv:
    """Give the wheel's environment, made once for all test workers of a run."""
    base = tmp_path_factory.getbasetemp()
    # A worker's own folder lies in that of the run.
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = shared / "wheel-env"
    with (shared / "wheel-env.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            wheel = build_wheel(project_root, folder / "dist")
            write_constraints(project_root / "requirements.lock", folder / "constraints.txt")
            subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
            pip_install(folder / "venv" / "bin" / "python", folder / "constraints.txt", wheel)
            (folder / "complete").touch()
    (wheel,) = (folder / "dist").glob("*.whl")
    return WheelEnv(wheel, folder / "venv", folder / "constraints.txt")
