"""A process that has imported the program and forks a bidder whenever it is told to.

Started as ``python -m tests.localnet.crash.zygote`` by ``stable``, with JSON lines on its
standard input and output. Importing takes longer than most bidders live; a fork of a
process without threads or connections is a fresh process in all but that.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import selectors
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from plurichain.storage import effects
from tests.localnet.crash import audit
from tests.localnet.crash.points import Counter, Point

MARK = "\x01"
_MODULES = (
    "plurichain.bidding.auto",
    "plurichain.bidding.connecting",
    "plurichain.bidding.survey",
    "plurichain.cli.bid.bid",
    "plurichain.cli.bid.auto",
    "plurichain.cli.bid.input",
    "plurichain.cli.bid.overview",
    "plurichain.cli.bid.reveal",
    "plurichain.cli.bid.views",
    "plurichain.cli.main",
    "plurichain.cli.session",
    "plurichain.keyring",
    "rich.table",
    "websockets.sync.client",
)


def main() -> None:
    """Serve until standard input ends; then end the bidders that are left."""
    sys.dont_write_bytecode = True
    for module in _MODULES:
        importlib.import_module(module)
    selector = selectors.DefaultSelector()
    awake, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda _signal, _frame: None)
    selector.register(0, selectors.EVENT_READ)
    selector.register(awake, selectors.EVENT_READ)
    server = _Server(selector)
    server.say({"ready": True})
    while server.is_open:
        for key, _ in selector.select():
            if key.fd == 0:
                server.take_orders()
            elif key.fd == awake:
                os.read(awake, 4096)
            else:
                server.relay(key.fd)
        server.reap()
    server.end()


class _Server:
    def __init__(self, selector: selectors.BaseSelector) -> None:
        self._selector = selector
        self._orders = b""
        self._names: dict[int, str] = {}
        self._pipes: dict[int, tuple[int, bytes]] = {}
        self.is_open = True

    def say(self, message: dict[str, Any]) -> None:
        os.write(1, json.dumps(message).encode() + b"\n")

    def take_orders(self) -> None:
        data = os.read(0, 65536)
        if not data:
            self.is_open = False
        *lines, self._orders = (self._orders + data).split(b"\n")
        for line in lines:
            self._start(json.loads(line))

    def _start(self, order: dict[str, Any]) -> None:
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            _be_bidder(order, write)
        os.close(write)
        self._names[pid] = order["name"]
        self._pipes[read] = (pid, b"")
        self._selector.register(read, selectors.EVENT_READ)
        self.say({"name": order["name"], "pid": pid})

    def relay(self, pipe: int) -> None:
        pid, rest = self._pipes[pipe]
        data = os.read(pipe, 65536)
        *lines, rest = (rest + data).split(b"\n")
        self._pipes[pipe] = (pid, rest)
        for line in lines:
            self.say({"name": self._names[pid], "line": line.decode(errors="replace")})
        if not data:
            self._selector.unregister(pipe)
            os.close(pipe)
            del self._pipes[pipe]

    def reap(self) -> None:
        """Tell of bidders that ended, once all that they said was passed on."""
        talking = {pid for pid, _ in self._pipes.values()}
        for pid in [pid for pid in self._names if pid not in talking]:
            done, status = os.waitpid(pid, 0)
            self.say({"name": self._names.pop(done), "status": os.waitstatus_to_exitcode(status)})

    def end(self) -> None:
        for pid in self._names:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _be_bidder(order: dict[str, Any], out: int) -> None:
    """Run the commands of an order in this new process, and end it."""
    status = 70
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.dup2(out, 1)
        os.dup2(out, 2)
        os.closerange(3, 4096)
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
        os.environ["PLURICHAIN_HOME"] = order["home"]
        _follow_plan(order["plan"])
        status = _run_commands(order["commands"])
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status)


def _run_commands(commands: list[list[str]]) -> int:
    from plurichain.cli.main import main as run

    for command in commands:
        status = run(command)
        if status:
            return status
    return 0


def _tell(message: dict[str, Any]) -> None:
    os.write(1, f"{MARK}{json.dumps(message)}\n".encode())


def _follow_plan(plan: dict[str, Any]) -> None:
    """``record`` every point, or do at one point what the plan says.

    ``kill``: before its effect. ``tear``: in the middle of its write. ``limit`` or ``fill``:
    no room from there on.
    """
    audit.install(lambda text: _tell({"violation": text}))
    wanted = plan.get("at")
    is_over = False

    def reached(point: Point) -> None:
        nonlocal is_over
        if plan["do"] == "record":
            _tell({"number": point.number, "changes": point.changes, "label": point.label})
        if is_over or wanted is None or not _is_there(point, wanted):
            return
        is_over = True
        is_exact = [point.changes, point.label] == wanted
        _tell({"at": point.label, "exact": is_exact})
        if plan["do"] == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif plan["do"] == "limit":
            _limit(plan["size"])
        elif plan["do"] == "tear":
            _tear(point.label.partition(" ")[2], plan["size"])
        elif plan["do"] == "fill":
            _fill(plan["filler"])

    counter = Counter(reached)
    main_thread = threading.main_thread()

    def observe(stage: str, kind: str, target: str) -> None:
        # The thread that hears of new blocks changes nothing anywhere.
        if threading.current_thread() is main_thread:
            counter.see(stage, kind, target)

    effects.set_observer(observe)


def _is_there(point: Point, wanted: list[Any]) -> bool:
    """Tell whether a run is where it was to be stopped, or would pass it by."""
    return point.changes > wanted[0] or [point.changes, point.label] == wanted


def _limit(size: int) -> None:
    """Have the system refuse to make any file longer than ``size`` bytes."""
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))


def _tear(name: str, size: int) -> None:
    """Have the system kill this process ``size`` bytes into the next write to a file."""
    path = Path(os.environ["PLURICHAIN_HOME"]) / name
    log = path.with_name(f"{name}-wal")
    written = log if log.exists() else path
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    is_appended = name.endswith(".db") and written.exists()
    _limit(size + (written.stat().st_size if is_appended else 0))


def _fill(path: str) -> None:
    """Fill the file system of ``path`` to its last byte, as other programs would."""
    size = 65536
    with audit.looking_away(), open(path, "wb", buffering=0) as file:  # noqa: PTH123
        while size:
            try:
                file.write(bytes(size))
            except OSError:
                size //= 2


if __name__ == "__main__":
    main()
