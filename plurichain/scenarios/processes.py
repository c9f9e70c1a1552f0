"""Programs of other people on this machine: started, killed, waited for, and never left behind.

All of them are in one process group, led by a reaper: a few lines that wait for the end
of its standard input and then kill the group. So they end even if the one who started
them is killed, and a Ctrl-C in the terminal reaches none of them by itself.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from plurichain.errors import HarnessError

_REAPER = "import os, sys; sys.stdin.buffer.read(); os.killpg(0, 9)"
END_DEADLINE_S = 60.0
_POLL_S = 0.02


@dataclass(slots=True)
class Program:
    """One run of `plurichain`; what it says goes to files in its own home."""

    name: str
    process: subprocess.Popen[bytes]
    output: Path
    errors: Path
    is_killed: bool = False

    def is_running(self) -> bool:
        """Tell whether it has not ended."""
        return self.process.poll() is None

    def kill(self) -> None:
        """End it at once with SIGKILL: it cannot notice, nor tidy up."""
        self.is_killed = True
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(END_DEADLINE_S)

    def stop(self, timeout_s: float) -> None:
        """Ask it to end (SIGTERM) and wait. Raises HarnessError if it does not, or fails."""
        self.process.send_signal(signal.SIGTERM)
        self.wait(timeout_s)

    def wait(self, timeout_s: float) -> None:
        """Wait until it ends by itself. Raises HarnessError if it does not, or fails."""
        try:
            status = self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise HarnessError(f"{self.name} did not end within {timeout_s:g} s") from None
        if status:
            raise self.make_error()

    def validate_running(self) -> None:
        """Raise HarnessError with its last words if it failed; a kill was meant."""
        if not self.is_killed and not self.is_running() and self.process.returncode:
            raise self.make_error()

    def make_error(self) -> HarnessError:
        """Return an error with the last line that the program wrote."""
        lines = self.errors.read_text(encoding="utf-8", errors="replace").splitlines()
        said = next((line for line in reversed(lines) if line.startswith("error:")), "")
        said = said or (lines[-1] if lines else "it said nothing")
        return HarnessError(
            f"{self.name} ended with status {self.process.returncode}: {said}",
            remedy=f"its output is in {self.output.parent}",
        )

    def read_output(self) -> str:
        """Return all that it printed."""
        return self.output.read_text(encoding="utf-8")

    def read_steps(self) -> list[dict[str, Any]]:
        """Return the lines of NDJSON that it printed; a line cut off by a kill is left out."""
        steps = []
        for line in self.read_output().splitlines():
            with contextlib.suppress(ValueError):
                steps.append(json.loads(line))
        return steps


class ProgramGroup:
    """Programs that end together, at the latest with this process."""

    def __init__(self) -> None:
        self.programs: list[Program] = []
        self._reaper = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _REAPER], stdin=subprocess.PIPE, process_group=0
        )

    def start(self, name: str, arguments: Sequence[str], home: Path, *, run: str) -> Program:
        """Start `plurichain` with a home of its own; ``run`` names the files of its output."""
        output, errors = home / f"{run}.out", home / f"{run}.err"
        with output.open("xb") as out, errors.open("xb") as err:
            process = subprocess.Popen(
                [sys.executable, "-m", "plurichain", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=_make_environment(home),
                process_group=self._reaper.pid,
            )
        program = Program(name, process, output, errors)
        self.programs.append(program)
        return program

    def end(self) -> int:
        """Kill what still runs, see that nothing does, and return how many there have been.

        Raises HarnessError if a process of the group is left.
        """
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._reaper.pid, signal.SIGKILL)
        assert self._reaper.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._reaper.stdin.close()
        for process in (self._reaper, *(program.process for program in self.programs)):
            process.wait(END_DEADLINE_S)
        deadline = time.monotonic() + END_DEADLINE_S
        while _has_members(self._reaper.pid):
            if time.monotonic() > deadline:
                raise HarnessError(f"a process of the group {self._reaper.pid} does not end")
            time.sleep(_POLL_S)
        return len(self.programs)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.end()


def _has_members(group_id: int) -> bool:
    try:
        os.killpg(group_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        # Some systems say so of a group that only has ended processes.
        return False
    return True


def _make_environment(home: Path) -> Mapping[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PLURICHAIN_")}
    return {**kept, "PLURICHAIN_HOME": str(home), "NO_COLOR": "1"}
