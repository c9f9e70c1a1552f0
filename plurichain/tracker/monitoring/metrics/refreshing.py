"""Taking snapshots again and again in a thread of its own, and keeping the last one.

Whoever shows it never waits: a database that hangs only makes what is shown older.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plurichain.errors import PlurichainError
from plurichain.tracker.monitoring.file_identity import identify
from plurichain.tracker.monitoring.snapshot.taking import take_snapshot

if TYPE_CHECKING:
    from plurichain.ibc.overdue import Thresholds
    from plurichain.tracker.monitoring.snapshot.items import Snapshot
    from plurichain.tracker.store import PacketStore

logger = logging.getLogger(__name__)

EVERY_S = 2.0
"""How often the database is read, unless reading takes long."""
SHARE = 4
"""Between two readings lies at least this many times the processor's time of the last one."""
OVERDUE_S = 10.0
"""A reading that takes longer counts as failing while it waits."""
_END_S = 2.0


@dataclass(frozen=True, slots=True)
class Taken:
    """The last snapshot (None: none yet), and how its taking goes. Seconds, monotonic clock."""

    snapshot: Snapshot | None = None
    begun_s: float | None = None
    """When the reading began that gave the snapshot."""
    duration_s: float | None = None
    failures: int = 0
    error: str | None = None
    """Why the last reading failed; None: it did not."""
    waiting_since_s: float | None = None
    """When the reading began that is under way."""

    def age_s(self, now_s: float) -> float | None:
        """Return how old the snapshot is; None: there is none."""
        return None if self.begun_s is None else max(now_s - self.begun_s, 0.0)

    def is_failing(self, now_s: float) -> bool:
        """Tell whether what is shown is old because the database does not answer."""
        waiting = self.waiting_since_s
        return self.error is not None or (waiting is not None and now_s - waiting > OVERDUE_S)


class Refresher:
    """Reads the database every ``every_s`` seconds until stopped.

    ``open_store`` is called in the thread, again after every failure: the store is the
    thread's alone. ``report`` is told in one line when reading fails and when it works again.
    """

    def __init__(
        self,
        open_store: Callable[[], PacketStore],
        thresholds: Thresholds,
        *,
        report: Callable[[str], None],
        every_s: float = EVERY_S,
    ) -> None:
        self._open_store = open_store
        self._thresholds = thresholds
        self._report = report
        self._every_s = every_s
        self._taken = Taken()
        self._file: tuple[int, int] | None = None
        self._stopping = threading.Event()
        self._first = threading.Event()
        self.first_error: PlurichainError | None = None
        """Why the very first reading failed."""
        # A reading that never returns must not keep the process from ending.
        self._thread = threading.Thread(target=self._run, name="snapshots", daemon=True)

    @property
    def taken(self) -> Taken:
        """The last snapshot; one value, so that no reader needs a lock."""
        return self._taken

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wait_for_first(self, timeout_s: float) -> bool:
        """Wait until the first reading has ended, well or not; False: it is still under way."""
        return self._first.wait(timeout_s)

    def stop(self) -> None:
        """End after the reading at hand; one that hangs is left behind."""
        self._stopping.set()
        self._thread.join(_END_S)

    def _run(self) -> None:
        store: PacketStore | None = None
        try:
            while not self._stopping.is_set():
                begun_s, busy_s = time.monotonic(), time.thread_time()
                store = self._refresh(store, begun_s)
                self._first.set()
                # A reading that was waiting has kept nobody busy, and is soon repeated.
                took_s, busy_s = time.monotonic() - begun_s, time.thread_time() - busy_s
                self._stopping.wait(max(self._every_s - took_s, busy_s * SHARE))
        finally:
            _close(store)

    def _refresh(self, store: PacketStore | None, begun_s: float) -> PacketStore | None:
        """Take one snapshot; returns the store to go on with, None after a failure."""
        before = self._taken
        self._taken = _begin(before, begun_s)
        try:
            if store is None:
                store = self._open_store()
                self._file = identify(store.place)
            elif identify(store.place) != self._file:
                # What is open goes on telling of the old file. It is not closed either: SQLite
                # would remove the journal that lies beside it by name, which is the new one's.
                self._note_failure(before, f"{store.place} is gone, or another file: begin again")
                return store
            snapshot = take_snapshot(store, time.time_ns(), self._thresholds)
        except PlurichainError as error:
            if not self._first.is_set():
                self.first_error = error
            self._note_failure(before, error.cause)
            _close(store)
            return None
        except Exception as error:
            logger.exception("reading the database failed")
            self._note_failure(before, f"{type(error).__name__} (see the log)")
            _close(store)
            return None
        if before.error is not None:
            self._report("the database answers again")
        self._taken = Taken(snapshot, begun_s, time.monotonic() - begun_s, before.failures)
        return store

    def _note_failure(self, before: Taken, text: str) -> None:
        if before.error is None:
            self._report(f"the database cannot be read: {text}")
        self._taken = Taken(
            before.snapshot, before.begun_s, before.duration_s, before.failures + 1, text
        )


def _begin(before: Taken, now_s: float) -> Taken:
    return Taken(
        before.snapshot, before.begun_s, before.duration_s, before.failures, before.error, now_s
    )


def _close(store: PacketStore | None) -> None:
    if store is not None:
        try:
            store.close()
        except PlurichainError as error:
            logger.info("closing the database failed: %s", error)
