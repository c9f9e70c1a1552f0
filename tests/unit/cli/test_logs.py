"""Lines of the log as text: what they are about is said once."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from plurichain.chain.reporting import Progress
from plurichain.cli.logs import TextFormatter, configure_logging
from plurichain.cli.session import show_progress


def make_line(message: str, **fields: object) -> str:
    record = logging.LogRecord("plurichain.x", logging.INFO, "x.py", 1, message, (), None)
    # A moment whose digits could be taken for an auction's number.
    record.created = 7.777
    for name, value in fields.items():
        setattr(record, name, value)
    return TextFormatter().format(record)


@pytest.mark.parametrize(
    ("message", "fields", "end"),
    [
        ("sent", {"tx_hash": "AB", "auction_id": 7}, "sent (transaction AB, auction 7)"),
        ("sent AB", {"tx_hash": "AB", "auction_id": 7}, "sent AB (auction 7)"),
        ("auction 7 is over", {"auction_id": 7}, "auction 7 is over"),
        ("auction 70 is over", {"auction_id": 7}, "auction 70 is over (auction 7)"),
        ("after 7 blocks", {"auction_id": 7}, "after 7 blocks (auction 7)"),
        ("sent", {}, "plurichain.x: sent"),
    ],
)
def test_a_line_says_once_what_it_is_about(
    message: str, fields: dict[str, object], end: str
) -> None:
    """A number that happens to stand in the line is no auction's."""
    assert make_line(message, **fields).endswith(end)


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    logger = logging.getLogger("plurichain")
    before = logger.handlers[:], logger.level, logger.propagate
    yield
    for made in logger.handlers:
        if made not in before[0]:
            made.close()
    logger.handlers, logger.level, logger.propagate = before


@pytest.mark.parametrize("verbosity", [0, 2])
def test_a_warning_is_on_the_screen_once(
    capsys: pytest.CaptureFixture[str], verbosity: int
) -> None:
    configure_logging(verbosity=verbosity, log_format="text", log_file=None)
    show_progress(Progress("client_unusable", "the client expired", is_warning=True))
    logging.getLogger("plurichain.x").warning("a node is slow")
    shown = capsys.readouterr()
    assert shown.err.count("the client expired") == 1
    assert "WARNING: the client expired\n" in shown.err
    assert "warning plurichain.x: a node is slow\n" in shown.err


def test_a_warning_is_in_the_file_of_the_log_and_on_the_screen(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "log"
    configure_logging(verbosity=0, log_format="text", log_file=str(file))
    show_progress(Progress("client_unusable", "the client expired", is_warning=True))
    show_progress(Progress("sent", "a packet is sent", fields={"tx_hash": "AB"}))
    assert "WARNING: the client expired\n" in capsys.readouterr().err
    (line,) = file.read_text().splitlines()
    assert line.endswith("warning plurichain.cli.session: client_unusable: the client expired")
