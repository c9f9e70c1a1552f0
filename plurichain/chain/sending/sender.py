"""Signing and sending: journalled before the first byte leaves, repaired where that is safe.

What is sent instead of something refused can never take effect beside it: it carries
the same nonce (unordered) or sequence (ordered). Only what ran out of gas, which is
known to be in a block without any effect, is followed by one with a new nonce.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from plurichain.chain import log_context
from plurichain.chain.progress import OnProgress, TxProgress, TxStage
from plurichain.chain.sending.builder import TxBuilder
from plurichain.chain.sending.gas import OUT_OF_GAS_STEP
from plurichain.chain.sending.plans import Attempts
from plurichain.chain.sending.replacing import REPAIR_TRIES, Replacer
from plurichain.chain.sending.tracker import TxTracker
from plurichain.chain.transactions.drafts import Draft, Ordering, SendRules, compute_ttl_ns
from plurichain.chain.transactions.outcome import is_out_of_gas
from plurichain.errors import (
    CostError,
    FundsShort,
    PhaseError,
    UsageError,
)

if TYPE_CHECKING:
    from plurichain.chain.journal.journal import Journal, JournalEntry
    from plurichain.chain.nodes.client import ChainClient
    from plurichain.chain.transactions.messages import Message
    from plurichain.chain.transactions.outcome import Outcome
    from plurichain.identifiers import Address
    from plurichain.keyring import Key
    from plurichain.units import Coin

logger = logging.getLogger(__name__)

DEFAULT_TTL_S = 30
GAS_TRIES = 3
"""How often one sending may run out of gas."""


class TxSender:
    """Sends transactions of one key, and of ``cosigners`` beside it, to one network.

    ``ttl_s`` is how long, in block time, a transaction may wait for its block.
    ``ordering``: unordered ones land in any order; ordered ones one after the other,
    by the account's sequence, also across threads and processes of one home. The other
    options are those of ``SendRules``. Usable from several threads.
    """

    def __init__(
        self,
        client: ChainClient,
        key: Key,
        journal: Journal,
        *,
        ttl_s: int = DEFAULT_TTL_S,
        ordering: Ordering = Ordering.UNORDERED,
        cosigners: Sequence[Key] = (),
        fee_payer: Address | None = None,
        fee_granter: Address | None = None,
        max_fee: int | None = None,
    ) -> None:
        if max_fee is not None and max_fee < 0:
            raise UsageError(f"max_fee: {max_fee} is negative")
        self._client = client
        self._key = key
        self._rules = SendRules(
            ttl_ns=compute_ttl_ns(ttl_s),
            ordering=Ordering(ordering),
            cosigners=tuple(cosigners),
            fee_payer=fee_payer,
            fee_granter=fee_granter,
            max_fee=max_fee,
        )
        self._builder = TxBuilder(client, key, journal, self._rules)
        self.journal = journal
        self.tracker = TxTracker(client, journal)
        self._replacer = Replacer(client, self._builder, self.tracker, self._rules)

    def send(
        self,
        messages: Sequence[Message],
        *,
        purpose: str,
        auction_id: int | None = None,
        not_after_ns: int | None = None,
        gas: int | None = None,
        least_gas: int = 0,
        spends: Iterable[Coin] | None = None,
        memo: str = "",
        on_progress: OnProgress | None = None,
    ) -> Outcome:
        """Sign, journal, broadcast and wait; returns what it ended as (design 3.5).

        ``purpose`` is a word for the journal. ``not_after_ns`` is a block time at which
        the transaction is worthless, such as a deadline: it never lands from there on.
        ``gas`` skips the simulation, so that even what must fail is sent. ``least_gas`` is
        asked for where simulation comes to less, so that it tells nothing. ``spends`` is
        what the messages take from the signer, if more is known than they say.

        One that ran out of gas is sent again with more, up to ``GAS_TRIES`` times and
        below the spending cap, unless ``gas`` was given. The outcome is of the last.

        Raises before anything is sent: UsageError, PhaseError (too late already),
        FundsShort, CostError, the mapped error of the simulation, NodeError.
        """
        draft = Draft(
            tuple(messages), purpose, auction_id, not_after_ns, gas, least_gas,
            None if spends is None else tuple(spends), memo,
        )  # fmt: skip
        attempts = Attempts()
        entry = self._submit(draft, attempts, on_progress)
        outcome = self.wait(entry.tx_hash, on_progress=on_progress)
        for _ in range(GAS_TRIES - 1):
            if gas is not None or not is_out_of_gas(outcome):
                break
            attempts.spent += self._builder.read_fee(entry)
            attempts.last, attempts.keep_nonce = entry, False
            attempts.least_gas = int(outcome.gas_wanted * OUT_OF_GAS_STEP)
            logger.warning("out of gas; sending it again with more", extra=entry.log_fields)
            try:
                entry = self._submit(draft, attempts, on_progress)
            except (CostError, FundsShort, PhaseError) as error:
                logger.warning("not sent again: %s", error.cause, extra=entry.log_fields)
                break
            outcome = self.wait(entry.tx_hash, on_progress=on_progress)
        return outcome

    def submit(
        self,
        messages: Sequence[Message],
        *,
        purpose: str,
        auction_id: int | None = None,
        not_after_ns: int | None = None,
        gas: int | None = None,
        least_gas: int = 0,
        spends: Iterable[Coin] | None = None,
        memo: str = "",
        on_progress: OnProgress | None = None,
    ) -> str:
        """As ``send``, but return the hash once a node has been asked to take it."""
        draft = Draft(
            tuple(messages), purpose, auction_id, not_after_ns, gas, least_gas,
            None if spends is None else tuple(spends), memo,
        )  # fmt: skip
        return self._submit(draft, Attempts(), on_progress).tx_hash

    def prepare(
        self,
        messages: Sequence[Message],
        *,
        purpose: str,
        auction_id: int | None = None,
        not_after_ns: int | None = None,
        gas: int | None = None,
        least_gas: int = 0,
        spends: Iterable[Coin] | None = None,
        memo: str = "",
    ) -> JournalEntry:
        """Sign and journal, and send nothing."""
        draft = Draft(
            tuple(messages), purpose, auction_id, not_after_ns, gas, least_gas,
            None if spends is None else tuple(spends), memo,
        )  # fmt: skip
        with self._turn(draft):
            return self._replacer.build(draft, Attempts())

    def wait(
        self,
        tx_hash: str,
        *,
        timeout_s: float | None = None,
        on_progress: OnProgress | None = None,
    ) -> Outcome:
        """Return the outcome of a transaction in the journal (``TxTracker.wait``)."""
        return self.tracker.wait(tx_hash, timeout_s=timeout_s, on_progress=on_progress)

    def resume(
        self, *, auction_id: int | None = None, on_progress: OnProgress | None = None
    ) -> list[Outcome]:
        """Settle what an earlier process left pending of this key (``TxTracker.resume``)."""
        return self.tracker.resume(
            signer=str(self._key.address), auction_id=auction_id, on_progress=on_progress
        )

    @contextlib.contextmanager
    def _turn(self, draft: Draft) -> Iterator[None]:
        """Hold the signers' sequences while an ordered transaction is built and handed in."""
        if not self._rules.is_ordered:
            yield
            return
        addresses = [key.address for key in self._builder.choose_keys(draft)]
        with self._builder.sequences.hold(addresses):
            yield

    def _submit(
        self, draft: Draft, attempts: Attempts, on_progress: OnProgress | None
    ) -> JournalEntry:
        with log_context.about(auction_id=draft.auction_id), self._turn(draft):
            entry = self._replacer.build(draft, attempts)
            _report_signed(entry, on_progress)
            delivery = self.tracker.deliver(entry, on_progress)
            for _ in range(REPAIR_TRIES):
                replacement = self._replacer.replace(draft, attempts, entry, delivery)
                if replacement is None:
                    break
                if replacement.tx_hash != entry.tx_hash:
                    _report_signed(replacement, on_progress)
                entry = replacement
                delivery = self.tracker.deliver(entry, on_progress)
            self._replacer.close(entry, attempts, delivery)
        return entry


def _report_signed(entry: JournalEntry, on_progress: OnProgress | None) -> None:
    if on_progress is not None:
        on_progress(TxProgress(TxStage.SIGNED, entry.tx_hash, entry.timeout_ns))
