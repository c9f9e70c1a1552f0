"""Sending to one host chain: a thread that signs and hands in, and the fate of what it sent.

A node checks transactions one after the other, and what comes later may build on what came
before (a client's update), so there is one thread for each chain. What became of them is
told by the blocks that the chain's reader reads anyway.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from plurichain.errors import NodeError, NotFound, PlurichainError
from plurichain.relayer.counters import Count, Counters
from plurichain.relayer.verdicts import is_about_fees

if TYPE_CHECKING:
    from plurichain.chain.nodes.client import ChainClient
    from plurichain.chain.transactions.messages import Message
    from plurichain.chain.types import TxResult
    from plurichain.identifiers import Address
    from plurichain.relayer.signing_keys import SigningKey, SigningKeys
    from plurichain.relayer.work import Work

logger = logging.getLogger(__name__)

TTL_NS = 25_000_000_000
"""How long, in block time, a transaction may wait for its block."""
FULL_PAUSE_S = 0.15
FULL_TRIES = 60
SILENT_TRIES = 3
SIGNING_TRIES = 3
_IN_CACHE = ("sdk", 19)
_MEMPOOL_FULL = ("sdk", 20)
_WRONG_SEQUENCE = ("sdk", 32)
_TOO_LATE = ("sdk", 42)


class TxFate(Enum):
    """What a transaction came to."""

    INCLUDED = "included"
    REFUSED = "refused"
    EXPIRED = "expired"
    UNSIGNED = "unsigned"
    """It could not be signed: the reason is in the log."""


@dataclass(frozen=True, slots=True)
class TxEnd:
    """The end of a transaction; code 0 of an included one is success."""

    fate: TxFate
    tx_hash: str = ""
    height: int = 0
    code: int = 0
    codespace: str = ""
    log: str = ""
    gas_used: int = 0
    gas_wanted: int = 0

    @property
    def is_success(self) -> bool:
        """Whether its messages took effect."""
        return self.fate is TxFate.INCLUDED and not self.code


@dataclass(frozen=True, slots=True)
class Batch:
    """A transaction to be: ``make_messages`` is given the address that signs.

    ``update_heights`` are the source's heights whose ``headers`` its first messages show
    the client.
    ``on_end`` is called once, from another thread.
    """

    works: tuple[Work, ...]
    update_heights: tuple[int, ...]
    headers: tuple[bytes, ...]
    gas: int
    make_messages: Callable[[Address], list[Message]]
    on_end: Callable[[Batch, TxEnd], None]


@dataclass(slots=True)
class _Pending:
    """A transaction on its way; ``is_unsure``: no node has said that it has it."""

    batch: Batch
    timeout_ns: int
    fee: int
    tx_bytes: bytes
    is_unsure: bool = False


class _Repeat:
    """Stands in the queue for handing in again what no node has answered to."""


class Submitter:
    """Signs, hands in and follows the transactions of one host chain."""

    def __init__(
        self,
        client: ChainClient,
        keys: SigningKeys,
        counters: Counters,
        *,
        get_time_ns: Callable[[], int],
        on_no_coins: Callable[[SigningKey, str], None],
        on_fatal: Callable[[Exception], None],
    ) -> None:
        self._client = client
        self._counters = counters
        self._get_time_ns = get_time_ns
        self._least_time_ns = 0
        self._on_no_coins = on_no_coins
        self._on_fatal = on_fatal
        self._queue: queue.SimpleQueue[Batch | _Repeat | None] = queue.SimpleQueue()
        self._guard = threading.Lock()
        self._pending: dict[str, _Pending] = {}
        self._ours: dict[str, None] = {}
        self._stopping = threading.Event()
        self.keys = keys
        name = f"plurichain-submit-{client.network.chain_id}"
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin to take batches."""
        self._thread.start()

    def stop(self) -> None:
        """Have the thread end after the batch it is at."""
        self._stopping.set()
        self._queue.put(None)

    def join(self, timeout_s: float) -> None:
        """Wait for the thread's end."""
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def enqueue(self, batch: Batch) -> None:
        """Send a batch after those before it."""
        self._queue.put(batch)

    @property
    def pending_count(self) -> int:
        """How many transactions are on their way."""
        with self._guard:
            return len(self._pending)

    # --- what became of them, from the reader's thread -------------------------------------------

    def find_ours(self, tx_hashes: list[str]) -> set[str]:
        """Return which transactions this process sent."""
        with self._guard:
            return {tx_hash for tx_hash in tx_hashes if tx_hash in self._ours}

    def settle(
        self, height: int, time_ns: int, tx_hashes: list[str], results: tuple[TxResult, ...]
    ) -> None:
        """Tell batches what a block says of them."""
        ended: list[tuple[Batch, TxEnd]] = []
        fees = 0
        with self._guard:
            for tx_hash, result in zip(tx_hashes, results, strict=True):
                pending = self._pending.pop(tx_hash, None)
                if pending is not None:
                    fees += pending.fee
                    ended.append((pending.batch, _make_end(tx_hash, height, result)))
            late = [
                (tx_hash, pending)
                for tx_hash, pending in self._pending.items()
                if pending.timeout_ns < time_ns
            ]
            for tx_hash, pending in late:
                del self._pending[tx_hash]
                ended.append((pending.batch, TxEnd(TxFate.EXPIRED, tx_hash)))
            is_unsure = any(pending.is_unsure for pending in self._pending.values())
        if is_unsure and self._queue.empty():
            # A block was read: so a node answers again.
            self._queue.put(_Repeat())
        self._counters.add(Count.FEES_PAID, fees)
        for batch, end in ended:
            if end.fate is TxFate.INCLUDED:
                self._counters.add(Count.TRANSACTIONS)
                self._counters.add(Count.GAS_USED, end.gas_used)
                self._counters.add(Count.FAILED_TRANSACTIONS, int(end.code != 0))
            batch.on_end(batch, end)

    # --- sending ---------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while True:
                batch = self._queue.get()
                if batch is None or self._stopping.is_set():
                    return
                if isinstance(batch, _Repeat):
                    self._repeat()
                else:
                    self._take(batch)
        except Exception as error:
            # Blocks would be read on, and nothing would ever be sent.
            logger.exception("%s: sending ended", self._client.network.chain_id)
            self._on_fatal(error)

    def _take(self, batch: Batch) -> None:
        try:
            end = self._submit(batch)
        except PlurichainError as error:
            end = TxEnd(TxFate.UNSIGNED, log=error.cause)
        if end is not None:
            self._counters.add(Count.REFUSED_TRANSACTIONS)
            batch.on_end(batch, end)

    def _submit(self, batch: Batch) -> TxEnd | None:
        """Sign and hand in; returns its end if a node refused it."""
        key = self.keys.choose()
        if key is None:
            return TxEnd(TxFate.REFUSED, code=5, codespace="sdk", log="no key has coins for fees")
        end = self._submit_signed(batch, key)
        for _ in range(SIGNING_TRIES):
            code = None if end is None else (end.codespace, end.code)
            if end is not None and code == _WRONG_SEQUENCE:
                key.repair(end.log)
            elif code == _TOO_LATE:
                # Blocks are read that far behind the node: time-outs count from its own.
                self._least_time_ns = self._client.get_latest_header().time_ns
            else:
                break
            end = self._submit_signed(batch, key)
        if end is None:
            key.note_taken()
        elif is_about_fees(end.codespace, end.code, end.log):
            key.pause(end.log)
            self._on_no_coins(key, end.log)
        return end

    def _submit_signed(self, batch: Batch, key: SigningKey) -> TxEnd | None:
        time_ns = max(self._get_time_ns(), self._least_time_ns)
        timeout_ns = self.keys.make_timeout(time_ns + TTL_NS)
        messages = batch.make_messages(key.address)
        try:
            signed = key.sign(messages, gas=batch.gas, timeout_ns=timeout_ns)
        except NotFound as error:
            return TxEnd(TxFate.REFUSED, code=5, codespace="sdk", log=error.cause)
        with self._guard:
            # Before it is handed in: the block may be read before the answer.
            self._pending[signed.tx_hash] = _Pending(
                batch, timeout_ns, key.compute_fee(batch.gas), signed.tx_bytes
            )
            self._remember(signed.tx_hash)
        answer = self._hand_in(signed.tx_bytes)
        return self._note_answer(signed.tx_hash, answer)

    def _note_answer(self, tx_hash: str, answer: tuple[int, str, str] | None) -> TxEnd | None:
        """Keep a transaction pending unless a node refused it; returns its end then."""
        code, codespace, log = answer or (0, "", "")
        is_taken = not code or (codespace, code) == _IN_CACHE
        with self._guard:
            pending = self._pending.get(tx_hash)
            # What is in a block all the same has been told of already.
            if pending is None:
                return None
            pending.is_unsure = answer is None
            if is_taken:
                return None
            del self._pending[tx_hash]
        return TxEnd(TxFate.REFUSED, tx_hash, code=code, codespace=codespace, log=log)

    def _repeat(self) -> None:
        """Hand in the same bytes again of what no node has answered to."""
        with self._guard:
            unsure = [(name, each) for name, each in self._pending.items() if each.is_unsure]
        for tx_hash, pending in unsure:
            try:
                answer = self._client.broadcast(pending.tx_bytes)
            except NodeError:
                return
            end = self._note_answer(tx_hash, answer)
            if end is not None:
                self._counters.add(Count.REFUSED_TRANSACTIONS)
                pending.batch.on_end(pending.batch, end)

    def _hand_in(self, tx_bytes: bytes) -> tuple[int, str, str] | None:
        """Return what the node says; None if it says nothing, since blocks will tell."""
        silent = 0
        for _ in range(FULL_TRIES):
            try:
                code, codespace, log = self._client.broadcast(tx_bytes)
            except NodeError as error:
                silent += 1
                if silent >= SILENT_TRIES or self._stopping.is_set():
                    logger.warning("no answer to a transaction: %s", error.cause)
                    return None
                time.sleep(FULL_PAUSE_S)
                continue
            if (codespace, code) != _MEMPOOL_FULL or self._stopping.is_set():
                return code, codespace, log
            time.sleep(FULL_PAUSE_S)
        return code, codespace, log

    def _remember(self, tx_hash: str) -> None:
        self._ours[tx_hash] = None
        while len(self._ours) > _MOST_REMEMBERED:
            del self._ours[next(iter(self._ours))]


_MOST_REMEMBERED = 20_000


def _make_end(tx_hash: str, height: int, result: TxResult) -> TxEnd:
    return TxEnd(
        TxFate.INCLUDED,
        tx_hash,
        height,
        result.code,
        result.codespace,
        result.log,
        result.gas_used,
        result.gas_wanted,
    )


def list_kinds(works: Sequence[Work]) -> dict[str, int]:
    """Return how many works there are of each kind, for a line of the log."""
    kinds: dict[str, int] = {}
    for work in works:
        kinds[work.kind.value] = kinds.get(work.kind.value, 0) + 1
    return kinds
