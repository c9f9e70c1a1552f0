from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from plurichain.errors import LockedError
from plurichain.storage import lock

HOLDER = """
import sys, pathlib, time
from plurichain.storage import lock
with lock(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_another_process_is_kept_out_until_its_holder_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with (
            pytest.raises(LockedError, match="another process has held"),
            lock(path, timeout_s=0.1),
        ):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait(10)
        with lock(path, timeout_s=5):
            pass
    finally:
        holder.kill()
        holder.wait(10)
        if holder.stdout is not None:
            holder.stdout.close()


def test_another_thread_is_kept_out(tmp_path: Path) -> None:
    path, seen = tmp_path / "lock", []

    def attempt() -> None:
        try:
            with lock(path, timeout_s=0.05):
                seen.append("entered")
        except LockedError:
            seen.append("kept out")

    with lock(path):
        thread = threading.Thread(target=attempt)
        thread.start()
        thread.join(10)

    assert seen == ["kept out"]
    assert path.stat().st_mode & 0o077 == 0
