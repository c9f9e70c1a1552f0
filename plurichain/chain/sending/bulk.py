"""Many transactions of many keys at once: signed in one go, handed in by the handful.

What makes it fast leaves nothing out that keeps a transaction from being lost: every one
is in the journal before its first byte leaves, and the same watcher settles them all.
Saved are the questions that would be asked again and again: one header for all, one
account a key, one simulation for each kind of message, one write to disk and one request
for several transactions.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plurichain.chain.nodes.waiting import PASSING
from plurichain.chain.sending import gas as gas_rules
from plurichain.chain.sending.builder import TxBuilder, get_usable_header
from plurichain.chain.sending.bulk_delivery import BulkDelivery
from plurichain.chain.sending.plans import Attempts
from plurichain.chain.sending.tracker import TxTracker
from plurichain.chain.transactions.drafts import SendRules, compute_ttl_ns
from plurichain.chain.transactions.outcome import OutcomeStatus, is_out_of_gas
from plurichain.errors import CostError, PhaseError

if TYPE_CHECKING:
    from plurichain.chain.journal.journal import Journal, JournalEntry
    from plurichain.chain.nodes.client import ChainClient
    from plurichain.chain.progress import OnProgress
    from plurichain.chain.sending.plans import Plan
    from plurichain.chain.transactions.drafts import Draft
    from plurichain.chain.transactions.outcome import Outcome
    from plurichain.errors import NodeError
    from plurichain.keyring import Key

logger = logging.getLogger(__name__)

DEFAULT_TTL_S = 60
CHUNK = 50
"""How many are written to disk at once; the first are on their way while others are signed."""
READERS = 8
"""How many accounts are asked for at once."""
GAS_TRIES = 3
SAME_SIZE = 256
"""Bytes by which messages may differ and still count as equal in gas."""

_Kind = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Order:
    """One transaction that ``key`` alone signs."""

    key: Key
    draft: Draft


@dataclass(slots=True)
class _Sending:
    """One order on its way."""

    order: Order
    attempts: Attempts = field(default_factory=Attempts)
    entry: JournalEntry | None = None
    outcome: Outcome | None = None


class BulkSender:
    """Sends unordered transactions of any number of keys to one network.

    ``ttl_s`` is how long, in block time, each may wait for its block; ``max_fee`` the most
    that one of them may cost with all its tries. Of those with as many messages of the same
    types and about the same size only the first is simulated, so what is wrong with another
    one shows in its outcome, not before.
    """

    def __init__(
        self,
        client: ChainClient,
        journal: Journal,
        *,
        ttl_s: int = DEFAULT_TTL_S,
        max_fee: int | None = None,
    ) -> None:
        self._client = client
        self._journal = journal
        self._rules = SendRules(ttl_ns=compute_ttl_ns(ttl_s), max_fee=max_fee)
        self._builders: dict[Key, TxBuilder] = {}
        self._block_gas: int | None = None
        self._has_block_gas = False
        self.tracker = TxTracker(client, journal)

    def send(
        self, orders: Iterable[Order], *, on_progress: OnProgress | None = None
    ) -> list[Outcome]:
        """Sign, journal, hand in and settle all; returns the outcomes in the same order.

        One that runs out of gas is sent again with more, as ``TxSender.send`` does. Raises
        before anything is sent: UsageError, PhaseError, NotFound, CostError, the mapped
        error of a simulation, NodeError.
        """
        all_sendings = [_Sending(order) for order in orders]
        sendings = all_sendings
        for number in range(GAS_TRIES):
            # Blocks are read while the last transactions are still being handed in.
            with BulkDelivery(self._client, self._journal, on_progress) as delivery:
                sendings = self._submit(sendings, delivery, is_repeat=number > 0)
                hashes = [each.entry.tx_hash for each in sendings if each.entry is not None]
                outcomes = self.tracker.wait_all(hashes, on_progress=on_progress)
            for sending, outcome in zip(sendings, outcomes, strict=True):
                sending.outcome = outcome
            sendings = [each for each in sendings if self._wants_more_gas(each)]
            if not sendings:
                break
        return [each.outcome for each in all_sendings if each.outcome is not None]

    def _submit(
        self, sendings: Sequence[_Sending], delivery: BulkDelivery, *, is_repeat: bool
    ) -> list[_Sending]:
        """Sign and hand in; each is in the journal before it leaves. Returns what was sent."""
        self._read_accounts([each.order.key for each in sendings])
        header = get_usable_header(self._client)
        known: dict[_Kind, tuple[int, int]] = {}
        ready: list[tuple[_Sending, Plan, int, int]] = []
        for sending in sendings:
            order = sending.order
            builder = self._builders[order.key]
            try:
                plan = builder.plan(order.draft, sending.attempts, header, [order.key])
                gas, simulated = self._choose_gas(builder, plan, sending.attempts, known)
                builder.choose_fee(gas, sending.attempts)
            except (CostError, PhaseError) as error:
                if not is_repeat:
                    raise
                logger.warning("not sent again: %s", error.cause)
                continue
            ready.append((sending, plan, gas, simulated))
        for start in range(0, len(ready), CHUNK):
            delivery.put(self._sign(ready[start : start + CHUNK]))
        return [sending for sending, *_ in ready]

    def _sign(self, ready: Sequence[tuple[_Sending, Plan, int, int]]) -> list[JournalEntry]:
        entries = []
        with self._journal.batch():
            for sending, plan, gas, simulated in ready:
                builder = self._builders[sending.order.key]
                fee = builder.choose_fee(gas, sending.attempts)
                sending.entry = builder.sign(plan, sending.attempts, gas, simulated, fee)
                entries.append(sending.entry)
        return entries

    def _read_accounts(self, keys: Sequence[Key]) -> None:
        """Have a builder a key, whose account is known. Raises NotFound, NodeError."""
        left = [key for key in dict.fromkeys(keys) if key not in self._builders]
        # A connection that breaks takes all calls on it along: fewer at once get through.
        for workers in (READERS, 1):
            with ThreadPoolExecutor(workers) as pool:
                errors = list(pool.map(self._read_account, left))
            left = [key for key in left if key not in self._builders]
            if not left:
                return
        raise next(error for error in errors if error is not None)

    def _read_account(self, key: Key) -> NodeError | None:
        builder = TxBuilder(self._client, key, self._journal, self._rules)
        try:
            builder.get_account(key)
        except PASSING as error:
            return error
        self._builders[key] = builder
        return None

    def _choose_gas(
        self,
        builder: TxBuilder,
        plan: Plan,
        attempts: Attempts,
        known: dict[_Kind, tuple[int, int]],
    ) -> tuple[int, int]:
        """Return (gas limit, what simulation said or 0), asked once for each kind."""
        draft = plan.draft
        size = sum(len(message.value) for message in draft.messages) // SAME_SIZE
        kind = gas_rules.join_message_types(draft.messages), len(draft.messages), size
        if draft.gas is not None:
            return draft.gas, 0
        if kind not in known:
            known[kind] = builder.choose_gas(plan, attempts)
        limit, simulated = known[kind]
        limit = max(limit, draft.least_gas, attempts.least_gas)
        if not self._has_block_gas:
            self._block_gas = gas_rules.get_block_gas(self._client)
            self._has_block_gas = True
        gas_rules.validate_gas(limit, self._block_gas)
        return limit, simulated

    def _wants_more_gas(self, sending: _Sending) -> bool:
        """Tell whether it ran out of gas; then note what it was and what it cost."""
        entry, outcome = sending.entry, sending.outcome
        assert entry is not None
        assert outcome is not None
        if outcome.status is OutcomeStatus.REJECTED and outcome.code == _UNAUTHORIZED:
            self._builders.pop(sending.order.key, None)  # the chain knows another account number
        if sending.order.draft.gas is not None or not is_out_of_gas(outcome):
            return False
        attempts = sending.attempts
        attempts.spent += self._builders[sending.order.key].read_fee(entry)
        attempts.last = entry
        attempts.least_gas = int(outcome.gas_wanted * gas_rules.OUT_OF_GAS_STEP)
        return True


_UNAUTHORIZED = 4
