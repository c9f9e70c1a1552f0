"""An audit hook that sees every file, name, database and socket that a process touches.

Nothing but ``plurichain.storage`` and the transport of ``plurichain.chain`` may change
anything: the innermost frame of plurichain on the stack must be theirs, inside a numbered
effect. Audit events cannot be switched off by the code that is watched.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import plurichain
from plurichain.storage import effects

PACKAGE = str(Path(plurichain.__file__).parent)
ALLOWED = tuple(
    f"{PACKAGE}{os.sep}{name}"
    for name in (
        f"storage{os.sep}",
        f"chain{os.sep}nodes{os.sep}http_deadline.py",
        f"chain{os.sep}nodes{os.sep}grpc_channel.py",
        f"chain{os.sep}nodes{os.sep}feed.py",
        f"chain{os.sep}nodes{os.sep}tls.py",
    )
)
_SEAM = f"{PACKAGE}{os.sep}storage{os.sep}effects.py"
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = frozenset(
    {
        "os.chmod", "os.chown", "os.exec", "os.fork", "os.forkpty", "os.link", "os.mkdir",
        "os.posix_spawn", "os.remove", "os.removexattr", "os.rename", "os.rmdir", "os.setxattr",
        "os.spawn", "os.startfile", "os.symlink", "os.system", "os.truncate", "os.utime",
        "pty.spawn", "shutil.chown", "shutil.copyfile", "shutil.move", "shutil.rmtree",
        "socket.bind", "socket.connect", "socket.getaddrinfo", "socket.gethostbyname",
        "socket.sendmsg", "socket.sendto", "sqlite3.connect", "subprocess.Popen",
        "tempfile.mkdtemp", "tempfile.mkstemp",
    }
)  # fmt: skip


_is_looking = True


@contextlib.contextmanager
def looking_away() -> Iterator[None]:
    """Let a test do what the program must not."""
    global _is_looking
    _is_looking = False
    try:
        yield
    finally:
        _is_looking = True


def install(tell: Callable[[str], None]) -> None:
    """Tell every violation of this process from now on; cannot be undone."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if not _is_looking or not is_effect(event, arguments):
            return
        place = _find_place(sys._getframe(1))
        if place is None:
            tell(f"{event} {_name(arguments)}: by no code of plurichain")
        elif not place.startswith(ALLOWED):
            tell(f"{event} {_name(arguments)}: in {os.path.relpath(place, PACKAGE)}")
        elif not effects.is_inside():
            tell(f"{event} {_name(arguments)}: in {os.path.relpath(place, PACKAGE)}, not numbered")

    sys.addaudithook(hook)


def is_effect(event: str, arguments: tuple[Any, ...]) -> bool:
    """Tell whether an audit event may change something outside the process."""
    if event == "open":
        mode, flags = arguments[1], arguments[2]
        if mode is None:
            return bool(isinstance(flags, int) and flags & _WRITING)
        return any(letter in str(mode) for letter in "wax+")
    return event in _CHANGES


def _find_place(frame: FrameType | None) -> str | None:
    """Return the file of the innermost frame that is plurichain's, but for the seam itself."""
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(PACKAGE) and name != _SEAM:
            return name
        frame = frame.f_back
    return None


def _name(arguments: tuple[Any, ...]) -> str:
    return " ".join(str(argument) for argument in arguments[:2])
