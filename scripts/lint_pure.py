"""Own lint: rules, money and energy are integers, and the pure layers look at nothing outside.

In Python the layers contract keeps I/O layers out; this adds floats, clocks and files. In Go it
also does what the layers contract does: no keeper, no context, no store below
x/*/{types,clearing,sun}.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

PURE_LAYERS = (
    "units.py", "identifiers.py", "encoding", "auction", "energy", "ibc", "lightclient", "clearing",
)  # fmt: skip
# Modules by which a rule would depend on the moment, the machine or chance.
IMPURE_MODULES = {
    "asyncio", "os", "pathlib", "random", "secrets", "socket", "sqlite3", "subprocess",
    "tempfile", "threading", "time",
}  # fmt: skip

# A date that a file holds is data; the date of today is not.
CLOCK_CALLS = {"now", "today", "utcnow"}

PURE_GO = ("types", "clearing", "sun")
GO_FLOAT = re.compile(r"\bfloat(?:32|64)\b|\bmath\.(?:Floor|Ceil|Round|Pow|Sqrt|Inf|NaN)\b")
GO_IMPURE = re.compile(r'"[^"]*/keeper"|"time"|"os"|"math/rand(?:/v2)?"')
# Protobuf's times and durations arrive as Go's; types may name them but not ask a clock.
GO_CLOCK = re.compile(r"\btime\.(?:Now|Since|Until|After|Tick)\b")


def find_python_faults(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and fault for each float, clock or file in one source."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Constant(value=float()):
                yield node.lineno, "a float"
            case ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
                yield node.lineno, "a division that rounds as floats do; use // or Fraction"
            case ast.Call(func=ast.Name(id="float" | "open" | "print" | "input" as name)):
                yield node.lineno, f"a call of {name}"
            case ast.Call(func=ast.Attribute(attr=name)) if name in CLOCK_CALLS:
                yield node.lineno, f"asks a clock: {name}"
            case ast.Import(names=names):
                for alias in names:
                    if alias.name.split(".")[0] in IMPURE_MODULES:
                        yield node.lineno, f"imports {alias.name}"
            case ast.ImportFrom(module=str(module)) if module.split(".")[0] in IMPURE_MODULES:
                yield node.lineno, f"imports {module}"
            case _:
                pass


def find_go_faults(source: str, folder: str) -> Iterator[tuple[int, str]]:
    """Yield line and fault for each float, keeper or clock in one Go source."""
    for number, line in enumerate(source.splitlines(), start=1):
        code = line.split("//")[0]
        if GO_FLOAT.search(code):
            yield number, "a float"
        if GO_CLOCK.search(code):
            yield number, "asks a clock"
        impure = GO_IMPURE.search(code)
        if impure and not (folder == "types" and impure.group(0) == '"time"'):
            yield number, f"imports {impure.group(0)}"


def python_files() -> Iterator[Path]:
    """Yield the sources of the pure Python layers."""
    for layer in PURE_LAYERS:
        place = ROOT / "plurichain" / layer
        yield from sorted(place.rglob("*.py")) if place.is_dir() else [place]


def go_files() -> Iterator[tuple[Path, str]]:
    """Yield the sources of the pure Go packages, generated code and tests left out."""
    for folder in PURE_GO:
        for path in sorted((ROOT / "localnet" / "x").glob(f"*/{folder}/*.go")):
            if not path.name.endswith(("_test.go", ".pb.go")):
                yield path, folder


def main() -> int:
    """Check every pure file; 1 if one is at fault."""
    faults = [
        f"{path.relative_to(ROOT)}:{line}: {fault}"
        for path in python_files()
        if path.exists()
        for line, fault in find_python_faults(path.read_text(encoding="utf-8"))
    ]
    faults += [
        f"{path.relative_to(ROOT)}:{line}: {fault}"
        for path, folder in go_files()
        for line, fault in find_go_faults(path.read_text(encoding="utf-8"), folder)
    ]
    print("\n".join(faults), end="\n" if faults else "")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
