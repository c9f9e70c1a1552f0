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

from plurichain.harness.processes import is_running, kill_for_good


def get_runtime_folder(name: str) -> Path:
    """Return (and make) a folder that all harnesses of this user share, mode 0700."""
    user = os.getuid() if hasattr(os, "getuid") else 0
    base = Path(tempfile.gettempdir()) / f"plurichain-{user}"
    base.mkdir(mode=0o700, exist_ok=True)
    if base.stat().st_uid != user:
        raise PermissionError(f"{base} belongs to another user")
    folder = base / name
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def add(folder: Path) -> Path:
    """Register a chain's folder; returns the file to remove when it has ended."""
    name = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:16]
    entry = get_runtime_folder("nets") / f"{name}.json"
    temporary = entry.with_suffix(f".{os.getpid()}.new")
    temporary.write_text(json.dumps({"version": 1, "folder": str(folder.resolve())}))
    temporary.replace(entry)
    return entry


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
