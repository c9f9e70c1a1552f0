"""What nodes say: the last lines, and a panic as soon as it is written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
#: The Go runtime's last words, and CometBFT's: it catches a panic of its consensus, says this and
#: lives on without making another block. Modules that catch their own panics do not match.
_PANIC = re.compile(r"^panic: |^fatal error: |^runtime: |CONSENSUS FAILURE!!!")
_TAIL_BYTES = 32_768


def strip_colours(text: str) -> str:
    """Remove the terminal colours that some chains write into files too."""
    return _COLOURS.sub("", text)


def read_tail(path: Path, lines: int = 20) -> list[str]:
    """Return the last lines of a log, none if there is no log."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _TAIL_BYTES))
            text = file.read().decode(errors="replace")
    except OSError:
        return []
    found = [line for line in strip_colours(text).splitlines() if line.strip()]
    return found[-lines:]


class LogWatch:
    """Reads what was added to one log since the last look."""

    def __init__(self, path: Path) -> None:
        """Begin at the start of the log, which need not exist yet."""
        self.path = path
        self.panic: str | None = None
        self._position = 0
        self._rest = b""

    def skip(self) -> None:
        """Forget everything up to now, as after a restart that was meant."""
        self.panic = None
        self._rest = b""
        self._position = self.path.stat().st_size if self.path.exists() else 0

    def find_panic(self) -> str | None:
        """Return the first line of a panic, once there is one for good."""
        if self.panic is None:
            for line in self.read_new():
                if _PANIC.search(line):
                    self.panic = line
                    break
        return self.panic

    def read_new(self) -> list[str]:
        """Return the lines that were completed since the last call."""
        try:
            with self.path.open("rb") as file:
                file.seek(self._position)
                added = file.read()
        except OSError:
            return []
        self._position += len(added)
        *complete, self._rest = (self._rest + added).split(b"\n")
        return [strip_colours(line.decode(errors="replace")) for line in complete]
