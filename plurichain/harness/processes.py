"""Processes by identity: a process id alone may belong to somebody else by now.

Linux tells when a process started in /proc; elsewhere `ps` does, to the second.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

PROC = Path("/proc")
#: How long `kill_for_good` waits for the kernel to finish a killed process.
KILL_DEADLINE_S = 5.0


def get_start_mark(pid: int) -> str | None:
    """Return a text that differs between two processes that had this id, None if there is none.

    A process that has ended but was not yet collected by its parent counts as gone.
    """
    try:
        text = (PROC / str(pid) / "stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None if (PROC / "self" / "stat").exists() else _ask_ps(pid)
    # The name in parentheses may hold blanks; state is the first field after it, start the 20th.
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in {"Z", "X"} else fields[19]


def _ask_ps(pid: int) -> str | None:
    command = ["ps", "-o", "stat=,lstart=", "-p", str(pid)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()
    return None if not answer or answer[0].startswith("Z") else " ".join(answer[1:])


def is_running(pid: int, mark: str | None) -> bool:
    """Tell whether the process that had this id and start mark still runs."""
    found = get_start_mark(pid)
    return found is not None and found == mark


def kill_for_good(pid: int, mark: str | None) -> bool:
    """Kill a process and its group, if it still is that process; tell whether it is gone."""
    deadline = time.monotonic() + KILL_DEADLINE_S
    while is_running(pid, mark):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            # Nodes and supervisors lead groups of their own, so that what they started goes too.
            if os.getpgid(pid) == pid:
                os.killpg(pid, signal.SIGKILL)
            else:
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
