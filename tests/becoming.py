"""Start a program as another account, on a terminal, or to end with its parent: `launch` lines.

Done by a small program of its own and not by what ``subprocess`` calls ``preexec_fn`` and
``user``: these fork this process as it stands, and gRPC, where a test has used it, begins threads
in the child before anything else, which now and then fails.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import pwd
import signal
import sys
import termios

_PR_SET_PDEATHSIG = 1


def launch(
    *command: str | os.PathLike[str],
    account: str = "",
    ends_by: signal.Signals | None = None,
    takes_terminal: bool = False,
) -> list[str]:
    """Return a command line that turns into ``command``.

    ``account`` is whom it runs as (only root may say so), ``ends_by`` the signal that it gets when
    the thread that started it ends (Linux). ``takes_terminal``: Ctrl-C on its standard input
    reaches it, also if whoever started the tests is deaf to it; for a new session.
    """
    number = 0 if ends_by is None else int(ends_by)
    ways = [account, str(number), "terminal" if takes_terminal else ""]
    return [sys.executable, "-I", "-S", __file__, *ways, *(os.fspath(each) for each in command)]


def become(account: str, number: int, *command: str, takes_terminal: bool) -> None:
    """Turn this process into ``command``."""
    if takes_terminal:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    if account:
        entry = pwd.getpwnam(account)
        os.setgroups([])
        os.setgid(entry.pw_gid)
        os.setuid(entry.pw_uid)
    if number and sys.platform == "linux":
        # After the account: changing it takes this away.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number)
    os.execv(command[0], command)


if __name__ == "__main__":
    become(sys.argv[1], int(sys.argv[2]), *sys.argv[4:], takes_terminal=bool(sys.argv[3]))
