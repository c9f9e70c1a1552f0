"""What is sent instead of something that a node refused, where that is safe.

What replaces a refused transaction carries the same nonce (unordered) or sequence
(ordered), so of the two at most one can land. Another sequence is only given to what no
node can have.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from plurichain.chain.sending.gas import OUT_OF_GAS, OUT_OF_GAS_STEP
from plurichain.chain.sending.ordering import WRONG_SEQUENCE, SequenceRefused, parse_expected
from plurichain.chain.transactions.fees import parse_required_fee
from plurichain.chain.transactions.outcome import OutcomeStatus
from plurichain.errors import ChainReset, CostError, FundsShort, SequenceMismatch

if TYPE_CHECKING:
    from plurichain.chain.journal.journal import JournalEntry
    from plurichain.chain.nodes.client import ChainClient
    from plurichain.chain.sending.builder import TxBuilder
    from plurichain.chain.sending.plans import Attempts
    from plurichain.chain.sending.tracker import Delivery, TxTracker
    from plurichain.chain.transactions.drafts import Draft, SendRules
    from plurichain.identifiers import Address

logger = logging.getLogger(__name__)

REPAIR_TRIES = 5
_TOO_LOW_FEE = ("sdk", 13)
_UNAUTHORIZED = ("sdk", 4)


class Replacer:
    """Answers refusals for one sender; of ordered transactions under ``hold``."""

    def __init__(
        self, client: ChainClient, builder: TxBuilder, tracker: TxTracker, rules: SendRules
    ) -> None:
        self._client = client
        self._builder = builder
        self._tracker = tracker
        self._rules = rules

    def build(self, draft: Draft, attempts: Attempts) -> JournalEntry:
        """Build with sequences that the node expects, once ordering allows it."""
        log = ""
        for _ in range(REPAIR_TRIES):
            try:
                entry = self._builder.build(draft, attempts)
            except ChainReset:
                self._builder.forget_chain()
                raise
            except SequenceRefused as refused:
                log = refused.log
                attempts.keep_nonce = False
                self._repair(refused.sequences, refused.log)
                continue
            self._builder.sequences.note_used(attempts.sequences)
            return entry
        raise _make_mismatch(log)

    def replace(
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
            self._tracker.refuse(delivery.outcome)
            attempts.last, attempts.keep_nonce = entry, False
            return self.build(draft, attempts)
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
                self._tracker.deliver(entry).is_taken for entry in missing
            ):
                return True
        keeper.repair(sequences, log)
        return False

    def close(self, entry: JournalEntry, attempts: Attempts, delivery: Delivery) -> None:
        """Draw the conclusions of the last answer: sequences given back, accounts forgotten."""
        outcome = delivery.outcome
        code = (outcome.codespace, outcome.code)
        if code == _UNAUTHORIZED:
            self._builder.forget_accounts()
        if entry.account_sequence is None or delivery.was_silent:
            return
        if code == WRONG_SEQUENCE:
            self._tracker.refuse(outcome)
        if outcome.status is OutcomeStatus.REJECTED or code == WRONG_SEQUENCE:
            self._builder.sequences.give_back(attempts.sequences)


def _make_mismatch(log: str) -> SequenceMismatch:
    return SequenceMismatch(
        f"the account sequence is wrong, after {REPAIR_TRIES} tries: {log}",
        remedy="another program sends with this key: stop it, or send unordered",
        codespace=WRONG_SEQUENCE[0],
        code=WRONG_SEQUENCE[1],
    )
