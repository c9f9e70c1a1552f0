"""Every block of a chain, each once and in order, as its packets and transactions tell it.

Announcements and polls only say when to look; what is read goes by height, so that no
drop, repeat or restart can hide a block.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from plurichain.chain.nodes.waiting import LONG_WAIT_S, POLL_S
from plurichain.chain.transactions.signing import compute_tx_hash
from plurichain.errors import HeightPruned, NodeError, NotFound, WrongChain
from plurichain.ibc.events import IbcEvent, decode_ibc_events

if TYPE_CHECKING:
    from plurichain.chain.nodes.client import ChainClient
    from plurichain.chain.types import Event, TxResult

logger = logging.getLogger(__name__)

WAIT_S = 1.0
"""How long one wait for a block lasts before the reader looks whether it is to end."""
_PAUSE_S = 0.5


@dataclass(frozen=True, slots=True)
class SeenEvent:
    """An event, and whether it is of a transaction that this process sent."""

    event: IbcEvent
    is_ours: bool


@dataclass(frozen=True, slots=True)
class BlockNews:
    """What one block brought; its state can be proven once the next one is there."""

    chain_id: str
    height: int
    time_ns: int
    events: tuple[SeenEvent, ...]


class TxObserver(Protocol):
    """Whoever wants to know what became of transactions."""

    def find_ours(self, tx_hashes: list[str]) -> set[str]:
        """Return those that it sent."""

    def settle(
        self, height: int, time_ns: int, tx_hashes: list[str], results: tuple[TxResult, ...]
    ) -> None:
        """Take in the transactions of a block."""


class BlockReader:
    """A thread that reads one chain and hands each block to all who listen."""

    def __init__(
        self,
        client: ChainClient,
        observer: TxObserver,
        *,
        on_trouble: Callable[[NodeError | None], None],
        on_fatal: Callable[[Exception], None],
    ) -> None:
        self._client = client
        self._observer = observer
        self._on_trouble = on_trouble
        self._on_fatal = on_fatal
        self._listeners: list[Callable[[BlockNews], None]] = []
        self._stopping = threading.Event()
        self._in_trouble = False
        self.height = 0
        """The last block that was read."""
        self.time_ns = 0
        self.skipped: list[tuple[int, int]] = []
        """Heights, first and last, that no node has any more."""
        name = f"plurichain-blocks-{client.network.chain_id}"
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def listen(self, listener: Callable[[BlockNews], None]) -> None:
        """Hand each block to ``listener``, from the reader's thread. Before ``start``."""
        self._listeners.append(listener)

    def start(self) -> None:
        """Begin after the block that is the last one now. Raises NodeError."""
        header = self._client.get_latest_header()
        self.height, self.time_ns = header.height, header.time_ns
        self._thread.start()

    def stop(self) -> None:
        """Have the thread end."""
        self._stopping.set()

    def join(self, timeout_s: float) -> None:
        """Wait for the thread's end."""
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                try:
                    self._read_or_skip()
                    self._note(None)
                except WrongChain:
                    raise
                except NodeError as error:
                    self._note(error)
                    self._stopping.wait(POLL_S if isinstance(error, NotFound) else _PAUSE_S)
        except Exception as error:
            logger.exception("%s: reading blocks ended", self._client.network.chain_id)
            self._on_fatal(error)

    def _note(self, error: NodeError | None) -> None:
        """Tell when trouble begins, and when it is over."""
        if self._in_trouble != (error is not None):
            self._in_trouble = error is not None
            self._on_trouble(error)

    def _read_or_skip(self) -> None:
        try:
            self._read_next()
        except HeightPruned:
            self._skip()

    def _read_next(self) -> None:
        height = self.height + 1
        # As if it had lasted long already: so the node's announcements are asked for at once.
        since_s = time.monotonic() - LONG_WAIT_S
        if not self._client.wait_for_block(height, timeout_s=WAIT_S, since_s=since_s):
            return
        block = self._client.get_block(height)
        results = self._client.get_block_results(height)
        hashes = [compute_tx_hash(tx_bytes) for tx_bytes in block.txs]
        ours = self._observer.find_ours(hashes)
        events = [SeenEvent(event, is_ours=False) for event in _decode(results.events)]
        for tx_hash, result in zip(hashes, results.tx_results, strict=True):
            if not result.code:
                is_ours = tx_hash in ours
                events += [SeenEvent(event, is_ours) for event in _decode(result.events)]
        time_ns = block.header.time_ns
        news = BlockNews(self._client.network.chain_id, height, time_ns, tuple(events))
        # Events first: they end works before the fate of their transaction is judged.
        self.height, self.time_ns = height, time_ns
        for listener in self._listeners:
            listener(news)
        self._observer.settle(height, time_ns, hashes, results.tx_results)

    def _skip(self) -> None:
        """Go on with the oldest block that is there: state queries make up for the others."""
        first = self._client.rpc.get_status().first_height
        if first <= self.height + 1:
            self._stopping.wait(_PAUSE_S)
            return
        self.skipped.append((self.height + 1, first - 1))
        logger.warning(
            "%s: blocks %d to %d are gone from the node", self._client.network.chain_id,
            self.height + 1, first - 1,
        )  # fmt: skip
        self.height = first - 1


def _decode(events: tuple[Event, ...]) -> tuple[IbcEvent, ...]:
    decoded = decode_ibc_events((event.type, event.attributes) for event in events)
    for note in decoded.notes:
        logger.info("an event %s that cannot be read: %s", note.type, note.reason)
    return decoded.events
