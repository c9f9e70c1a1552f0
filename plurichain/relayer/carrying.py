"""From works on a board to transactions, and from their ends back to the board."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from plurichain.chain.ibc import messages as ibc_messages
from plurichain.chain.reporting import Progress
from plurichain.relayer.batches import BatchLimits, split_batches
from plurichain.relayer.counters import Count, Counters
from plurichain.relayer.proving import Proven, Standing, prove
from plurichain.relayer.submitter import Batch, Submitter, TxEnd, TxFate, list_kinds
from plurichain.relayer.verdicts import Remedy, judge
from plurichain.relayer.work import Work, WorkKey

if TYPE_CHECKING:
    from plurichain.chain.transactions.messages import Message
    from plurichain.identifiers import Address
    from plurichain.lightclient.bisection import ClientUpdate
    from plurichain.relayer.board import LaneBoard
    from plurichain.relayer.chain_end import RelayChain
    from plurichain.relayer.client_track import ClientTrack
    from plurichain.relayer.gas_book import GasBook

logger = logging.getLogger(__name__)

MOST_FLYING = 800
"""So many messages may be on their way: more would only wait in the host's mempool, where
each is checked again after every block."""
ANCHOR_AGE = 20
"""For so many blocks proofs go on being made of one state, so that the client need not be
shown a header for each transaction."""
_NO_FIELDS: Mapping[str, str | int | None] = MappingProxyType({})


class Carrier:
    """Sends what a lane's board has, with proofs of ``source``, to ``host``.

    Used by one thread. ``on_end`` is called from others, with each transaction's end, which
    that thread is to hand to ``apply_end``.
    """

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
        on_end: Callable[[Batch, TxEnd], None],
    ) -> None:
        self.source = source
        self.host = host
        self.track = track
        self.board = board
        self._submitter = submitter
        self._gas = gas
        self._counters = counters
        self._limits = limits
        self._on_end = on_end
        self._proven: dict[WorkKey, Proven] = {}
        self._held: list[Work] = []
        self._groups = itertools.count(1)
        self._least_anchor = 0

    def __str__(self) -> str:
        return f"{self.source.chain_id}→{self.host.chain_id} ({self.track.client_id})"

    @property
    def can_sign(self) -> bool:
        """Whether any key has coins, as far as is known."""
        return not self._submitter.keys.is_paused

    def carry(self, height: int, host_ns: int) -> bool:
        """Send what can be sent now that the source's block ``height`` is there.

        Returns whether there is more to go on with at once. Raises ClientUnusable,
        ProofError, NodeError.
        """
        sent = self._send_proven(height)
        ready = self._choose_unproven(height)
        self._prove(ready, height)
        sent += self._send_proven(height)
        if not sent and self.track.is_refresh_due(host_ns):
            self._refresh(height)
        return bool(ready) and self.board.flying_count < MOST_FLYING

    def release(self) -> None:
        """Have what was held back sent again: another block is there."""
        self.board.put_back(self._held)
        self._held.clear()

    def forget_states(self, height: int) -> None:
        """Prove nothing of the states before ``height``: the node has pruned them."""
        self._least_anchor = height - 1
        self._proven.clear()

    # --- sending ---------------------------------------------------------------------------------

    def _choose_unproven(self, source_height: int) -> list[Work]:
        """Return what to prove now, at most one transaction's worth."""
        room = min(self._limits.messages, MOST_FLYING - self.board.flying_count)
        ready = (
            work for work in self.board.list_ready(source_height) if work.key not in self._proven
        )
        return list(itertools.islice(ready, max(room, 0)))

    def _prove(self, works: list[Work], source_height: int) -> None:
        """Fetch proofs: of the newest state for what is new, else of one known to the client."""
        older = [work for work in works if work.height < source_height]
        newest = [work for work in works if work.height == source_height]
        anchor = self._choose_anchor(older, source_height - 1)
        for height, part in ((anchor, older), (source_height, newest)):
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

    def _choose_anchor(self, works: list[Work], newest: int) -> int:
        """Return the height whose state is proven to the header after it, which is there."""
        known = self.track.newest - 1
        least = max((work.height for work in works), default=newest)
        is_fresh = known >= max(newest - ANCHOR_AGE, self._least_anchor)
        return known if is_fresh and least <= known <= newest else newest

    def _send_proven(self, source_height: int) -> int:
        """Send what is proven by headers that are there; returns how many messages."""
        groups: dict[int, list[Work]] = {}
        for key, proven in list(self._proven.items()):
            if not self.board.has(proven.work):
                del self._proven[key]
            elif proven.proof_height <= source_height:
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
                on_end=self._on_end,
            )
        )

    def _cap(self, gas: int) -> int:
        return gas if self._limits.gas is None else min(gas, self._limits.gas)

    def _refresh(self, height: int) -> None:
        """Show the client a new header before its trusting period gets short."""
        updates = self.track.plan(height)
        if updates:
            self._enqueue((), [], updates)
            self.tell("client_refreshed", f"{self}: the client is shown block {height}")

    # --- what became of it -----------------------------------------------------------------------

    def apply_end(self, batch: Batch, end: TxEnd) -> Remedy | None:
        """Do what the end of a transaction asks for; returns what helps if it failed."""
        if end.is_success:
            left = self.board.drop(batch.works)
            self._counters.add(Count.REDUNDANT, left)
            self._gas.learn(batch.works, headers=batch.headers, used=end.gas_used)
            self._gas.note_enough()
            self._tell_sent(batch, end)
            return None
        self.track.give_up(batch.update_heights)
        if end.fate is TxFate.EXPIRED or end.fate is TxFate.UNSIGNED:
            logger.warning("%s: a transaction %s %s", self, end.fate.value, end.log)
            self._hold(batch.works)
            return Remedy.LATER
        return self._judge(batch, end)

    def _judge(self, batch: Batch, end: TxEnd) -> Remedy:
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
        return verdict.remedy

    def _hold(self, works: Iterable[Work]) -> None:
        """Try again with the source's next block."""
        for work in works:
            self._proven.pop(work.key, None)
            if self.board.hold(work):
                self._held.append(work)

    def _set_aside(self, work: Work, reason: str) -> None:
        self.board.set_aside(work, reason)
        text = f"{self}: {work.kind.value} {work.key}: set aside: {reason[:300]}"
        self.tell("packet_set_aside", text, is_warning=True)

    def _tell_sent(self, batch: Batch, end: TxEnd) -> None:
        kinds = list_kinds(batch.works)
        if not kinds:
            return
        said = ", ".join(f"{number} {kind}" for kind, number in kinds.items())
        self.tell(
            "packets_carried",
            f"{self}: {said} in block {end.height}",
            fields={
                "tx_hash": end.tx_hash,
                "height": end.height,
                "gas_used": end.gas_used,
                **kinds,
            },
        )

    def tell(
        self,
        name: str,
        text: str,
        *,
        is_warning: bool = False,
        fields: Mapping[str, str | int | None] = _NO_FIELDS,
    ) -> None:
        """Report one thing."""
        self.host.report(Progress(name, text, is_warning=is_warning, fields=fields))
