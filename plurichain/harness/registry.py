"""The chains of this user on this machine, so that what a crash left behind is found.

One small file a chain, in a folder of the user's own below the temporary folder, names the
chain's folder; it is written before the first node starts and removed after the last one ended.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from plurichain.errors import HarnessError
from plurichain.harness.processes import is_running, kill_for_good


def get_runtime_folder(name: str) -> Path:
    """Return a folder that all harnesses of this user share; it may not exist.

    Raises HarnessError if somebody else has made it: what lies in it is believed.
    """
    user = os.getuid()
    base = Path(tempfile.gettempdir()) / f"plurichain-{user}"
    with contextlib.suppress(FileNotFoundError):
        if base.lstat().st_uid != user:
            raise HarnessError(
                f"{base} belongs to another user", remedy="remove it, or set TMPDIR to a folder"
            )
    return base / name


def open_shared(name: str, file: str, flags: int) -> int:
    """Open a file in a shared folder, making both (0700 and 0600); returns the descriptor.

    The folder may vanish in between, when another chain ends as the last one.
    """
    folder = get_runtime_folder(name)
    while True:
        for each in (folder.parent, folder):
            with contextlib.suppress(FileNotFoundError):
                each.mkdir(mode=0o700, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            return os.open(folder / file, flags | os.O_CREAT | os.O_CLOEXEC, 0o600)


def remove_empty_folders() -> None:
    """Remove the shared folders, if nothing is in them."""
    for name in ("nets", "ports", "."):
        with contextlib.suppress(OSError):
            get_runtime_folder(name).rmdir()


def add(folder: Path) -> Path:
    """Register a chain's folder; returns the file to remove when it has ended."""
    folder = folder.resolve()
    file = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16] + ".json"
    descriptor = open_shared("nets", file, os.O_WRONLY | os.O_TRUNC)
    with os.fdopen(descriptor, "w", encoding="utf-8") as entry:
        json.dump({"version": 1, "folder": str(folder)}, entry)
    return get_runtime_folder("nets") / file


def list_folders() -> dict[Path, Path]:
    """Return the registered chains: file of the entry to folder of the chain."""
    found = {}
    for entry in sorted(get_runtime_folder("nets").glob("*.json")):
        with contextlib.suppress(OSError, ValueError, KeyError):
            found[entry] = Path(json.loads(entry.read_text(encoding="utf-8"))["folder"])
    return found


def read_state(folder: Path) -> dict[str, Any] | None:
    """Return what a chain's supervisor last wrote down, None if there is nothing."""
    try:
        state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return state if isinstance(state, dict) else None


def is_supervised(state: dict[str, Any]) -> bool:
    """Tell whether the supervisor that wrote a state still runs."""
    supervisor = state["supervisor"]
    return is_running(supervisor["pid"], supervisor["mark"])


def reap_stale() -> list[Path]:
    """End the nodes of chains whose supervisor is gone; returns the folders that were found.

    A chain that had an owner is removed, as its supervisor would have done; a detached one keeps
    its folder, for whoever started it. A chain that is still starting is left alone.
    """
    reaped = []
    for entry, folder in list_folders().items():
        state = read_state(folder)
        if state is None:
            if not folder.exists():
                entry.unlink(missing_ok=True)
            continue
        if is_supervised(state):
            continue
        gone = [kill_for_good(node["pid"], node["mark"]) for node in state["nodes"].values()]
        if not all(gone):
            continue
        if state["remove"]:
            shutil.rmtree(folder, ignore_errors=True)
        entry.unlink(missing_ok=True)
        reaped.append(folder)
    return reaped
