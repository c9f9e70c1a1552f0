"""From a draft to signed bytes in the journal: signers, gas, fee, time-out."""

from __future__ import annotations

import logging
from fractions import Fraction
from typing import TYPE_CHECKING

from plurichain.chain import protos
from plurichain.chain.codes.errors_map import get_chain_error
from plurichain.chain.convert import read_coins
from plurichain.chain.journal.journal import SPREAD_NS
from plurichain.chain.sending import gas as gas_rules
from plurichain.chain.sending.funds import check_funds
from plurichain.chain.sending.ordering import WRONG_SEQUENCE, SequenceKeeper, SequenceRefused
from plurichain.chain.sending.plans import Plan
from plurichain.chain.transactions.fees import DEFAULT_CAP_FACTOR, compute_fee, validate_spending
from plurichain.chain.transactions.signers import Signer, choose_keys, validate_account
from plurichain.chain.transactions.signing import (
    SignedTx,
    build_auth_info,
    build_body,
    build_probe,
    sign_tx,
)
from plurichain.errors import BadReply, PhaseError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plurichain.chain.journal.journal import Journal, JournalEntry
    from plurichain.chain.nodes.client import ChainClient
    from plurichain.chain.sending.plans import Attempts
    from plurichain.chain.transactions.drafts import Draft, SendRules
    from plurichain.chain.types import Account, Header
    from plurichain.identifiers import Address
    from plurichain.keyring import Key
    from plurichain.units import Coin

logger = logging.getLogger(__name__)

_NO_GRANT = ("sdk", 38)
_FIRST_USABLE_HEIGHT = 2  # block 1 carries the genesis time, which may be long ago


class TxBuilder:
    """Builds, signs and journals; sends nothing. Ordered ones are built under ``hold``."""

    def __init__(self, client: ChainClient, key: Key, journal: Journal, rules: SendRules) -> None:
        self._client = client
        self._keys = (key, *rules.cosigners)
        self._journal = journal
        self._rules = rules
        self._accounts: dict[Address, Account] = {}
        self._block_gas: int | None = None
        self._has_block_gas = False
        self.sequences = SequenceKeeper(client, journal)

    def choose_keys(self, draft: Draft) -> list[Key]:
        """Return who signs. Raises UsageError."""
        return choose_keys(draft.messages, self._keys, self._rules.fee_payer)

    def forget_accounts(self) -> None:
        """Read account numbers anew: the chain did not know them."""
        self._accounts.clear()

    def forget_chain(self) -> None:
        """Read everything anew: it is not the chain that it was."""
        self.forget_accounts()
        self._has_block_gas = False
        for key in self._keys:
            self.sequences.forget(key.address)

    def read_fee(self, entry: JournalEntry) -> int:
        """Return what a transaction offers as its fee, in the network's denom."""
        raw = protos.tx.TxRaw.FromString(entry.tx_bytes)
        fee = protos.tx.AuthInfo.FromString(raw.auth_info_bytes).fee
        denom = self._client.network.fee_denom
        return sum(coin.amount for coin in read_coins(fee.amount) if coin.denom == denom)

    def read_gas(self, entry: JournalEntry) -> int:
        """Return the gas limit of a transaction built here."""
        raw = protos.tx.TxRaw.FromString(entry.tx_bytes)
        return int(protos.tx.AuthInfo.FromString(raw.auth_info_bytes).fee.gas_limit)

    def build(self, draft: Draft, attempts: Attempts) -> JournalEntry:
        """Return the journalled transaction. Raises what ``TxSender.send`` names."""
        # Wrong messages or a memo too long are told before any node is asked.
        build_body(draft.messages, memo=draft.memo)
        keys = self.choose_keys(draft)
        # Accounts are asked for before money: that says clearly that one does not exist yet.
        plan = self.plan(draft, attempts, get_usable_header(self._client), keys)
        spent = self._find_spends(draft)
        payer = self._rules.fee_granter or self._rules.fee_payer or keys[0].address
        if spent:
            check_funds(self._client, keys[0].address, spent)
        gas, simulated = self.choose_gas(plan, attempts)
        gas_rules.validate_gas(gas, self._get_block_gas())
        fee = self.choose_fee(gas, attempts)
        if fee:
            check_funds(self._client, payer, (*spent, *fee) if payer == keys[0].address else fee)
        return self.sign(plan, attempts, gas, simulated, fee)

    def plan(self, draft: Draft, attempts: Attempts, header: Header, keys: Sequence[Key]) -> Plan:
        """Fix all but gas and fee. Raises PhaseError, NotFound, UsageError, NodeError."""
        latest_ns = self._compute_latest_timeout(header, draft.not_after_ns)
        signers = [Signer(key, self.get_account(key)) for key in keys]
        sequences = self._choose_sequences(signers, attempts)
        return Plan(draft, signers, sequences, header, latest_ns)

    def sign(
        self, plan: Plan, attempts: Attempts, gas: int, simulated: int, fee: tuple[Coin, ...]
    ) -> JournalEntry:
        """Sign with a time-out of its own, and keep it in the journal."""
        attempts.sequences = plan.sequences
        draft, rules, signers = plan.draft, self._rules, plan.signers
        chain_id = self._client.network.chain_id
        auth_info = self._build_auth_info(plan, fee, gas)

        def sign(timeout_ns: int) -> SignedTx:
            return sign_tx(
                signers[0].key,
                body=build_body(
                    draft.messages,
                    memo=draft.memo,
                    timeout_ns=timeout_ns,
                    is_ordered=rules.is_ordered,
                ),
                auth_info=auth_info,
                chain_id=chain_id,
                account_number=signers[0].account.account_number,
                cosigners=[(s.key, s.account.account_number) for s in signers[1:]],
            )

        used = [plan.sequences.get(signer.key.address) for signer in signers]
        entry = self._journal.add(
            chain_id=chain_id,
            signer=str(signers[0].key.address),
            purpose=draft.purpose,
            auction_id=draft.auction_id,
            latest_timeout_ns=plan.latest_ns,
            first_height=plan.header.height + 1,
            sign=sign,
            account_sequence=used[0],
            cosigners={
                str(signer.key.address): sequence
                for signer, sequence in zip(signers[1:], used[1:], strict=True)
            },
            follows=attempts.last,
            keep_nonce=attempts.keep_nonce and not rules.is_ordered,
            message_types=gas_rules.join_message_types(draft.messages),
            simulated_gas=simulated,
        )
        logger.info("signed, gas %d, fee %s", gas, fee or 0, extra=entry.log_fields)
        return entry

    def _build_auth_info(self, plan: Plan, fee: tuple[Coin, ...], gas: int) -> bytes:
        parts = [
            (signer.key.public_key, plan.sequences.get(signer.key.address, 0))
            for signer in plan.signers
        ]
        payer, granter = self._rules.fee_payer, self._rules.fee_granter
        return build_auth_info(
            parts[0][0],
            account_sequence=parts[0][1],
            fee=fee,
            gas_limit=gas,
            cosigners=parts[1:],
            fee_payer=str(payer) if payer else "",
            fee_granter=str(granter) if granter else "",
        )

    def _choose_sequences(self, signers: list[Signer], attempts: Attempts) -> dict[Address, int]:
        if not self._rules.is_ordered:
            return {}
        if attempts.keep_nonce:
            return attempts.sequences
        return {s.key.address: self.sequences.get(s.key.address) for s in signers}

    def choose_gas(self, plan: Plan, attempts: Attempts) -> tuple[int, int]:
        """Return (gas limit, what simulation said or 0). Raises what the message would."""
        if plan.draft.gas is not None:
            return plan.draft.gas, 0
        samples = self._journal.list_gas_samples(
            self._client.network.chain_id, gas_rules.join_message_types(plan.draft.messages)
        )
        try:
            simulated = self._simulate(plan)
        except BadReply:
            if not samples:
                raise
            simulated = 0
        limit = gas_rules.compute_gas_limit(simulated, samples)
        return max(limit, plan.draft.least_gas, attempts.least_gas), simulated

    def _simulate(self, plan: Plan) -> int:
        probe = build_probe(
            body=build_body(
                plan.draft.messages,
                memo=plan.draft.memo,
                timeout_ns=plan.latest_ns,
                is_ordered=self._rules.is_ordered,
            ),
            auth_info=self._build_auth_info(plan, (), 0),
            signer_count=len(plan.signers),
        )
        result = gas_rules.simulate(self._client, probe)
        if plan.sequences and (result.codespace, result.code) == WRONG_SEQUENCE:
            raise SequenceRefused(plan.sequences, result.log)
        self._validate_allowance(plan, result)
        result.raise_for_code()
        return result.gas_used

    def _validate_allowance(self, plan: Plan, result: gas_rules.Simulation) -> None:
        granter = self._rules.fee_granter
        code = (result.codespace, result.code)
        if granter and (code == _NO_GRANT or (result.code and result.codespace == "feegrant")):
            payer = self._rules.fee_payer or plan.signers[0].key.address
            error = get_chain_error("feegrant", 5 if code == _NO_GRANT else result.code)
            raise error.local_class(
                f"{granter} pays no fees of {payer}: {error.meaning}", remedy=error.remedy
            )

    def choose_fee(self, gas: int, attempts: Attempts) -> tuple[Coin, ...]:
        """Return the fee for so much gas. Raises CostError if all tries together cost too much."""
        network = self._client.network
        price = max(network.gas_price, Fraction(attempts.least_fee, gas) if gas else Fraction(0))
        fee = compute_fee(gas, price, network.fee_denom)
        cap = self._rules.max_fee
        if cap is None:
            if attempts.cap is None:
                attempts.cap = DEFAULT_CAP_FACTOR * sum(coin.amount for coin in fee)
            cap = attempts.cap
        validate_spending(fee, attempts.spent, cap)
        return fee

    def _find_spends(self, draft: Draft) -> tuple[Coin, ...]:
        if draft.spends is not None:
            return draft.spends
        if draft.gas is not None:
            return ()  # what must fail is to be sent all the same
        first = draft.messages[0].signer
        return tuple(
            coin for message in draft.messages if message.signer == first for coin in message.spends
        )

    def get_account(self, key: Key) -> Account:
        """Return the account of a key, asked for once. Raises NotFound, UsageError, NodeError."""
        account = self._accounts.get(key.address)
        if account is None:
            account = self._client.get_account(key.address)
            validate_account(key, account)
            self._accounts[key.address] = account
        return account

    def _get_block_gas(self) -> int | None:
        if not self._has_block_gas:
            self._block_gas = gas_rules.get_block_gas(self._client)
            self._has_block_gas = True
        return self._block_gas

    def _compute_latest_timeout(self, header: Header, not_after_ns: int | None) -> int:
        latest_ns = header.time_ns + self._rules.ttl_ns
        if not_after_ns is None:
            return latest_ns
        # A time-out may come out up to SPREAD_NS earlier, and must still be ahead.
        if not_after_ns - SPREAD_NS <= header.time_ns:
            late_ms = (header.time_ns - not_after_ns) // 1_000_000
            raise PhaseError(
                f"too late: the deadline is over by {late_ms} ms of block time"
                if late_ms >= 0
                else "too late: the deadline is less than a block away",
                remedy="nothing was sent",
            )
        return min(latest_ns, not_after_ns)


def get_usable_header(client: ChainClient) -> Header:
    """Return the latest header from which time-outs can be counted; waits for the first."""
    header = client.get_latest_header()
    if header.height < _FIRST_USABLE_HEIGHT:
        header = client.wait_for_height(_FIRST_USABLE_HEIGHT, timeout_s=client.timeout_s)
    return header
