"""Options of `plurichain ibc track` and `record`: where blocks begin and end."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from plurichain.cli.main import cli
from plurichain.cli.tracking.following import parse_until


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([], {"town": None, "farm": None}),
        (["7"], {"town": 7, "farm": 7}),
        (["town=7"], {"town": 7, "farm": None}),
        (["7", "farm=9"], {"town": 7, "farm": 9}),
        ([f"farm={2**63 - 1}"], {"town": None, "farm": 2**63 - 1}),
    ],
)
def test_last_blocks(values: list[str], found: dict[str, int | None]) -> None:
    assert parse_until(values, ["town", "farm"], field="--until", first=None) == found
    assert parse_until(values, ["town", "farm"], field="--until", first=7) == found


@pytest.mark.parametrize(
    ("value", "cause"),
    [
        ("", "is not a height"),
        ("town=", "is not a height"),
        ("0", "is not a height"),
        ("-1", "is not a height"),
        ("٣", "is not a height"),
        (str(2**63), "is not a height"),
        ("city=4", "'city' is none of the networks: town, farm"),
    ],
)
def test_what_is_no_last_block(value: str, cause: str) -> None:
    with pytest.raises(click.UsageError, match=cause):
        parse_until([value], ["town", "farm"], field="--until", first=None)


def test_an_end_before_the_beginning_is_refused() -> None:
    with pytest.raises(click.UsageError, match="'farm=6' ends before block 7"):
        parse_until(["9", "farm=6"], ["town", "farm"], field="--until", first=7)


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        (["record", "nowhere", "--folder", "blocks"], "nowhere"),
        (["record", "nowhere"], "--folder"),
        (["record", "nowhere", "--folder", ""], "'--folder': it is empty"),
        (["record", "nowhere", "--folder", "blocks", "--from", "9", "--to", "8"], "before block 9"),
        (["record", "nowhere", "--folder", "blocks", "--to", "x"], "is not a height"),
        (["track", "nowhere", "--until", "city=4"], "none of the networks"),
        (["replay", "absent.ndjson"], "cannot read absent.ndjson"),
    ],
)
def test_commands_that_cannot_be_done_write_nothing(
    arguments: list[str], cause: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, ["ibc", *arguments])
    assert result.exit_code in {1, 2}
    assert cause in f"{result.output}{result.exception}"
    assert not (tmp_path / "blocks").exists()
