"""What one end of a connection sends, read as far as it is wanted."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any

CHUNK = 65536


class LinkEnded(Exception):
    """The connection is over, by a fault or by one of its ends."""


class Source:
    """What one end sends, with a look ahead."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self.buffer = bytearray()

    async def fill(self) -> None:
        """Wait for more bytes. Raises LinkEnded."""
        try:
            data = await self._reader.read(CHUNK)
        except OSError as error:
            raise LinkEnded from error
        if not data:
            raise LinkEnded
        self.buffer += data

    async def read_exactly(self, size: int) -> bytes:
        """Return the next ``size`` bytes. Raises LinkEnded."""
        while len(self.buffer) < size:
            await self.fill()
        return self._take(size)

    async def read_until(self, mark: bytes) -> bytes:
        """Return everything up to ``mark``, with it. Raises LinkEnded."""
        while (found := self.buffer.find(mark)) < 0:
            await self.fill()
        return self._take(found + len(mark))

    async def read_some(self) -> bytes:
        """Return what there is, at least a byte. Raises LinkEnded."""
        if not self.buffer:
            await self.fill()
        return self._take(len(self.buffer))

    async def read_to_end(self) -> bytes:
        """Return all that comes until the other side ends."""
        with contextlib.suppress(LinkEnded):
            while True:
                await self.fill()
        return self._take(len(self.buffer))

    async def wait_for_end(self) -> None:
        """Keep what comes until the other side ends. Raises LinkEnded then."""
        while True:
            await self.fill()

    def _take(self, size: int) -> bytes:
        taken = bytes(self.buffer[:size])
        del self.buffer[:size]
        return taken


async def run_first(*works: Coroutine[Any, Any, None]) -> None:
    """Run coroutines until the first of them ends, and cancel the rest; raises what that raised."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        if not task.cancelled():
            task.result()
