"""Tables and JSON: the same values, whatever they contain and wherever they go."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator, Mapping

import pytest

from plurichain.cli.output import format_cell, show_note, show_record, show_rows
from plurichain.encoding.display import is_visible

ROWS = [
    {"name": "a", "amount": str(2**70), "ok": True, "why": None},
    {"name": "bb", "amount": "1", "ok": False, "why": "x\ny"},
]


def test_rows_as_json_and_ndjson(capsys: pytest.CaptureFixture[str]) -> None:
    show_rows(ROWS, "json")
    assert json.loads(capsys.readouterr().out) == ROWS
    show_rows(ROWS, "ndjson")
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == ROWS
    show_rows([], "json")
    assert capsys.readouterr().out == "[]\n"
    show_rows([], "ndjson")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("output", ["json", "ndjson"])
def test_rows_of_json_are_printed_as_they_come(
    output: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told = []
    odd: Mapping[str, object] = {"name": "c\u2028\n", "list": [1, {"x": []}], "none": {}}

    def rows() -> Iterator[Mapping[str, object]]:
        for row in (*ROWS, odd):
            yield row
            told.append(capsys.readouterr().out)

    show_rows(rows(), output)
    assert all(told[output == "json" :])  # of a list a row waits for the comma behind it
    whole = "".join(told) + capsys.readouterr().out
    if output == "json":
        assert whole == json.dumps(json.loads(whole), indent=2) + "\n"
        assert len(json.loads(whole)) == len(ROWS) + 1


def test_a_table_in_a_pipe_is_aligned_and_unwrapped(capsys: pytest.CaptureFixture[str]) -> None:
    show_rows(ROWS, "table")

    assert capsys.readouterr().out == (
        "name  amount                  ok   why\n"
        f"a     {2**70}  yes  -\n"
        "bb    1                       no   x y\n"
    )


def test_no_rows_say_so(capsys: pytest.CaptureFixture[str]) -> None:
    show_rows([], "table", empty="no auctions")
    assert capsys.readouterr().out == "no auctions\n"


def test_a_record(capsys: pytest.CaptureFixture[str]) -> None:
    show_record({"id": 1, "coins": ["1a", "2b"], "more": {"x": None}}, "table")
    assert capsys.readouterr().out == "id     1\ncoins  1a, 2b\nmore   x=-\n"


@pytest.mark.parametrize("text", ["\x1b[2J", "a\x07", "\u202eabc", "a\rb", "\x9b1m"])
def test_a_title_cannot_steer_the_terminal(text: str) -> None:
    assert format_cell(text).isprintable()


SCRIPT = """
from plurichain.cli.output import show_rows
show_rows([{"bidder": "pluri1" + "q" * 38, "title": "[red]x[/red]", "amount": "1" * 25}], "table")
"""


def _show_on_terminal(columns: int, changes: Mapping[str, str]) -> str:
    """Print a table on a terminal of so many columns and return what arrived there."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {key: value for key, value in os.environ.items() if key != "COLUMNS"}
    done = subprocess.Popen(
        [sys.executable, "-c", SCRIPT],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=environment | {"TERM": "xterm-256color"} | dict(changes),
    )
    os.close(slave)
    chunks = []
    while True:
        try:
            chunk = os.read(master, 65536)
        except OSError:  # Linux reports the other end's closing so
            break
        if not chunk:
            break
        chunks.append(chunk)
    os.close(master)
    assert done.wait(timeout=30) == 0, chunks
    return b"".join(chunks).decode()


@pytest.mark.parametrize("columns", [20, 40, 200])
def test_a_terminal_of_any_width_shows_everything(columns: int) -> None:
    shown = _show_on_terminal(columns, {"NO_COLOR": "1"})

    assert "\x1b[3" not in shown, "no colour"
    shown = re.sub("\x1b\\[[0-9;]*m", "", shown)
    assert shown.count("q") == 38
    assert shown.count("1") == 26
    joined = "".join(shown.split())
    assert columns < 200 or "[red]x[/red]" in joined
    assert max(len(line) for line in shown.splitlines()) <= columns


def test_a_dumb_terminal_gets_plain_text() -> None:
    assert "\x1b" not in _show_on_terminal(80, {"TERM": "dumb"})


@pytest.mark.parametrize("output", ["table", "json", "ndjson"])
def test_a_title_of_a_stranger_is_shown_and_harms_nobody(
    output: str, capsys: pytest.CaptureFixture[str]
) -> None:
    title = "\x1b[2J\x9b1A\x7f\u202emoc.knab\u2066\u200b\U000e0041 Лот"
    show_rows([{"title": title}], output)
    show_record({"title": title}, output)
    show_note(f"as told: {title}\nand more")
    shown = capsys.readouterr()
    for char in shown.out + shown.err:
        assert char == "\n" or is_visible(char)
    assert "Лот" in shown.out
    assert r"\u202emoc.knab" in shown.out
    assert shown.err.count("\n") == 2
    if output == "ndjson":
        assert [json.loads(line)["title"] for line in shown.out.splitlines()] == [title] * 2
