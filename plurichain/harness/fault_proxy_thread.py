"""The thread that fault proxies run in, so that they never wait for a test nor it for them."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from plurichain.errors import HarnessError

T = TypeVar("T")

CALL_S = 60.0
"""What is run there takes moments; a machine with other work may take its time."""


class ProxyThread:
    """An event loop in a thread of its own, for one or several proxies."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self.loop.run_forever, name="fault-proxy", daemon=True
        )
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something there to its end. Raises HarnessError if that does not come."""
        running = asyncio.run_coroutine_threadsafe(work, self.loop)
        # Raised by the work itself, a TimeoutError is its own.
        concurrent.futures.wait([running], CALL_S)
        if not running.done():
            running.cancel()
            raise HarnessError(f"a fault proxy did not answer within {CALL_S:g} s")
        return running.result()

    def close(self) -> None:
        """End the loop and the thread."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(CALL_S)
        self.loop.close()
