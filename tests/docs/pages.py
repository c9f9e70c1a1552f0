"""Pages of the documentation as programs: files to write, commands to run, output to expect.

A fence ``console`` holds commands (lines after ``$ ``, going on after ``> ``) and below each what
it prints. A fence with a file's name after its language, such as ``toml terms.toml``, is
that file. Everything else on a page is for readers only.

Output is compared line by line. What differs from run to run (hashes, addresses, times, ports,
heights) is compared by kind; ``…`` stands for anything within a line, alone for any lines.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from pathlib import Path

FENCE = re.compile(r"^```(\S*)\s*(\S*)\s*$")
ANYTHING = "…"

_VOLATILE: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\b(?:pluri|alien)1[a-z0-9]{38,}"), "ADDRESS"),
    (re.compile(r"\b(?=[0-9a-fA-F]*[a-fA-F])[0-9a-fA-F]{16,}\b"), "HEX"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z"), "TIME"),
    (re.compile(r"\b127\.0\.0\.1:\d+"), "NODE"),
    (re.compile(r"\b\d+(?:\.\d+)? (?:d|h|min|ms|s)\b(?: \d+ (?:h|min|s)\b)?"), "SPAN"),
    (re.compile(r"\b(blocks?|height|pid)(\W{1,12})\d+"), r"\1\2NUMBER"),
)
_NUMBERS = re.compile(r"(?<=\s)\d+(?=\s)")


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a page, the line it stands on, and what it is to print."""

    line: int
    text: str
    expected: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file that the page shows and its commands use."""

    name: str
    text: str


@dataclass(slots=True)
class Page:
    """A page: files and commands in the order in which they stand."""

    path: Path
    steps: list[Command | PageFile] = field(default_factory=list)

    @property
    def commands(self) -> list[Command]:
        """The commands alone."""
        return [step for step in self.steps if isinstance(step, Command)]


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced block: its language, the name after it, the line of its first content line."""

    language: str
    name: str
    line: int
    lines: tuple[str, ...]


def read_fences(path: Path) -> list[Fence]:
    """Return all fenced blocks of a Markdown file."""
    fences = []
    opened: tuple[str, str, int] | None = None
    content: list[str] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if opened is None:
            if found := FENCE.match(line):
                opened, content = (found[1], found[2], number + 1), []
        elif line == "```":
            fences.append(Fence(*opened, tuple(content)))
            opened = None
        else:
            content.append(line)
    assert opened is None, f"{path}: the fence before line {opened} is never closed"
    return fences


def read_page(path: Path) -> Page:
    """Return what a page runs."""
    page = Page(path)
    for fence in read_fences(path):
        if fence.language == "console":
            page.steps += _read_commands(fence)
        elif fence.name:
            page.steps.append(PageFile(fence.name, "\n".join(fence.lines) + "\n"))
    return page


def _read_commands(fence: Fence) -> list[Command]:
    commands: list[tuple[int, list[str], list[str]]] = []
    for number, line in enumerate(fence.lines, start=fence.line):
        if line.startswith("$ "):
            commands.append((number, [line[2:]], []))
        elif line.startswith("> ") and commands and not commands[-1][2]:
            commands[-1][1].append(line[2:])
        else:
            assert commands, f"line {number}: output before the first command"
            commands[-1][2].append(line)
    return [
        Command(number, "\n".join(text), tuple(expected)) for number, text, expected in commands
    ]


def normalise(line: str) -> str:
    """Return a line without what differs from run to run."""
    line = " ".join(line.split())
    for pattern, kind in _VOLATILE:
        line = pattern.sub(kind, line)
    # A row of `localnet status`: process and height.
    return _NUMBERS.sub("NUMBER", line) if "NODE" in line else line


def compute_pattern(expected: tuple[str, ...]) -> re.Pattern[str]:
    """Return the pattern of a whole output, from normalised lines."""
    parts = []
    for line in expected:
        if line.strip() == ANYTHING:
            parts.append(r"(?:[^\n]*\n)*?")
        else:
            within = (re.escape(part) for part in line.split(ANYTHING))
            parts.append("[^\n]*".join(within) + "\n")
    return re.compile("".join(parts))


def sort_addresses(lines: list[str]) -> list[str]:
    """Return normalised lines with rows that begin with an address in one order.

    Tables of bidders are in the order of addresses, and keys are new in every run.
    """
    groups = itertools.groupby(lines, key=lambda line: line.startswith("ADDRESS "))
    return [
        line for is_address, group in groups for line in (sorted(group) if is_address else group)
    ]


def is_match(expected: tuple[str, ...], printed: str) -> bool:
    """Tell whether an output is what a page says."""
    pattern = compute_pattern(tuple(sort_addresses([normalise(line) for line in expected])))
    lines = sort_addresses([normalise(line) for line in printed.splitlines()])
    return pattern.fullmatch("".join(f"{line}\n" for line in lines)) is not None
