"""What `make test WITHOUT=name,…` leaves out, on a machine that lacks a program of the tests."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

# The mark of the tests, and the programs they need.
OPTIONAL = {
    "secret-service": ("secret_service", ("dbus-run-session", "gnome-keyring-daemon")),
    "postgres": ("postgres", ("initdb", "postgres")),
    "prometheus": ("prometheus", ("prometheus", "promtool")),
}


def read_left_out() -> list[str]:
    """Get the names in WITHOUT; ends the run if one is unknown, or in CI, where all is tested."""
    names = [name for name in os.environ.get("WITHOUT", "").split(",") if name]
    unknown = [name for name in names if name not in OPTIONAL]
    if unknown:
        sys.exit(f"WITHOUT: {', '.join(unknown)} is not one of {', '.join(OPTIONAL)}")
    if names and os.environ.get("CI"):
        sys.exit("WITHOUT: nothing is left out in CI")
    return names


def find_program(name: str) -> str | None:
    """Get the path of a program; Debian keeps those of a PostgreSQL server off PATH."""
    servers = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return shutil.which(name) or shutil.which(name, path=os.pathsep.join(map(str, servers)))


def has_needed_programs() -> bool:
    """See that the programs which tests need are there, unless WITHOUT leaves them out."""
    left_out = read_left_out()
    for name in left_out:
        print(f"left out: {name}")
    missing = {
        name: [program for program in programs if find_program(program) is None]
        for name, (_, programs) in OPTIONAL.items()
        if name not in left_out
    }
    for name, programs in missing.items():
        if programs:
            print(f"missing for {name}: {', '.join(programs)} (scripts/apt-packages)")
            print(f"install them, or leave the tests out: make test WITHOUT={name}")
    return not any(missing.values())


def select_marks(extra: tuple[str, ...]) -> tuple[str, ...]:
    """Add to a selection of marks what WITHOUT leaves out."""
    marks = "".join(f" and not {OPTIONAL[name][0]}" for name in read_left_out())
    return tuple(
        f"({part}){marks}" if extra[i - 1] == "-m" else part for i, part in enumerate(extra)
    )
