"""The project's own lints find what they are for, and nothing in what is fine."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.lint_pure import find_go_faults, find_python_faults
from scripts.lint_tree import MOST_LINES, find_faults


@pytest.mark.parametrize(
    "line",
    [
        "price = 0.5",
        "price = total / units",
        "total /= units",
        "x = float(price)",
        "import time",
        "start = datetime.now(UTC)",
        "import os.path",
        "print(price)",
    ],
)
def test_impure_python_is_found(line: str) -> None:
    """A float, a clock or a file in a rule is a fault at its line."""
    assert [number for number, _ in find_python_faults(f"x = 1\n{line}\n")] == [2]


def test_pure_python_is_left_alone() -> None:
    """Integers, exact fractions and hashes are what rules are made of."""
    source = (
        "import hashlib\nfrom fractions import Fraction\nhalf = Fraction(1, 2)\nwhole = 7 // 2\n"
    )

    assert list(find_python_faults(source)) == []


@pytest.mark.parametrize(
    ("line", "folder"),
    [
        ("var p float64", "clearing"),
        ("now := time.Now()", "types"),
        ('import "time"', "clearing"),
        ('import "example.org/x/auction/keeper"', "types"),
        ('import "math/rand/v2"', "clearing"),
    ],
)
def test_impure_go_is_found(line: str, folder: str) -> None:
    """The Go side is held to the same."""
    assert [number for number, _ in find_go_faults(f"package x\n{line}\n", folder)] == [2]


def test_pure_go_is_left_alone() -> None:
    """Comments may mention what code may not do, and types carry protobuf's times."""
    source = 'package types\nimport "time"\n// never a float64\nvar t time.Time\n'

    assert list(find_go_faults(source, "types")) == []


@pytest.mark.parametrize(
    "text",
    ["see /ro" + "ot/x\n", "# TO" + "DO later\n", "index https://pypi." + "org/simple\n"],
)
def test_forbidden_text_is_found(text: str) -> None:
    """Machine paths, registries and unfinished thoughts are named with file and line."""
    (fault,) = find_faults(Path("docs/page.md"), f"fine\n{text}")

    assert fault.startswith("docs/page.md:2: ")


def test_long_source_is_found() -> None:
    """A file has an upper limit; a document has none."""
    text = "\n" * (MOST_LINES + 1)

    assert len(find_faults(Path("long.py"), text)) == 1
    assert find_faults(Path("long.md"), text) == []
