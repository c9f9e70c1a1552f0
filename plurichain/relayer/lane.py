"""One lane: a thread that carries everything from one source to one host over one client.

Driven by blocks. When block h of the source brings work, the proofs of it are fetched at
once from the state after h; when block h+1 is there, whose header holds the root of that
state, header, proofs and packets go to the host in one transaction, and the lane goes on
without waiting for its fate: the blocks of the host tell it.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plurichain.errors import (
    ClientUnusable,
    HeightPruned,
    IbcError,
    NodeError,
    PlurichainError,
    WrongChain,
)
from plurichain.ibc.events import ClientEvent
from plurichain.relayer.blocks import BlockNews
from plurichain.relayer.submitter import Batch, TxEnd
from plurichain.relayer.verdicts import Remedy

if TYPE_CHECKING:
    from plurichain.ibc.packet import Packet
    from plurichain.relayer.carrying import Carrier
    from plurichain.relayer.work import Work

logger = logging.getLogger(__name__)

IDLE_S = 1.0
UNUSABLE_CHECK_BLOCKS = 50
"""So often a client that could not be used is looked at again: governance may revive it."""
FIRST_HEIGHT = 3
"""The SDK proves nothing of the first block, and a proof needs the block after it."""


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
    """Carries from one chain to another; what it carries, and how, is its ``Carrier``'s."""

    def __init__(self, make_carrier: Callable[[Callable[[Batch, TxEnd], None]], Carrier]) -> None:
        self._inbox: queue.SimpleQueue[Letter] = queue.SimpleQueue()
        self.carrier = make_carrier(lambda batch, end: self._inbox.put(TxEnded(batch, end)))
        self.source, self.host = self.carrier.source, self.carrier.host
        self.track, self.board = self.carrier.track, self.carrier.board
        self._source_height = self._source_ns = 0
        self._host_height = self._host_ns = 0
        self._check_at = 0
        self._failure: NodeError | IbcError | None = None
        self._can_go_on = False
        self.halted = ""
        """Why nothing is sent: the client cannot be used."""
        self._thread = threading.Thread(target=self._run, name=f"plurichain-{self}", daemon=True)
        self.on_fatal: Callable[[Exception], None] = lambda _error: None

    def __str__(self) -> str:
        return str(self.carrier)

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
            self.carrier.forget_states(self._source_height)

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
            self.carrier.release()
        elif isinstance(letter, HostBlock):
            news = letter.news
            self._host_height, self._host_ns = news.height, news.time_ns
            for seen in news.events:
                if isinstance(seen.event, ClientEvent) and self.track.apply_host(seen.event):
                    self._check_at = 0
                self.board.apply_host(seen.event, is_ours=seen.is_ours)
        elif isinstance(letter, TxEnded):
            if self.carrier.apply_end(letter.batch, letter.end) is Remedy.CLIENT:
                self._check_client()
        else:
            letter.action(self)

    # --- going on --------------------------------------------------------------------------------

    def _advance(self) -> None:
        self._can_go_on = False
        if self._source_height < FIRST_HEIGHT or not self._host_height or not self._may_send():
            return
        source_height = self.source.make_height(self._source_height)
        self.board.expire(source_height, self._source_ns)
        self.board.drop_expired(self.host.make_height(self._host_height + 1), self._host_ns)
        self._can_go_on = self.carrier.carry(self._source_height, self._host_ns)

    def _may_send(self) -> bool:
        if not self.carrier.can_sign:
            return False
        if not self.halted:
            return True
        if self._host_height < self._check_at:
            return False
        self.track.load()
        self.carrier.tell("client_usable", f"{self}: the client can be used again")
        self.halted = ""
        return True

    def halt(self, error: ClientUnusable) -> None:
        """Stop sending: only governance can revive the client; look again now and then."""
        self._check_at = self._host_height + UNUSABLE_CHECK_BLOCKS
        if not self.halted:
            text = f"{self}: {error.cause}; {error.remedy}"
            self.carrier.tell("client_unusable", text, is_warning=True)
        self.halted = error.cause

    def _check_client(self) -> None:
        try:
            self.track.load()
        except ClientUnusable as error:
            self.halt(error)
        except PlurichainError as error:
            logger.warning("%s: %s", self, error.cause)
