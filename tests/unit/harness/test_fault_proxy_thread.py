"""The thread of fault proxies: what is run there ends, or is told of."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

import pytest

from plurichain.errors import HarnessError
from plurichain.harness import fault_proxy_thread
from plurichain.harness.fault_proxy_thread import ProxyThread


@pytest.fixture
def thread() -> Iterator[ProxyThread]:
    with contextlib.closing(ProxyThread()) as thread:
        yield thread


def test_what_does_not_end_is_an_error_and_is_given_up(
    thread: ProxyThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fault_proxy_thread, "CALL_S", 0.05)
    given_up = asyncio.Event()

    async def hang() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            given_up.set()

    with pytest.raises(HarnessError, match=r"did not answer within 0\.05 s"):
        thread.run(hang())
    monkeypatch.undo()
    thread.run(asyncio.wait_for(given_up.wait(), 30))


def test_what_the_work_raises_is_raised(thread: ProxyThread) -> None:
    async def fail() -> None:
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        thread.run(fail())
