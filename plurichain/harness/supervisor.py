"""The small program that owns the nodes of one chain: `python -m plurichain.harness.supervisor`.

It runs in a session of its own. Nodes are its children, so that none can outlive what is known
about it. While it has an owner (the process that started the chain), standard input is a pipe from
it: when that closes or the owner's process is gone, however it ended, every node is killed. After
`detach` it goes on alone until it is told to stop.

Orders are lines of JSON in the FIFO `orders`; what came of them stands in `state.json`, replaced
in one step. It imports the standard library only, and starts before the genesis is written.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from plurichain.harness import registry
from plurichain.harness.ports import sweep_locks
from plurichain.harness.processes import get_start_mark

ORDERS = "orders"
STATE = "state.json"
PLAN = "plan.json"
#: State holds the answers to the last orders only.
ANSWERS_KEPT = 64
#: How often the owner's process id is looked at; its pipe tells at once in all but odd cases.
WATCH_INTERVAL_S = 0.25
PR_SET_PDEATHSIG = 1


class Supervisor:
    """Starts, signals and ends the nodes of the chain in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.owner: int | None = os.getppid()
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.nodes: dict[str, dict[str, Any]] = {}
        self.answers: dict[str, str] = {}
        self.remove = True
        self.stop_grace_s = 0.0
        self.stopping = False

    # --- state -----------------------------------------------------------------------------------

    def write_state(self) -> None:
        """Replace state.json; a reader sees the old or the new one, never half of it."""
        state = {
            "version": 1,
            "supervisor": {"pid": os.getpid(), "mark": get_start_mark(os.getpid())},
            "detached": self.owner is None,
            "remove": self.remove,
            "nodes": self.nodes,
            "answers": self.answers,
        }
        temporary = self.folder / f"{STATE}.new"
        temporary.write_text(json.dumps(state), encoding="utf-8")
        temporary.replace(self.folder / STATE)

    def note_exits(self) -> bool:
        """Note children that ended; tell whether there were any."""
        changed = False
        for name, child in self.children.items():
            node = self.nodes[name]
            if node["status"] == "running" and child.poll() is not None:
                node.update(status="exited", exit_code=child.returncode)
                changed = True
        return changed

    # --- orders ----------------------------------------------------------------------------------

    def obey(self, line: bytes) -> None:
        """Carry out one order and write down what came of it."""
        order = json.loads(line)
        try:
            answer = self.carry_out(order)
        except (OSError, KeyError, ValueError, subprocess.SubprocessError) as error:
            answer = f"{type(error).__name__}: {error}"
        self.answers[order["id"]] = answer
        while len(self.answers) > ANSWERS_KEPT:
            del self.answers[next(iter(self.answers))]

    def carry_out(self, order: dict[str, Any]) -> str:
        """Do what an order says; returns "ok" or why not."""
        match order["do"]:
            case "start":
                self.start(order["node"])
            case "signal":
                return self.send_signal(order["node"], order["signal"])
            case "detach":
                self.owner = None
                self.remove = False
            case "keep":
                self.remove = not order["keep"]
            case "stop":
                self.remove = order["remove"]
                self.stop_grace_s = order["grace_s"]
                self.stopping = True
            case unknown:
                return f"unknown order {unknown}"
        return "ok"

    def start(self, name: str) -> None:
        """Start one node as the plan says, its output going to the end of its log."""
        if self.nodes.get(name, {}).get("status") == "running":
            raise ValueError(f"{name} is running")
        plan = json.loads((self.folder / PLAN).read_text(encoding="utf-8"))["nodes"][name]
        with Path(plan["log"]).open("ab") as log:
            child = subprocess.Popen(
                plan["command"],
                cwd=plan["home"],
                env=plan["environment"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - this program has one thread
            )
        self.children[name] = child
        self.nodes[name] = {
            "pid": child.pid,
            "mark": get_start_mark(child.pid),
            "status": "running",
            "exit_code": None,
            "starts": self.nodes.get(name, {}).get("starts", 0) + 1,
        }

    def send_signal(self, name: str, signal_name: str) -> str:
        """Send a signal to a node; a child is never collected in between, so its id is its own."""
        child = self.children.get(name)
        if child is None or child.poll() is not None:
            return f"{name} is not running"
        number = signal.Signals[signal_name]
        os.killpg(child.pid, number)
        if number == signal.SIGKILL:
            child.wait()
        return "ok"

    # --- the end ---------------------------------------------------------------------------------

    def end(self) -> None:
        """End all nodes, at once or after a grace, and remove what is to be removed."""
        running = [child for child in self.children.values() if child.poll() is None]
        deadline = time.monotonic() + self.stop_grace_s
        if self.stop_grace_s > 0:
            for child in running:
                # macOS refuses signals to a group whose members have all just ended.
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    for number in (signal.SIGCONT, signal.SIGTERM):
                        os.killpg(child.pid, number)
        for child in running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(max(0.0, deadline - time.monotonic()))
        for child in running:
            # Also where the node has ended: it may have started something in its group.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        self.note_exits()
        # Somebody may have removed the folder, which is why we are here.
        with contextlib.suppress(OSError):
            self.write_state()
        if self.remove:
            shutil.rmtree(self.folder, ignore_errors=True)

    # --- the loop --------------------------------------------------------------------------------

    def run(self) -> None:
        """Serve until told to stop or until the owner is gone."""
        orders = os.open(self.folder / ORDERS, os.O_RDWR | os.O_NONBLOCK)
        wake_read, wake_write = os.pipe()
        for descriptor in (wake_read, wake_write):
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(wake_write)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._note_signal)
        selector = selectors.DefaultSelector()
        selector.register(orders, selectors.EVENT_READ)
        selector.register(wake_read, selectors.EVENT_READ)
        selector.register(sys.stdin.fileno(), selectors.EVENT_READ)
        self.write_state()
        pending = b""
        while not self.stopping:
            ready = {key.fd for key, _ in selector.select(WATCH_INTERVAL_S)}
            changed = False
            if wake_read in ready:
                os.read(wake_read, 4096)
            if orders in ready:
                *lines, pending = (pending + os.read(orders, 65536)).split(b"\n")
                for line in lines:
                    self.obey(line)
                    changed = True
            if sys.stdin.fileno() in ready and not os.read(sys.stdin.fileno(), 4096):
                selector.unregister(sys.stdin.fileno())
                self.stopping |= self.owner is not None
            if self.owner is not None and os.getppid() != self.owner:
                self.stopping = True
            if self.note_exits() or changed:
                self.write_state()

    def _note_signal(self, number: int, _: object) -> None:
        if number in {signal.SIGTERM, signal.SIGINT}:
            self.stop_grace_s = 5.0
            self.stopping = True


def _die_with_parent() -> None:
    """Have the kernel kill a node whose supervisor was killed, where the kernel can (Linux)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def main() -> int:
    """Own the chain in the folder that is the first argument; locks of ports are the others."""
    supervisor = Supervisor(Path(sys.argv[1]))
    # Before anything else, so that there is no node that no entry names.
    entry = registry.add(supervisor.folder)
    try:
        supervisor.run()
    finally:
        supervisor.end()
        entry.unlink(missing_ok=True)
        # Their locks were handed over by whoever reserved the ports.
        for descriptor in sys.argv[2:]:
            os.close(int(descriptor))
        sweep_locks()
    return 0


if __name__ == "__main__":
    sys.exit(main())
