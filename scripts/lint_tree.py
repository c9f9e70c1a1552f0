"""Own lint: what no file of the repository may contain, and how long a source file may be.

A path of somebody's machine or the address of a package registry makes a checkout work in one
place only; an unfinished thought belongs into an issue.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Whoever runs this: neither its home nor its checkout may be named. A folder right below / would
# be found in too many words.
OWN_PLACES = [str(place) for place in (ROOT, Path.home()) if len(place.parts) > 2]

# Escapes and one-letter classes keep these patterns from finding themselves.
FORBIDDEN = {
    "a machine's path": re.compile(
        r"(?<![\w.<{}$])(?:" + "|".join(["/(?:root|work)/", *map(re.escape, OWN_PLACES)]) + ")"
    ),
    "a registry's address": re.compile(
        r"pypi\.org/simple|pythonhosted\.org|proxy\.golang\.org|sum\.golang\.org"
    ),
    "an unfinished thought": re.compile(r"\b(?:TO[D]O|FIX[M]E|XX[X])\b"),
}
TEXT_SUFFIXES = {
    "", ".cfg", ".csv", ".go", ".in", ".json", ".lock", ".md", ".mod", ".proto", ".py", ".pyi",
    ".toml", ".txt", ".yaml", ".yml",
}  # fmt: skip
SOURCE_SUFFIXES = {".go", ".py"}
MOST_LINES = 400
# A file of tests is read one test at a time.
MOST_TEST_LINES = 600
# Tables of cases, to be read beside each other.
TABLES = Path("tests/vectors/cases")


def is_generated(path: Path) -> bool:
    """Tell whether a generator decides about a file."""
    return path.name.endswith(".pb.go") or "plurichain/chain/pb" in path.as_posix()


def find_faults(path: Path, text: str) -> list[str]:
    """Name what is wrong with one file, a line each."""
    faults = [
        f"{path}:{number}: {what}"
        for number, line in enumerate(text.splitlines(), start=1)
        for what, pattern in FORBIDDEN.items()
        if pattern.search(line)
    ]
    length = text.count("\n")
    is_source = path.suffix in SOURCE_SUFFIXES and not path.is_relative_to(TABLES)
    is_test = path.parts[0] == "tests" or path.name.endswith("_test.go")
    most = MOST_TEST_LINES if is_test else MOST_LINES
    if is_source and length > most:
        faults.append(f"{path}: {length} lines, more than {most}; one noun a file")
    return faults


def listed_files() -> list[Path]:
    """Get the files that are or would be in the repository."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [Path(name) for name in listing.split("\0") if name]


def main() -> int:
    """Check every file; 1 if one is at fault."""
    faults: list[str] = []
    for path in listed_files():
        place = ROOT / path
        if path.suffix in TEXT_SUFFIXES and place.is_file() and not is_generated(path):
            faults += find_faults(path, place.read_text(encoding="utf-8", errors="replace"))
    print("\n".join(faults), end="\n" if faults else "")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
