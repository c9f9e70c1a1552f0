"""Asking chains, beside their blocks: a thread a chain, which never holds up anything else.

Every question has a deadline. A chain that does not answer ages its own rows only, and while
its head is not told nothing else is asked of it.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from plurichain.chain.budget import Budget
from plurichain.errors import NodeError, PlurichainError, ProofError, StorageError
from plurichain.tracker.observing.channel_states import ChannelWatch
from plurichain.tracker.observing.clients import ClientWatch
from plurichain.tracker.observing.commitments import CommitmentWatch
from plurichain.tracker.observing.contacts import Question
from plurichain.tracker.observing.ends import find_quiet_ends, list_known_ends
from plurichain.tracker.observing.receipts import ReceiptWatch
from plurichain.tracker.observing.wallets import WalletWatch
from plurichain.tracker.trouble import Trouble

if TYPE_CHECKING:
    from plurichain.tracker.observing.contacts import ContactBook
    from plurichain.tracker.observing.watched import WatchedChain
    from plurichain.tracker.reading import End

logger = logging.getLogger(__name__)

REST_SHARE = 2.0
"""For how many times as long as something took it is not asked again."""
LONGEST_REST_S = 60.0
COMPARED_S = 60.0
"""For how long commitments cannot be compared before that is told as an error of the chain."""


@dataclass(frozen=True, slots=True)
class ObserverSettings:
    """How often things are asked, in seconds after the last answer.

    ``head_s``: the head of the chain; ``state_s``: channels, clients, wallets and packets
    under way; ``checks_s``: commitments, unless more are left than one round takes;
    ``ends_s``: which channels there are. ``total_s`` bounds the asking for a head and a round
    of commitments, with all calls and tries.
    """

    head_s: float = 1.0
    state_s: float = 5.0
    checks_s: float = 1.0
    ends_s: float = 300.0
    total_s: float = 10.0


class _ChainObserver:
    """One chain; used by one thread."""

    def __init__(
        self,
        chain: WatchedChain,
        contacts: ContactBook,
        tracked: frozenset[str],
        settings: ObserverSettings,
    ) -> None:
        self._chain = chain
        self._contacts = contacts
        self._tracked = tracked
        self._settings = settings
        self._channels = ChannelWatch(chain)
        self._clients = ClientWatch(chain)
        self._wallets = WalletWatch(chain)
        self._receipts = ReceiptWatch(chain)
        self._commitments = CommitmentWatch(chain)
        self._quiet: dict[End, str] = {}
        self._due: dict[str, float] = {}
        self._ends_due_s = 0.0
        self._uncompared_since_s: float | None = None
        self._trouble = Trouble(logger, f"{chain.chain_id}: observations are not kept")

    def run(self, stopping: threading.Event) -> None:
        """Ask until stopped."""
        while not stopping.is_set():
            try:
                self.step()
                self._trouble.note_well()
            except StorageError as error:
                if stopping.is_set():
                    return  # the database is being closed
                self._trouble.note(error.cause)
            except Exception:  # what nobody foresaw must not end the asking
                if stopping.is_set():
                    return  # connections and database are being closed
                logger.exception("%s: a question failed", self._chain.chain_id)
            next_s = min(self._due.values(), default=0.0)
            stopping.wait(max(next_s - time.monotonic(), 0.01))

    def step(self) -> None:
        """Ask what is due. Raises StorageError."""
        settings = self._settings
        with self._resting("head", settings.head_s) as is_due:
            if is_due:
                self._ask_head()
        error = self._contacts.get_error(self._chain.chain_id, Question.HEAD)
        with self._resting("state", settings.state_s) as is_due:
            if is_due:
                self._ask_state(error)
        with self._resting("checks", settings.checks_s) as is_due:
            if is_due and error is None:
                self._ask_commitments()

    @contextlib.contextmanager
    def _resting(self, name: str, every_s: float) -> Iterator[bool]:
        """Tell whether something is due; after it took long it rests for longer.

        Tens of thousands of packets under way must not keep a node busy with questions.
        """
        begun_s = time.monotonic()
        if self._due.get(name, 0.0) > begun_s:
            yield False
            return
        self._due[name] = begun_s + every_s
        try:
            yield True
        finally:
            taken_s = time.monotonic() - begun_s
            rest_s = min(taken_s * REST_SHARE, LONGEST_REST_S)
            self._due[name] = max(self._due[name], time.monotonic() + rest_s)

    def _ask_head(self) -> None:
        chain_id = self._chain.chain_id
        try:
            with Budget(self._settings.total_s).running():
                status = self._chain.client.check()
        except PlurichainError as error:
            self._contacts.note_failure(chain_id, Question.HEAD, error)
        else:
            self._contacts.note_head(chain_id, status)

    def _ask_state(self, error: str | None) -> None:
        watches = (self._channels, self._clients, self._wallets)
        if error is not None:
            for watch in watches:
                watch.fail(error)
            return
        ends = self._list_ends()
        self._channels.observe(ends)
        if (silence := self._channels.silence) is not None:
            self._clients.fail(silence)
            self._wallets.fail(silence)
            return
        try:
            self._clients.observe((end, self._channels.connections.get(end)) for end in ends)
        except NodeError as failure:
            self._clients.fail(failure.cause)
        self._wallets.observe()
        try:
            with Budget(self._settings.total_s).running():
                self._receipts.observe()
        except NodeError as failure:
            logger.info("%s: packets under way: %s", self._chain.chain_id, failure.cause)

    def _list_ends(self) -> dict[End, str | None]:
        if self._ends_due_s <= time.monotonic():
            rest_s = self._settings.ends_s
            try:
                with Budget(self._settings.total_s).running():
                    self._quiet = find_quiet_ends(self._chain, self._tracked)
            except NodeError as error:
                # A chain of many clients may never tell them in time: not to be asked each round.
                rest_s = min(rest_s, LONGEST_REST_S)
                logger.info("%s: its channels: %s", self._chain.chain_id, error.cause)
            self._ends_due_s = time.monotonic() + rest_s
        known = list_known_ends(self._chain.store, self._chain.chain_id)
        return {end: known.get(end) or self._quiet.get(end) for end in {**known, **self._quiet}}

    def _ask_commitments(self) -> None:
        chain_id = self._chain.chain_id
        try:
            with Budget(self._settings.total_s).running():
                is_more_left = self._commitments.observe()
        except ProofError as error:
            if self._contacts.get_error(chain_id, Question.PROOFS) != error.cause:
                self._chain.report(f"{chain_id}: {error.cause}")
            self._contacts.note_failure(chain_id, Question.PROOFS, error)
        except NodeError as error:
            logger.info("%s: commitments: %s", chain_id, error.cause)
            now_s = time.monotonic()
            self._uncompared_since_s = self._uncompared_since_s or now_s
            if now_s - self._uncompared_since_s >= COMPARED_S:
                self._contacts.note_failure(chain_id, Question.PROOFS, error)
        else:
            self._uncompared_since_s = None
            self._contacts.note_proofs(chain_id)
            if is_more_left:
                self._due["checks"] = 0.0  # at once, but for the rest


class Observer:
    """Observes several chains, from ``start`` to ``close``; usable as a context manager.

    All chains write into one store, each through its own questions. Threads of chains that
    hang are left to end by their deadlines.
    """

    def __init__(
        self,
        chains: Sequence[WatchedChain],
        contacts: ContactBook,
        settings: ObserverSettings | None = None,
    ) -> None:
        self._chains = tuple(chains)
        self._contacts = contacts
        self._settings = settings or ObserverSettings()
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> Self:
        """Begin to ask. Raises StorageError."""
        tracked = frozenset(each.chain_id for each in self._chains)
        observers = [
            _ChainObserver(each, self._contacts, tracked, self._settings) for each in self._chains
        ]
        self._threads = [
            threading.Thread(
                target=each.run, args=(self._stopping,), name=f"observe-{number}", daemon=True
            )
            for number, each in enumerate(observers)
        ]
        for thread in self._threads:
            thread.start()
        return self

    def close(self) -> None:
        """Stop asking; waits for questions that are under way, not longer than one may take."""
        self._stopping.set()
        deadline = time.monotonic() + self._settings.total_s
        for thread in self._threads:
            thread.join(max(deadline - time.monotonic(), 0.01))

    def __enter__(self) -> Self:
        """Start it."""
        return self.start()

    def __exit__(self, *_exc: object) -> None:
        """Close it."""
        self.close()
