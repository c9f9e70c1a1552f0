"""`auction clear`: the lines of design 3.3, whatever is fed in."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Run

PROBLEM = {
    "side": "forward",
    "quantity": 4,
    "reserve_price": None,
    "payment_rule": "last_accepted",
    "tie_seed": "",
    "bids": [
        {"bidder": "a", "kind": "schedule", "steps": [[1, 50], [1, 47]]},
        {"bidder": "ü", "kind": "schedule", "steps": [["2", "20"]]},
    ],
}
RESULT = (
    '{"status":"cleared","welfare":"137","allocation":{"a":"2","ü":"2"},'
    '"payment":{"a":"40","ü":"40"},"clearing_price":"20","surplus":"0"}\n'
)


def test_a_problem_is_one_line(run: Callable[..., Run], tmp_path: Path) -> None:
    path = tmp_path / "problem.json"
    path.write_text(json.dumps(PROBLEM), encoding="utf-8")
    for shown in (
        run("auction", "clear", str(path)),
        run("auction", "clear", "-", stdin=json.dumps(PROBLEM)),
        run("auction", "clear", "-", "--output", "ndjson", stdin=json.dumps(PROBLEM)),
    ):
        assert shown == Run(0, RESULT, "")


def test_a_refused_problem_is_one_line_and_status_1(run: Callable[..., Run]) -> None:
    shown = run("auction", "clear", "-", stdin=json.dumps(PROBLEM | {"quantity": 0}))

    assert shown.status == 1
    assert shown.out == ""
    assert shown.err == ("error: quantity must be an integer from 1 to 18446744073709551615\n")


def test_lines_come_out_in_order_and_refusals_in_their_place(run: Callable[..., Run]) -> None:
    lines = [json.dumps(PROBLEM), "{", "", json.dumps(PROBLEM)]
    shown = run("auction", "clear", "--ndjson", "-", stdin="\n".join(lines) + "\n")

    refused = '{"refused":"not valid JSON"}\n'
    assert shown == Run(0, RESULT + refused + refused + RESULT, "")


def test_bytes_that_are_not_text_are_refused(run: Callable[..., Run]) -> None:
    shown = run("auction", "clear", "-", stdin=b"\xff\xfe")

    assert shown == Run(1, "", "error: not valid JSON\n")


def test_a_table_for_people(run: Callable[..., Run]) -> None:
    shown = run("auction", "clear", "-", "--output", "table", stdin=json.dumps(PROBLEM))

    assert shown.status == 0
    assert "clearing_price  20" in shown.out
    assert "a       2           40" in shown.out


@pytest.mark.parametrize("path", ["missing.json", "."])
def test_a_file_that_cannot_be_read_is_named(
    run: Callable[..., Run], tmp_path: Path, path: str
) -> None:
    shown = run("auction", "clear", str(tmp_path / path))

    assert shown.status == 1
    assert str(tmp_path / path) in shown.err
