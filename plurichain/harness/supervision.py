"""The caller's side of a chain's supervisor: start it, give orders, read what came of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import plurichain
from plurichain.errors import HarnessError
from plurichain.harness import registry
from plurichain.harness.processes import kill_for_good
from plurichain.harness.supervisor import ORDERS

if TYPE_CHECKING:
    from collections.abc import Sequence

SUPERVISOR_LOG = "supervisor.log"
ANSWER_DEADLINE_S = 15.0
POLL_S = 0.005


class Supervision:
    """A chain's supervisor, ours or (after `attach`) one that was detached."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes] | None) -> None:
        self.folder = folder
        self._process = process

    @classmethod
    def start(cls, folder: Path, lock_descriptors: Sequence[int]) -> Supervision:
        """Start a supervisor for a folder that exists; it ends with this process."""
        os.mkfifo(folder / ORDERS, 0o600)
        package_parent = str(Path(plurichain.__file__).resolve().parent.parent)
        paths = [package_parent, *filter(None, [os.environ.get("PYTHONPATH")])]
        with (folder / SUPERVISOR_LOG).open("ab") as log:
            # -P: a module of the chain's folder must not stand in for one of the library.
            process = subprocess.Popen(
                [
                    *(sys.executable, "-P", "-m", "plurichain.harness.supervisor", str(folder)),
                    *map(str, lock_descriptors),
                ],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=lock_descriptors,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
                cwd=folder.parent,
            )
        return cls(folder, process)

    @classmethod
    def attach(cls, folder: Path) -> Supervision:
        """Take hold of a detached chain. Raises HarnessError if nobody supervises it."""
        state = registry.read_state(folder)
        if state is None or not registry.is_supervised(state):
            raise HarnessError(f"no chain is running in {folder}")
        return cls(folder, None)

    def read_state(self) -> dict[str, Any] | None:
        """Return what the supervisor last wrote down, None if nothing yet."""
        return registry.read_state(self.folder)

    def is_alive(self) -> bool:
        """Tell whether the supervisor runs."""
        if self._process is not None:
            return self._process.poll() is None
        state = self.read_state()
        return state is not None and registry.is_supervised(state)

    def get_node(self, name: str) -> dict[str, Any] | None:
        """Return what is known of one node's process, None before its first start."""
        state = self.read_state()
        found: dict[str, Any] | None = state["nodes"].get(name) if state else None
        return found

    def order(self, do: str, **details: Any) -> None:
        """Give an order and wait until it is carried out. Raises HarnessError."""
        order_id = self._send(do, details)
        deadline = time.monotonic() + ANSWER_DEADLINE_S
        while True:
            state = self.read_state()
            answer = state["answers"].get(order_id) if state else None
            if answer == "ok":
                return
            if answer is not None:
                raise HarnessError(f"{do} failed: {answer}")
            if not self.is_alive():
                raise HarnessError(self._explain_death())
            if time.monotonic() > deadline:
                raise HarnessError(f"the supervisor did not answer to {do} in {self.folder}")
            time.sleep(POLL_S)

    def stop(self, *, remove: bool, grace_s: float) -> None:
        """End the chain and its supervisor; with ``remove`` its folder goes too."""
        state = self.read_state()
        if self.is_alive():
            self._send("stop", {"remove": remove, "grace_s": grace_s})
        if not self._wait_gone(state, grace_s + ANSWER_DEADLINE_S) and state is not None:
            processes = [state["supervisor"], *state["nodes"].values()]
            for process in processes:
                kill_for_good(process["pid"], process["mark"])

    def _wait_gone(self, state: dict[str, Any] | None, timeout_s: float) -> bool:
        deadline = time.monotonic() + timeout_s
        # The folder may go before the supervisor has ended: its last word is what counts.
        while self.is_alive() or (state is not None and registry.is_supervised(state)):
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_S)
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
        return True

    def release(self) -> None:
        """Forget a supervisor that was detached, so that it outlives this process."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            # It is meant to be left running; Python would warn of a child that is not awaited.
            self._process.returncode = 0
            self._process = None

    def _send(self, do: str, details: dict[str, Any]) -> str:
        order_id = uuid.uuid4().hex
        line = json.dumps({"id": order_id, "do": do, **details}).encode() + b"\n"
        deadline = time.monotonic() + ANSWER_DEADLINE_S
        while True:
            try:
                descriptor = os.open(self.folder / ORDERS, os.O_WRONLY | os.O_NONBLOCK)
                break
            except OSError as error:
                # Nobody reads the FIFO yet, or no longer.
                if not self.is_alive():
                    raise HarnessError(self._explain_death()) from error
                if time.monotonic() > deadline:
                    raise HarnessError(
                        f"the supervisor does not listen in {self.folder}"
                    ) from error
            time.sleep(POLL_S)
        try:
            os.write(descriptor, line)
        finally:
            os.close(descriptor)
        return order_id

    def _explain_death(self) -> str:
        try:
            lines = (self.folder / SUPERVISOR_LOG).read_text(errors="replace").splitlines()
        except OSError:
            lines = []
        reason = f": {lines[-1]}" if lines else ""
        return f"the supervisor of {self.folder} has ended{reason}"
