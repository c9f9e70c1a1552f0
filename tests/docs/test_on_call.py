"""README's ten questions of a person on call: what it lists is run, and prints what it says."""

from __future__ import annotations

import re

from tests.docs.pages import read_page
from tests.docs.running import ROOT

ROW = re.compile(r"^\| ([^|]+\?) \| `([^`|]+)` \| (.+) \|$", re.MULTILINE)


def list_rows() -> list[tuple[str, str, str]]:
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("## On call at night")[2]
    return ROW.findall(section.partition("\n## ")[0])


def test_there_are_ten_questions() -> None:
    assert len({question for question, _, _ in list_rows()}) == 10


def test_every_command_stands_on_a_page_that_runs_it_and_prints_that() -> None:
    page = read_page(ROOT / "docs" / "relayer.md")
    for question, command, answer in list_rows():
        runs = [each for each in page.commands if each.text.startswith(command)]
        assert runs, f"{question} {command} is run by no page"
        printed = "\n".join(line for each in runs for line in each.expected)
        said = re.match(r"`([^`]+)`", answer)
        if said:
            assert said[1] in printed, f"{question} {command} does not print {said[1]!r}"
