"""The board of alarms: raised once, cleared once, kept in the database over restarts.

An alarm is for one kind on one subject, such as all packets of a channel that are not
received in time: thousands of stuck packets wake a person once. Its row names the oldest.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from plurichain.errors import PlurichainError
from plurichain.ibc.overdue import AlarmKind, Thresholds
from plurichain.tracker.coverage import ChainView, load_chains
from plurichain.tracker.followed import LASTING, list_unfollowed
from plurichain.tracker.monitoring.alarms.findings import (
    Finding,
    judge_channels,
    judge_clients,
    judge_commitments,
    judge_coverage,
    judge_money,
    judge_nodes,
)
from plurichain.tracker.monitoring.alarms.packet_watch import Look, Overdue, PacketWatch
from plurichain.tracker.monitoring.file_identity import identify
from plurichain.tracker.monitoring.snapshot.freshness import SLOWEST_BLOCK_NS
from plurichain.tracker.monitoring.texts import format_instant, name_end
from plurichain.tracker.observations import Alarm, Observations
from plurichain.tracker.trouble import Trouble

if TYPE_CHECKING:
    from plurichain.tracker.store import PacketStore

logger = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 5.0
"""How often what nodes answered is looked at, also while no chain makes a block."""

_OF_PACKETS: Final = frozenset(kind.value for kind in AlarmKind if kind.is_of_packets)

Key = tuple[str, str, str]


class AlarmBoard:
    """Raises and clears alarms; ``report`` is told each in one line. For several threads.

    ``now_ns`` is the local clock: it tells whether a chain's last block is of now, and
    nothing of packets. Methods raise StorageError.
    """

    def __init__(
        self,
        store: PacketStore,
        thresholds: Thresholds | None = None,
        *,
        report: Callable[[str], None],
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._store = store
        self._thresholds = thresholds or Thresholds()
        self._report = report
        self._now_ns = now_ns
        self._begun_ns = now_ns()
        self._rows = Observations(store)
        self._packets = PacketWatch(store, self._thresholds, is_current=self._is_current)
        self._guard = threading.Lock()
        self._file = identify(store.place)

    def take_in(self, chain_id: str, height: int) -> None:
        """Judge what the block of this height, which is in the database, has changed."""
        with self._guard:
            is_new, looks = self._packets.take_in(chain_id)
            for look in looks:
                self._settle_packets(look)
            if is_new:
                self._settle_findings()
        logger.debug("%s: alarms are as of block %d", chain_id, height)

    def look(self) -> None:
        """Judge what nodes answered lately."""
        with self._guard:
            self._settle_findings()

    @contextlib.contextmanager
    def looking(self) -> Iterator[None]:
        """Look again and again while the block runs, whatever the chains do."""
        ending = threading.Event()
        trouble = Trouble(logger, "alarms are not judged")

        def run() -> None:
            while not ending.wait(LOOK_EVERY_S):
                self._tell_if_gone()
                try:
                    self.look()
                    trouble.note_well()
                except PlurichainError as error:
                    trouble.note(error.cause)
                except Exception:  # what nobody foresaw must not end the looking
                    logger.exception("alarms are not judged")

        thread = threading.Thread(target=run, name="alarms", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ending.set()
            thread.join()

    def _tell_if_gone(self) -> None:
        """Report once that what is open is not what stands at its place any more."""
        if self._file is not None and identify(self._store.place) != self._file:
            self._file = None
            self._report(
                f"{self._store.place} is gone, or another file: nobody sees what is kept from "
                "now on; end this and begin it again"
            )

    def _is_current(self, view: ChainView, limit_ns: int) -> bool:
        """Tell whether a chain was read up to now, as far as a limit asks for it.

        By the local clock, since the node itself may lag; and by the newest block that the
        node told of. In blocks that are not read what is waited for may have been done.
        """
        if view.time_ns is None:
            return False
        most_ns = min(self._thresholds.lag_ns, max(limit_ns, SLOWEST_BLOCK_NS))
        if self._now_ns() - view.time_ns >= most_ns:
            return False
        head_ns = max(
            (
                each.head_time_ns or 0
                for each in self._rows.list_contacts()
                if each.chain_id == view.chain_id
            ),
            default=0,
        )
        return head_ns - view.time_ns < min(self._thresholds.lag_ns, limit_ns)

    def _settle_packets(self, look: Look) -> None:
        wanted = {}
        for (kind, end), found in look.overdue.items():
            subject = name_end(end)
            wanted[look.chain_id, kind.value, subject] = Alarm(
                chain_id=look.chain_id,
                kind=kind.value,
                subject=subject,
                text=describe_packet(kind, found),
                since_ns=found.due_ns,
                since_height=found.height,
                first_sequence=found.row.sequence,
                last_sequence=found.last,
            )
        # How a packet is of which nothing is known, or whose chain lags, may be as it was.
        kept = {(kind.value, name_end(end)) for kind, end in look.held}
        vague = {name_end(end): numbers for end, numbers in look.vague.items()}
        for alarm in self._rows.list_alarms():
            if alarm.chain_id == look.chain_id and alarm.kind in _OF_PACKETS:
                unknown = _list_within(vague.get(alarm.subject, ()), alarm)
                before = wanted.get(_key(alarm))
                if unknown and (before is not None or (alarm.kind, alarm.subject) not in kept):
                    wanted[_key(alarm)] = _widen(before or alarm, unknown, is_told=before is None)
        self._settle(
            wanted,
            lambda alarm: (
                alarm.chain_id == look.chain_id
                and alarm.kind in _OF_PACKETS
                and (alarm.kind, alarm.subject) not in kept
            ),
        )

    def _settle_findings(self) -> None:
        chains, unfollowed = load_chains(self._store), list_unfollowed(self._store)
        findings = [
            each
            for each in self._gather(chains)
            if each.kind.value in LASTING or each.chain_id not in unfollowed
        ]
        wanted, judged = {}, set()
        for found in findings:
            key = (found.chain_id, found.kind.value, found.subject)
            judged.add(key)
            if found.text is None:
                continue
            view = chains.get(found.chain_id)
            height = found.height
            wanted[key] = Alarm(
                chain_id=found.chain_id,
                kind=found.kind.value,
                subject=found.subject,
                text=found.text,
                since_ns=None if view is None else view.time_ns,
                since_height=view.height if height is None and view is not None else height,
            )
        self._settle(
            wanted,
            lambda alarm: (
                _key(alarm) in judged
                or (alarm.chain_id in unfollowed and alarm.kind not in LASTING)
            ),
        )

    def _gather(self, chains: dict[str, ChainView]) -> list[Finding]:
        now_ns = self._now_ns()
        # Of a clock that was set back, what is asked since is not of before the beginning.
        self._begun_ns = min(self._begun_ns, now_ns)
        nodes = judge_nodes(
            self._rows.list_contacts(), chains, self._thresholds,
            begun_ns=self._begun_ns, now_ns=now_ns,
        )  # fmt: skip
        return [
            *nodes,
            *judge_coverage(chains, self._rows),
            *judge_channels(chains),
            *judge_commitments(self._store),
            *judge_clients(self._rows, chains, self._thresholds, begun_ns=self._begun_ns),
            *judge_money(self._rows),
        ]

    def _settle(self, wanted: dict[Key, Alarm], may_clear: Callable[[Alarm], bool]) -> None:
        """Make the rows what is wanted; each change is reported once it is on disk."""
        before = {_key(alarm): alarm for alarm in self._rows.list_alarms()}
        raised = [alarm for key, alarm in wanted.items() if key not in before]
        cleared = [alarm for key, alarm in before.items() if key not in wanted and may_clear(alarm)]
        retold = [
            _retell(before[key], alarm)
            for key, alarm in wanted.items()
            if key in before and before[key] != _retell(before[key], alarm)
        ]
        if not raised and not cleared and not retold:
            return
        if raised or retold:
            self._rows.save(*raised, *retold)
        if cleared:
            self._rows.remove(*cleared)
        for alarm in raised:
            self._report(f"alarm: {alarm.chain_id} {alarm.subject}: {alarm.kind}: {alarm.text}")
        for alarm in cleared:
            self._report(f"over: {alarm.chain_id} {alarm.subject}: {alarm.kind}")


_WAITS_FOR: Final = {
    AlarmKind.STUCK_RECEIVE: "was not received",
    AlarmKind.STUCK_ANSWER: "was received, and its application does not answer",
    AlarmKind.STUCK_ACKNOWLEDGEMENT: "was answered, and the answer is not brought back",
    AlarmKind.REFUND_OVERDUE: "came to nothing, and its sender has no refund",
    AlarmKind.CONTRADICTION: "is told by the two chains in ways that cannot both be true",
}


def describe_packet(kind: AlarmKind, found: Overdue) -> str:
    """Return in words what the oldest packet of a case waits for, and since when."""
    row = found.row
    sent = "" if row.sent_time_ns is None else f", sent {format_instant(row.sent_time_ns)},"
    return f"packet {row.sequence} to {row.destination_chain_id}{sent} {_WAITS_FOR[kind]}"


def _key(alarm: Alarm) -> Key:
    return alarm.chain_id, alarm.kind, alarm.subject


def _list_within(numbers: Sequence[int], alarm: Alarm) -> list[int]:
    """Return which of the sequences an alarm may have been raised for."""
    first, last = alarm.first_sequence, alarm.last_sequence
    return [
        each
        for each in numbers
        if (first is None or first <= each) and (last is None or each <= last)
    ]


def _widen(alarm: Alarm, unknown: Sequence[int], *, is_told: bool) -> Alarm:
    """Return an alarm that is also of packets that were overdue and are not known any more."""
    known = [each for each in (alarm.first_sequence, alarm.last_sequence) if each is not None]
    numbers = unknown if is_told else [*known, *unknown]
    text = alarm.text
    if is_told:
        text = f"packet {min(numbers)} was overdue; what came of it is in blocks that were not read"
    return replace(alarm, text=text, first_sequence=min(numbers), last_sequence=max(numbers))


def _retell(before: Alarm, after: Alarm) -> Alarm:
    """Return an alarm as it is now; it began when it began."""
    return replace(after, since_ns=before.since_ns, since_height=before.since_height)
