"""`plurichain tx` on a journal that holds every kind of field."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from plurichain.cli.tx import group

FIRST = "DFA508C296AABC444F15BD84157D736A2E69FE20043CF06F85FD7DA6FC12F3DB"
SECOND = "642FE51E78F53E031AD6929A942A6FE9FCD4C26D8252660F0BC1AA1F3B206788"


@pytest.fixture(autouse=True)
def home(project_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLURICHAIN_HOME", str(tmp_path))
    shutil.copy(project_root / "tests/data/stored/journal-v2.db", tmp_path / "journal.db")


def show(tx_hash: str, output: str = "json") -> str:
    result = CliRunner().invoke(group, ["show", tx_hash, "--output", output])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_show_tells_every_block_that_has_it() -> None:
    shown = json.loads(show(FIRST))

    assert [(block["height"], block["code"]) for block in shown["blocks"]] == [(11, 11), (12, 0)]
    assert (shown["status"], shown["height"], shown["gas_used"]) == ("failed", 11, 90_001)
    assert (shown["ordering"], shown["account_sequence"]) == ("unordered", None)
    assert "height=12" in show(FIRST, "table")


def test_show_tells_what_it_was_sent_instead_of() -> None:
    shown = json.loads(show(SECOND))

    assert shown["follows"] == FIRST
    assert (shown["ordering"], shown["account_sequence"]) == ("ordered", 2**64 - 2)
    assert not shown["handed_in"]
    assert shown["messages"] == ["/a.B"]


def test_list_has_both() -> None:
    result = CliRunner().invoke(group, ["list", "--pending", "--output", "ndjson"])
    assert [json.loads(line)["tx_hash"] for line in result.stdout.splitlines()] == [SECOND]
