"""Trouble that goes on is told when it begins, seldom meanwhile, and when it is over."""

from __future__ import annotations

import logging

import pytest

from plurichain.tracker.trouble import CALM_S, REMIND_EVERY_S, Trouble

logger = logging.getLogger("plurichain.test")


def test_a_night_of_trouble_is_a_few_lines(caplog: pytest.LogCaptureFixture) -> None:
    now = [100.0]
    trouble = Trouble(logger, "rows are not kept", clock_s=lambda: now[0])
    trouble.note_well()
    assert not caplog.messages

    for _ in range(8 * 3600):
        trouble.note("no server")
        now[0] += 0.5
        trouble.note_well()  # what needs no database goes well meanwhile
        now[0] += 0.5
    assert set(caplog.messages) == {"rows are not kept: no server"}
    assert len(caplog.messages) == 8 * 3600 / REMIND_EVERY_S

    caplog.clear()
    now[0] += CALM_S
    trouble.note_well()
    trouble.note_well()
    assert caplog.messages == ["rows are not kept: that is over"]
    trouble.note("full disk")
    assert caplog.messages[1:] == ["rows are not kept: full disk"]
    assert {each.levelno for each in caplog.records} == {logging.WARNING}
