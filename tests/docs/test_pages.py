"""Every command shown in README and docs/ does what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from plurichain.harness import build_binary
from tests.docs.pages import read_fences, read_page
from tests.docs.running import ROOT, find_problems, run_page

GENERATED = {"cli.md", "errors.md"}
WRITTEN = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
#: What takes longest begins first, so that nobody waits for it in the end.
LONG = ("README", "python", "auctioneer", "relayer", "bidder", "energy", "harness", "operator")
RUN = sorted(
    (path for path in WRITTEN if path.name not in GENERATED),
    key=lambda path: LONG.index(path.stem) if path.stem in LONG else len(LONG),
)
DOCUMENTS = [
    *WRITTEN,
    *(ROOT / f"{name}.md" for name in ("ARCHITECTURE", "CONTRIBUTING", "CHANGELOG")),
]
PATH = re.compile(r"`([\w.…*{},/-]+/[\w.…*{},/-]*)`")
#: Where a document may start the path of a file it names.
BASES = ("", "plurichain", "localnet", "localnet/x/auction", "localnet/x/auction/keeper")
#: What a picture says in words.
LABEL = re.compile(r"<text[^>]*>([^<]*)</text>")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
#: Languages of blocks that nothing runs; a command stands in `console` or nowhere.
QUIET_LANGUAGES = {"text", "toml", "csv", "json", "python", ""}


@pytest.fixture(scope="session")
def _binaries() -> None:
    """Have the chains of the pages built, if a source is newer."""
    for name in ("plurid", "aliend"):
        build_binary(name)


@pytest.mark.localnet
@pytest.mark.usefixtures("_binaries")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("path", RUN, ids=lambda path: path.stem)
def test_page_runs_as_it_says(path: Path, tmp_path: Path) -> None:
    page = read_page(path)
    if not page.commands:
        pytest.skip("no commands on this page")

    problems = find_problems(page, run_page(page, tmp_path))

    assert not problems, "\n\n".join(problems)
    if path.name == "README.md":
        # Two sellers ask the same price; which stands first follows from the windows' length.
        drawn, shown = (
            LABEL.findall((ROOT / folder / "town-tender.svg").read_text(encoding="utf-8"))
            for folder in ("build/demo", "docs")
        )
        assert drawn == shown, "copy the demo's picture to docs/"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_links_lead_somewhere(path: Path) -> None:
    targets = LINK.findall(path.read_text(encoding="utf-8"))
    missing = [
        target for target in targets if "://" not in target and not (path.parent / target).exists()
    ]
    assert not missing


@pytest.mark.parametrize(
    "path", [path for path in DOCUMENTS if path.stem != "CHANGELOG"], ids=lambda path: path.stem
)
def test_files_that_are_named_exist(path: Path) -> None:
    named = PATH.findall(path.read_text(encoding="utf-8"))
    assert not [name for name in named if not _exists(name)]


def _exists(name: str) -> bool:
    if found := re.search(r"\{([^}]*)\}", name):
        before, after = name[: found.start()], name[found.end() :]
        return all(_exists(f"{before}{each}{after}") for each in found[1].split(","))
    pattern = name.replace("…", "**").rstrip("/")
    return any(
        any((ROOT / base).glob(f"{pattern}{suffix}")) for base in BASES for suffix in ("", ".py")
    )


@pytest.mark.parametrize("path", RUN, ids=lambda path: path.stem)
def test_commands_stand_where_they_are_run(path: Path) -> None:
    for fence in read_fences(path):
        if fence.language != "console":
            assert fence.language in QUIET_LANGUAGES, f"line {fence.line}: {fence.language}"
            assert not any(line.startswith("$ ") for line in fence.lines), f"line {fence.line}"
