"""Lines of the log as text: what they are about is said once."""

from __future__ import annotations

import logging

import pytest

from plurichain.cli.logs import TextFormatter


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
