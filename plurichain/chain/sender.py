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
from plurichain.chain.builder import Attempts, TxBuilder
from plurichain.chain.drafts import Draft, Ordering, SendRules
from plurichain.chain.fees import parse_required_fee
from plurichain.chain.gas import OUT_OF_GAS, OUT_OF_GAS_STEP
from plurichain.chain.ordering import WRONG_SEQUENCE, SequenceRefused, parse_expected
from plurichain.chain.outcome import OutcomeStatus
from plurichain.chain.progress import OnProgress, TxProgress, TxStage
from plurichain.chain.tracker import TxTracker
from plurichain.errors import (
    CostError,
    FundsShort,
    PhaseError,
    SequenceMismatch,
    UsageError,
)

if TYPE_CHECKING:
    from plurichain.chain.client import ChainClient
    from plurichain.chain.journal import Journal, JournalEntry
    from plurichain.chain.messages import Message
    from plurichain.chain.outcome import Outcome
    from plurichain.chain.tracker import Delivery
    from plurichain.identifiers import Address
    from plurichain.keyring import Key
    from plurichain.units import Coin

logger = logging.getLogger(__name__)

DEFAULT_TTL_S = 30
MAX_TTL_S = 600
"""The SDK's limit for unordered transactions."""
GAS_TRIES = 3
"""How often one sending may run out of gas."""
_REPAIR_TRIES = 5
_TOO_LOW_FEE = ("sdk", 13)
_UNAUTHORIZED = ("sdk", 4)


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
        if not 1 <= ttl_s <= MAX_TTL_S:
            raise UsageError(f"ttl_s: {ttl_s} is not 1 to {MAX_TTL_S}")
        if max_fee is not None and max_fee < 0:
            raise UsageError(f"max_fee: {max_fee} is negative")
        self._client = client
        self._key = key
        self._rules = SendRules(
            ttl_ns=ttl_s * 1_000_000_000,
            ordering=Ordering(ordering),
            cosigners=tuple(cosigners),
            fee_payer=fee_payer,
            fee_granter=fee_granter,
            max_fee=max_fee,
        )
        self._builder = TxBuilder(client, key, journal, self._rules)
        self.journal = journal
        self.tracker = TxTracker(client, journal)

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
            if gas is not None or not _is_out_of_gas(outcome):
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
            return self._build(draft, Attempts())

    def wait(
        self,
        tx_hash: str,
        *,
        timeout_s: float | None = None,
        on_progress: OnProgress | None = None,
    ) -> Outcome:
        """Return the outcome of a transaction in the journal (``TxTracker.wait``)."""
        return self.tracker.wait(tx_hash, timeout_s=timeout_s, on_progress=on_progress)

    def resume(self, *, on_progress: OnProgress | None = None) -> list[Outcome]:
        """Settle what an earlier process left pending of this key (``TxTracker.resume``)."""
        return self.tracker.resume(signer=str(self._key.address), on_progress=on_progress)

    @contextlib.contextmanager
    def _turn(self, draft: Draft) -> Iterator[None]:
        """Hold the signers' sequences while an ordered transaction is built and handed in."""
        if not self._rules.is_ordered:
            yield
            return
        addresses = [key.address for key in self._builder.choose_keys(draft)]
        with self._builder.sequences.hold(addresses):
            yield

    def _build(self, draft: Draft, attempts: Attempts) -> JournalEntry:
        """Build with sequences that the node expects, once ordering allows it."""
        log = ""
        for _ in range(_REPAIR_TRIES):
            try:
                entry = self._builder.build(draft, attempts)
            except SequenceRefused as refused:
                log = refused.log
                attempts.keep_nonce = False
                self._repair(refused.sequences, refused.log)
                continue
            self._builder.sequences.note_used(attempts.sequences)
            return entry
        raise _make_mismatch(log)

    def _submit(
        self, draft: Draft, attempts: Attempts, on_progress: OnProgress | None
    ) -> JournalEntry:
        with log_context.about(auction_id=draft.auction_id), self._turn(draft):
            entry = self._build(draft, attempts)
            _report_signed(entry, on_progress)
            delivery = self.tracker.deliver(entry, on_progress)
            for _ in range(_REPAIR_TRIES):
                replacement = self._replace(draft, attempts, entry, delivery)
                if replacement is None:
                    break
                if replacement.tx_hash != entry.tx_hash:
                    _report_signed(replacement, on_progress)
                entry = replacement
                delivery = self.tracker.deliver(entry, on_progress)
            self._close(entry, attempts, delivery)
        return entry

    def _replace(
        self, draft: Draft, attempts: Attempts, entry: JournalEntry, delivery: Delivery
    ) -> JournalEntry | None:
        """Return what to hand in next, after ``entry`` was refused; None to leave it."""
        code = (delivery.outcome.codespace, delivery.outcome.code)
        if code in (_TOO_LOW_FEE, OUT_OF_GAS):
            if not self._raise_limits(draft, attempts, entry, delivery):
                return None
            # The same nonce or sequence: of the refused one and this, at most one can land.
            attempts.last, attempts.keep_nonce = entry, True
            try:
                return self._builder.build(draft, attempts)
            except (CostError, FundsShort) as error:
                logger.warning("fee not raised: %s", error.cause, extra=entry.log_fields)
                return None
        # With another sequence both could land: only what no node can have is built anew.
        if (
            code == WRONG_SEQUENCE
            and entry.account_sequence is not None
            and not delivery.was_silent
        ):
            if self._repair(attempts.sequences, delivery.outcome.log):
                return entry  # the gap before it is filled: the same bytes are right now
            self.tracker.refuse(delivery.outcome)
            attempts.last, attempts.keep_nonce = entry, False
            return self._build(draft, attempts)
        return None

    def _raise_limits(
        self, draft: Draft, attempts: Attempts, entry: JournalEntry, delivery: Delivery
    ) -> bool:
        """Ask for what the refusal of ``entry`` says is missing; False if that may not be."""
        if delivery.outcome.code == OUT_OF_GAS[1]:
            # It ran out before its first message: a simulation fell short by more than its margin.
            needed = int(self._builder.read_gas(entry) * OUT_OF_GAS_STEP)
            may_raise = draft.gas is None and attempts.least_gas < needed
            attempts.least_gas = max(needed, attempts.least_gas)
            return may_raise
        if self._rules.max_fee is None:
            return False
        wanted = parse_required_fee(delivery.outcome.log, self._client.network.fee_denom)
        if wanted is None or wanted <= attempts.least_fee:
            return False
        attempts.least_fee = wanted
        return True

    def _repair(self, sequences: dict[Address, int], log: str) -> bool:
        """Correct the sequences that are cached; True if a gap in the mempool was filled.

        A gap is filled by handing in what is pending before ``sequences``, the same
        bytes: the node has lost them, or never got them.
        """
        numbers = parse_expected(log)
        keeper = self._builder.sequences
        if numbers is not None and len(sequences) == 1 and numbers[0] < numbers[1]:
            (address,) = sequences
            missing = keeper.list_before(address, *numbers)
            if len(missing) == numbers[1] - numbers[0] and all(
                self.tracker.deliver(entry).is_taken for entry in missing
            ):
                return True
        keeper.repair(sequences, log)
        return False

    def _close(self, entry: JournalEntry, attempts: Attempts, delivery: Delivery) -> None:
        outcome = delivery.outcome
        code = (outcome.codespace, outcome.code)
        if code == _UNAUTHORIZED:
            self._builder.forget_accounts()
        if entry.account_sequence is None or delivery.was_silent:
            return
        if code == WRONG_SEQUENCE:
            self.tracker.refuse(outcome)
        if outcome.status is OutcomeStatus.REJECTED or code == WRONG_SEQUENCE:
            self._builder.sequences.give_back(attempts.sequences)


def _is_out_of_gas(outcome: Outcome) -> bool:
    """Whether it ran out of gas in its messages, so that its nonce is used up.

    Events tell: before the messages run there are none, and then the very bytes could
    be in a later block once more.
    """
    code = (outcome.codespace, outcome.code)
    has_run = bool(outcome.events)
    return outcome.status is OutcomeStatus.FAILED and code == OUT_OF_GAS and has_run


def _report_signed(entry: JournalEntry, on_progress: OnProgress | None) -> None:
    if on_progress is not None:
        on_progress(TxProgress(TxStage.SIGNED, entry.tx_hash, entry.timeout_ns))


def _make_mismatch(log: str) -> SequenceMismatch:
    return SequenceMismatch(
        f"the account sequence is wrong, after {_REPAIR_TRIES} tries: {log}",
        remedy="another program sends with this key: stop it, or send unordered",
        codespace=WRONG_SEQUENCE[0],
        code=WRONG_SEQUENCE[1],
    )
