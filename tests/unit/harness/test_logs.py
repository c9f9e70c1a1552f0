"""Logs: a panic is seen at once, and only a panic."""

from __future__ import annotations

from pathlib import Path

import pytest

from plurichain.harness.logs import LogWatch, read_tail, strip_colours


@pytest.mark.parametrize(
    "line",
    [
        "panic: runtime error: index out of range",
        "fatal error: concurrent map writes",
        '9:15AM ERR CONSENSUS FAILURE!!! err="..." module=consensus',
        "\x1b[91mpanic: coloured\x1b[0m",
    ],
)
def test_panic_is_found(tmp_path: Path, line: str) -> None:
    """The first line of a panic is what is reported."""
    log = tmp_path / "node.log"
    log.write_text(f"9:15AM INF starting\n{line}\ngoroutine 1 [running]:\npanic: second\n")

    assert LogWatch(log).find_panic() == strip_colours(line)


@pytest.mark.parametrize(
    "line",
    [
        "9:15AM INF don't panic: all is well",
        '9:15AM ERR panic recovered in runTx err="out of gas"',
        "9:15AM INF auction clearing panicked; refunded module=auction",
    ],
)
def test_panics_that_a_chain_caught_itself_are_not(tmp_path: Path, line: str) -> None:
    """A chain that recovers is well."""
    log = tmp_path / "node.log"
    log.write_text(f"{line}\n")

    assert LogWatch(log).find_panic() is None


def test_line_is_read_once_it_is_whole(tmp_path: Path) -> None:
    """Half a line is neither lost nor judged."""
    log = tmp_path / "node.log"
    log.write_bytes(b"first\npan")
    watch = LogWatch(log)
    assert watch.read_new() == ["first"]
    assert watch.find_panic() is None

    with log.open("ab") as file:
        file.write(b"ic: late\n")

    assert watch.find_panic() == "panic: late"


def test_skip_forgets_what_was_meant(tmp_path: Path) -> None:
    """After a restart an old panic is not said again."""
    log = tmp_path / "node.log"
    log.write_text("panic: old\n")
    watch = LogWatch(log)
    assert watch.find_panic() == "panic: old"

    watch.skip()

    assert watch.find_panic() is None


def test_missing_log_is_empty(tmp_path: Path) -> None:
    """A node that has not written yet has no lines."""
    assert read_tail(tmp_path / "none.log") == []
    assert LogWatch(tmp_path / "none.log").read_new() == []


def test_tail_gives_the_last_lines(tmp_path: Path) -> None:
    """The tail is the end of a long log."""
    log = tmp_path / "node.log"
    log.write_text("".join(f"line {number}\n" for number in range(10_000)))

    assert read_tail(log, 2) == ["line 9998", "line 9999"]
