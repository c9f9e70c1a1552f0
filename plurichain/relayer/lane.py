"""One lane: a thread that carries everything from one source to one host over one client.

Driven by blocks. When block h of the source brings work, the proofs of it are fetched at
once from the state after h; when block h+1 is there, whose header holds the root of that
state, header, proofs and packets go to the host in one transaction, and the lane goes on
without waiting for its fate: the blocks of the host tell it.
"""

from __future__ import annotations

import itertools
import logging
import queue
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from plurichain.chain import ibc_messages
from plurichain.chain.reporting import Progress
from plurichain.errors import (
    ClientUnusable,
    HeightPruned,
    IbcError,
    NodeError,
    PlurichainError,
    WrongChain,
)
from plurichain.ibc.events import ClientEvent
from plurichain.relayer.batches import BatchLimits, split_batches
from plurichain.relayer.blocks import BlockNews
from plurichain.relayer.counters import Count, Counters
from plurichain.relayer.proving import Proven, Standing, prove
from plurichain.relayer.submitter import Batch, Submitter, TxEnd, TxFate, list_kinds
from plurichain.relayer.verdicts import Remedy, judge
from plurichain.relayer.work import Work, WorkKey

if TYPE_CHECKING:
    from plurichain.chain.messages import Message
    from plurichain.ibc.packet import Packet
    from plurichain.identifiers import Address
    from plurichain.lightclient.bisection import ClientUpdate
    from plurichain.relayer.board import LaneBoard
    from plurichain.relayer.chain_end import RelayChain
    from plurichain.relayer.client_track import ClientTrack
    from plurichain.relayer.gas_book import GasBook

logger = logging.getLogger(__name__)

IDLE_S = 1.0
MOST_FLYING = 800
"""So many messages may be on their way: more would only wait in the host's mempool, where
each is checked again after every block."""
ANCHOR_AGE = 20
"""For so many blocks proofs go on being made of one state, so that the client need not be
shown a header for each transaction."""
UNUSABLE_CHECK_BLOCKS = 50
_NO_FIELDS: Mapping[str, str | int | None] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class SourceBlock:
    """The source made a block."""

    news: BlockNews


@dataclass(frozen=True, slots=True)
class HostBlock:
    """The host made a block."""

    news: BlockNews


@dataclass(frozen=True, slots=True)
class TxEnded:
    """A transaction of this lane has ended."""

    batch: Batch
    end: TxEnd


@dataclass(frozen=True, slots=True)
class Instruct:
    """Something to do between two blocks, such as taking in work that was found in state."""

    action: Callable[[Lane], None]


Letter = SourceBlock | HostBlock | TxEnded | Instruct | None


class Lane:
    """Carries from ``source`` to ``host``."""

    def __init__(
        self,
        source: RelayChain,
        host: RelayChain,
        track: ClientTrack,
        board: LaneBoard,
        submitter: Submitter,
        gas: GasBook,
        counters: Counters,
        limits: BatchLimits,
    ) -> None:
        self.source = source
        self.host = host
        self.track = track
        self.board = board
        self._submitter = submitter
        self._gas = gas
        self._counters = counters
        self._limits = limits
        self._inbox: queue.SimpleQueue[Letter] = queue.SimpleQueue()
        self._proven: dict[WorkKey, Proven] = {}
        self._held: list[Work] = []
        self._groups = itertools.count(1)
        self._source_height = self._source_ns = 0
        self._host_height = self._host_ns = 0
        self._check_at = 0
        self._failure: NodeError | IbcError | None = None
        self._least_anchor = 0
        self._can_go_on = False
        self.halted = ""
        """Why nothing is sent: the client cannot be used."""
        self._thread = threading.Thread(target=self._run, name=f"plurichain-{self}", daemon=True)
        self.on_fatal: Callable[[Exception], None] = lambda _error: None

    def __str__(self) -> str:
        return f"{self.source.chain_id}→{self.host.chain_id} ({self.track.client_id})"

    # --- from other threads ----------------------------------------------------------------------

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self) -> None:
        """Have the thread end."""
        self._inbox.put(None)

    def join(self, timeout_s: float) -> None:
        """Wait for the thread's end."""
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def post(self, letter: Letter) -> None:
        """Tell the lane something."""
        self._inbox.put(letter)

    def add_works(self, works: Iterable[Work]) -> None:
        """Have works done that were found in the chains' state."""
        found = tuple(works)

        def add(lane: Lane) -> None:
            for work in found:
                lane.board.add(work)

        self._inbox.put(Instruct(add))

    def watch(self, packets: Iterable[Packet]) -> None:
        """Have packets that the host has sent timed out when their time has passed."""
        found = tuple(packets)

        def watch(lane: Lane) -> None:
            for packet in found:
                lane.board.watch_packet(packet)

        self._inbox.put(Instruct(watch))

    # --- the thread ------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while self._take_letters():
                try:
                    self._advance()
                    self._failure = None
                except ClientUnusable as error:
                    self.halt(error)
                except WrongChain:
                    raise
                except (NodeError, IbcError) as error:
                    self._note_failure(error)
        except Exception as error:
            logger.exception("%s ended", self)
            self.on_fatal(error)

    def _note_failure(self, error: NodeError | IbcError) -> None:
        if self._failure is None:
            logger.warning("%s: %s; trying again", self, error.cause)
        self._failure = error
        if isinstance(error, HeightPruned):
            # The state that was chosen is gone: newer ones are to be proven.
            self._least_anchor = self._source_height - 1
            self._proven.clear()

    def _take_letters(self) -> bool:
        """Apply all that has come; waits for something unless there is work to go on with."""
        letter: Letter = None
        try:
            letter = self._inbox.get(timeout=0 if self._can_go_on else IDLE_S)
        except queue.Empty:
            return True
        while True:
            if letter is None:
                return False
            self._apply(letter)
            try:
                letter = self._inbox.get_nowait()
            except queue.Empty:
                return True

    def _apply(self, letter: SourceBlock | HostBlock | TxEnded | Instruct) -> None:
        if isinstance(letter, SourceBlock):
            news = letter.news
            self._source_height, self._source_ns = news.height, news.time_ns
            for seen in news.events:
                self.board.apply_source(seen.event, news.height)
            self.board.put_back(self._held)
            self._held.clear()
        elif isinstance(letter, HostBlock):
            news = letter.news
            self._host_height, self._host_ns = news.height, news.time_ns
            for seen in news.events:
                if isinstance(seen.event, ClientEvent) and self.track.apply_host(seen.event):
                    self._check_at = 0
                self.board.apply_host(seen.event, is_ours=seen.is_ours)
        elif isinstance(letter, TxEnded):
            self._apply_end(letter.batch, letter.end)
        else:
            letter.action(self)

    # --- sending ---------------------------------------------------------------------------------

    def _advance(self) -> None:
        self._can_go_on = False
        if self._source_height < 3 or not self._host_height or not self._may_send():
            return
        source_height = self.source.make_height(self._source_height)
        self.board.expire(source_height, self._source_ns)
        self.board.drop_expired(self.host.make_height(self._host_height + 1), self._host_ns)
        sent = self._send_proven()
        ready = self._choose_unproven()
        self._prove(ready)
        sent += self._send_proven()
        if not sent and self.track.is_refresh_due(self._host_ns):
            self._refresh()
        self._can_go_on = bool(ready) and self.board.flying_count < MOST_FLYING

    def _may_send(self) -> bool:
        if self._submitter.keys.is_paused:
            return False
        if not self.halted:
            return True
        if self._host_height < self._check_at:
            return False
        self.track.load()
        self._tell("client_usable", f"{self}: the client can be used again")
        self.halted = ""
        return True

    def halt(self, error: ClientUnusable) -> None:
        """Stop sending: only governance can revive the client; look again now and then."""
        self._check_at = self._host_height + UNUSABLE_CHECK_BLOCKS
        if not self.halted:
            text = f"{self}: {error.cause}; {error.remedy}"
            self._tell("client_unusable", text, is_warning=True)
        self.halted = error.cause

    def _choose_unproven(self) -> list[Work]:
        """Return what to prove now, at most one transaction's worth."""
        room = min(self._limits.messages, MOST_FLYING - self.board.flying_count)
        ready = (
            work
            for work in self.board.list_ready(self._source_height)
            if work.key not in self._proven
        )
        return list(itertools.islice(ready, max(room, 0)))

    def _prove(self, works: list[Work]) -> None:
        """Fetch proofs: of the newest state for what is new, else of one known to the client."""
        older = [work for work in works if work.height < self._source_height]
        newest = [work for work in works if work.height == self._source_height]
        for height, part in ((self._choose_anchor(older), older), (self._source_height, newest)):
            for proven in prove(self.source.proofs, part, height) if part else ():
                self._sort(proven)

    def _sort(self, proven: Proven) -> None:
        work = proven.work
        if proven.standing is Standing.PROVEN:
            self._proven[work.key] = proven
        elif proven.standing is Standing.REFUSED:
            self._set_aside(work, proven.reason)
        elif proven.standing is Standing.MOOT:
            self.board.drop([work])
        else:
            self._hold([work])

    def _choose_anchor(self, works: list[Work]) -> int:
        """Return the height whose state is proven to the header after it, which is there."""
        newest = self._source_height - 1
        known = self.track.newest - 1
        least = max((work.height for work in works), default=newest)
        is_fresh = known >= max(newest - ANCHOR_AGE, self._least_anchor)
        return known if is_fresh and least <= known <= newest else newest

    def _send_proven(self) -> int:
        """Send what is proven by headers that are there; returns how many messages."""
        groups: dict[int, list[Work]] = {}
        for key, proven in list(self._proven.items()):
            if not self.board.has(proven.work):
                del self._proven[key]
            elif proven.proof_height <= self._source_height:
                groups.setdefault(proven.proof_height, []).append(proven.work)
        sent = 0
        for height, works in sorted(groups.items()):
            for batch in split_batches(works, self._limits, self._gas):
                self._send(batch, height)
                sent += len(batch)
        return sent

    def _send(self, works: list[Work], height: int) -> None:
        updates = self.track.plan(height)
        proven = [self._proven.pop(work.key) for work in works]
        self.board.depart(works)
        self._enqueue(tuple(works), proven, updates)

    def _enqueue(
        self, works: tuple[Work, ...], proven: list[Proven], updates: tuple[ClientUpdate, ...]
    ) -> None:
        client_id = self.track.client_id
        headers = [update.encode() for update in updates]

        def make_messages(signer: Address) -> list[Message]:
            messages = [ibc_messages.update_client(signer, client_id, each) for each in headers]
            return messages + [each.make_message(signer) for each in proven]

        self.track.expect(updates)
        self._counters.add(Count.CLIENT_UPDATES, len(updates))
        self._submitter.enqueue(
            Batch(
                works=works,
                update_heights=tuple(update.height.height for update in updates),
                headers=tuple(headers),
                gas=self._cap(self._gas.estimate(works, headers=headers)),
                make_messages=make_messages,
                on_end=lambda batch, end: self._inbox.put(TxEnded(batch, end)),
            )
        )

    def _cap(self, gas: int) -> int:
        return gas if self._limits.gas is None else min(gas, self._limits.gas)

    def _refresh(self) -> None:
        """Show the client a new header before its trusting period gets short."""
        updates = self.track.plan(self._source_height)
        if updates:
            self._enqueue((), [], updates)
            text = f"{self}: the client is shown block {self._source_height}"
            self._tell("client_refreshed", text)

    # --- what became of it -----------------------------------------------------------------------

    def _apply_end(self, batch: Batch, end: TxEnd) -> None:
        if end.is_success:
            left = self.board.drop(batch.works)
            self._counters.add(Count.REDUNDANT, left)
            self._gas.learn(batch.works, headers=batch.headers, used=end.gas_used)
            self._gas.note_enough()
            self._tell_sent(batch, end)
            return
        self.track.give_up(batch.update_heights)
        if end.fate is TxFate.EXPIRED or end.fate is TxFate.UNSIGNED:
            logger.warning("%s: a transaction %s %s", self, end.fate.value, end.log)
            self._hold(batch.works)
            return
        self._judge(batch, end)

    def _judge(self, batch: Batch, end: TxEnd) -> None:
        verdict = judge(
            batch.works,
            end.codespace,
            end.code,
            end.log,
            updates=len(batch.update_heights),
            groups=self._groups,
        )
        logger.log(
            logging.INFO if verdict.remedy is Remedy.DONE else logging.WARNING,
            "%s: a transaction of %d messages was %s (%s %d: %s): %s",
            self,
            len(batch.works),
            end.fate.value if not end.height else "failed",
            end.codespace,
            end.code,
            end.log.partition("\n")[0][:300],
            verdict.remedy.value,
            extra={"tx_hash": end.tx_hash},
        )
        if verdict.remedy is Remedy.SPLIT:
            self._gas.note_shortage()
        self._counters.add(Count.SPLITS, int(verdict.is_split))
        self._counters.add(Count.REDUNDANT, self.board.drop(verdict.done))
        for work in verdict.aside:
            self._set_aside(work, f"{end.codespace} {end.code}: {end.log.partition(chr(10))[0]}")
        if verdict.remedy in {Remedy.LATER, Remedy.UPDATE, Remedy.RESIGN, Remedy.FUNDS}:
            self._hold(verdict.again)
        else:
            self.board.put_back(verdict.again)
        if verdict.remedy is Remedy.CLIENT:
            self._check_client()

    def _check_client(self) -> None:
        try:
            self.track.load()
        except ClientUnusable as error:
            self.halt(error)
        except PlurichainError as error:
            logger.warning("%s: %s", self, error.cause)

    def _hold(self, works: Iterable[Work]) -> None:
        """Try again with the source's next block."""
        for work in works:
            self._proven.pop(work.key, None)
            if self.board.hold(work):
                self._held.append(work)

    def _set_aside(self, work: Work, reason: str) -> None:
        self.board.set_aside(work, reason)
        text = f"{self}: {work.kind.value} {work.key}: set aside: {reason[:300]}"
        self._tell("packet_set_aside", text, is_warning=True)

    def _tell_sent(self, batch: Batch, end: TxEnd) -> None:
        kinds = list_kinds(batch.works)
        if not kinds:
            return
        said = ", ".join(f"{number} {kind}" for kind, number in kinds.items())
        self._tell(
            "packets_carried",
            f"{self}: {said} in block {end.height}",
            fields={
                "tx_hash": end.tx_hash,
                "height": end.height,
                "gas_used": end.gas_used,
                **kinds,
            },
        )

    def _tell(
        self,
        name: str,
        text: str,
        *,
        is_warning: bool = False,
        fields: Mapping[str, str | int | None] = _NO_FIELDS,
    ) -> None:
        logger.log(
            logging.WARNING if is_warning else logging.INFO,
            "%s", text, extra={"tx_hash": fields.get("tx_hash")},
        )  # fmt: skip
        self.host.report(Progress(name, text, is_warning=is_warning, fields=fields))
