"""Commands that run until they are stopped end in order at the first signal."""

from __future__ import annotations

import os
import signal

import pytest

from plurichain.cli.signals import stopping_on_signals


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_signal_stops_and_a_second_one_would_end_the_process(number: int) -> None:
    before = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}
    stopped: list[str] = []
    with stopping_on_signals(lambda: stopped.append("stop")):
        os.kill(os.getpid(), number)
        assert stopped == ["stop"]
        assert signal.getsignal(number) == signal.SIG_DFL
    assert {each: signal.getsignal(each) for each in before} == before
