"""Modules, files and floors that documents name are those that there are."""

from __future__ import annotations

import importlib
import re
import tomllib
from pathlib import Path

import pytest

from tests.docs.running import ROOT
from tests.docs.test_pages import DOCUMENTS, GENERATED

MODULE = re.compile(r"(?<![\w./])plurichain(?:\.[A-Za-z]\w*)+(?!/)")
FILE = re.compile(r"`(\w+\.py)`")
#: A line of a plan of floors: "energy | ibc   what is there".
FLOOR = re.compile(r"^( *)([a-z]\w*(?: \| [a-z]\w*)*)(?: {2,}|$)")
#: How far the floor of a floor is set in, at most.
DEEPEST = 8
#: Which contract of pyproject.toml each plan in ARCHITECTURE.md shows.
CONTRACTS = {
    "plurichain": "Layers",
    "chain": "Inside chain",
    "tracker": "Inside the tracker",
    "monitoring": "Inside the monitors",
}


def find_thing(name: str) -> bool:
    """Tell whether a dotted name is a module, or something in one."""
    module, _, rest = name, "", ""
    while module != "plurichain":
        try:
            found: object = importlib.import_module(module)
        except ImportError:
            module, _, last = module.rpartition(".")
            rest = f"{last}.{rest}".rstrip(".")
            continue
        for part in rest.split(".") if rest else ():
            found = getattr(found, part, None)
        return found is not None
    return False


@pytest.mark.parametrize(
    "path", [path for path in DOCUMENTS if path.name not in GENERATED], ids=lambda path: path.stem
)
def test_modules_that_are_named_exist(path: Path) -> None:
    names = set(MODULE.findall(path.read_text(encoding="utf-8")))
    # Names of protobuf have a version, those of websites and files another end.
    own = {name for name in names if not re.search(r"\.(v\d+|svg|json|toml)\b", name)}

    assert [name for name in sorted(own) if not find_thing(name)] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_python_files_that_are_named_alone_exist(path: Path) -> None:
    """As in "`plurichain/tracker/` (`reading.py`)": the folder is named before them."""
    text = path.read_text(encoding="utf-8")
    there = {each.name for folder in ("plurichain", "scripts", "tests")
             for each in (ROOT / folder).rglob("*.py")}  # fmt: skip

    assert [name for name in FILE.findall(text) if name not in there] == []


def read_plans() -> dict[str, list[set[str]]]:
    """Return the plans of ARCHITECTURE.md: what stands on each line, by what it is a plan of."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    house, floors = re.findall(r"^```\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)[:2]
    plans: dict[str, list[set[str]]] = {"plurichain": []}
    for line in house.splitlines():
        if found := FLOOR.match(line.removeprefix("| ")):
            names = set(found[2].split(" | "))
            if line.startswith("| "):  # the line above goes on
                names |= plans["plurichain"].pop()
            plans["plurichain"].append(names)
    above = [(-1, "")]
    for line in floors.splitlines():
        found = FLOOR.match(line)
        if found is None or len(found[1]) > DEEPEST:
            continue  # words about the line above
        while above[-1][0] >= len(found[1]):
            above.pop()
        rooms = found[2].split(" | ")
        plans.setdefault(above[-1][1], []).append(set(rooms))
        above.append((len(found[1]), rooms[-1]))
    return plans


@pytest.mark.parametrize(("plan", "contract"), CONTRACTS.items())
def test_floors_are_those_that_are_held(plan: str, contract: str) -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    held = next(
        each["layers"]
        for each in settings["tool"]["importlinter"]["contracts"]
        if each["name"] == contract
    )

    assert read_plans()[plan] == [set(line.split(" | ")) for line in held]
