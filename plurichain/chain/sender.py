"""Signing and sending: one unordered transaction at a time, journalled before it leaves."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from plurichain.chain.fees import compute_fee, compute_gas_limit, simulate_gas
from plurichain.chain.funds import check_funds
from plurichain.chain.journal import SPREAD_NS
from plurichain.chain.progress import OnProgress, TxProgress, TxStage
from plurichain.chain.signing import SignedTx, build_auth_info, build_body, build_probe, sign_tx
from plurichain.chain.tracker import TxTracker
from plurichain.errors import PhaseError, UsageError

if TYPE_CHECKING:
    from plurichain.chain.client import ChainClient
    from plurichain.chain.journal import Journal, JournalEntry
    from plurichain.chain.messages import Message
    from plurichain.chain.outcome import Outcome
    from plurichain.chain.types import Header
    from plurichain.keyring import Key
    from plurichain.units import Coin

DEFAULT_TTL_S = 30
MAX_TTL_S = 600
"""The SDK's limit for unordered transactions."""
_FIRST_USABLE_HEIGHT = 2  # block 1 carries the genesis time, which may be long ago


class TxSender:
    """Sends transactions of one key through one node.

    ``ttl_s`` is how long, in block time, a transaction may wait for its block.
    """

    def __init__(
        self, client: ChainClient, key: Key, journal: Journal, *, ttl_s: int = DEFAULT_TTL_S
    ) -> None:
        if not 1 <= ttl_s <= MAX_TTL_S:
            raise UsageError(f"ttl_s: {ttl_s} is not 1 to {MAX_TTL_S}")
        self._client = client
        self._key = key
        self.journal = journal
        self._ttl_ns = ttl_s * 1_000_000_000
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

        Raises before anything is sent: UsageError, PhaseError (too late already),
        FundsShort, the mapped error of the simulation, NodeError.
        """
        tx_hash = self.submit(
            messages,
            purpose=purpose,
            auction_id=auction_id,
            not_after_ns=not_after_ns,
            gas=gas,
            least_gas=least_gas,
            spends=spends,
            memo=memo,
            on_progress=on_progress,
        )
        return self.wait(tx_hash, on_progress=on_progress)

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
        entry = self.prepare(
            messages,
            purpose=purpose,
            auction_id=auction_id,
            not_after_ns=not_after_ns,
            gas=gas,
            least_gas=least_gas,
            spends=spends,
            memo=memo,
        )
        if on_progress is not None:
            on_progress(TxProgress(TxStage.SIGNED, entry.tx_hash, entry.timeout_ns))
        self.tracker.broadcast(entry, on_progress)
        return entry.tx_hash

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
        self._validate_signers(messages)
        header = self._get_usable_header()
        latest_ns = self._compute_latest_timeout(header, not_after_ns)
        # Asked first: it says clearly that an account does not exist yet.
        account_number = self._account_number
        if spends is not None:
            spent = tuple(spends)
        elif gas is None:
            spent = tuple(coin for message in messages for coin in message.spends)
        else:
            spent = ()  # what must fail is to be sent all the same
        if spent:
            check_funds(self._client, self._key.address, spent)
        if gas is None:
            gas = max(self._estimate(messages, memo, latest_ns), least_gas)
        network = self._client.network
        fee = compute_fee(gas, network.gas_price, network.fee_denom)
        if fee:
            check_funds(self._client, self._key.address, (*spent, *fee))
        auth_info = build_auth_info(
            self._key.public_key, account_sequence=0, fee=fee, gas_limit=gas
        )

        def sign(timeout_ns: int) -> SignedTx:
            return sign_tx(
                self._key,
                body=build_body(messages, memo=memo, timeout_ns=timeout_ns),
                auth_info=auth_info,
                chain_id=network.chain_id,
                account_number=account_number,
            )

        return self.journal.add(
            chain_id=network.chain_id,
            signer=str(self._key.address),
            purpose=purpose,
            auction_id=auction_id,
            latest_timeout_ns=latest_ns,
            first_height=header.height + 1,
            sign=sign,
        )

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
        """Settle what an earlier process left pending (``TxTracker.resume``)."""
        return self.tracker.resume(on_progress=on_progress)

    @functools.cached_property
    def _account_number(self) -> int:
        return self._client.get_account(self._key.address).account_number

    def _validate_signers(self, messages: Sequence[Message]) -> None:
        for message in messages:
            if message.signer != self._key.address:
                raise UsageError(
                    f"{message.type_url} is signed by {message.signer}, "
                    f"the key {self._key.name!r} is {self._key.address}",
                    remedy="choose the right key with --key",
                )

    def _get_usable_header(self) -> Header:
        header = self._client.get_latest_header()
        if header.height < _FIRST_USABLE_HEIGHT:
            header = self._client.wait_for_height(
                _FIRST_USABLE_HEIGHT, timeout_s=self._client.timeout_s
            )
        return header

    def _compute_latest_timeout(self, header: Header, not_after_ns: int | None) -> int:
        latest_ns = header.time_ns + self._ttl_ns
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

    def _estimate(self, messages: Sequence[Message], memo: str, timeout_ns: int) -> int:
        probe = build_probe(
            body=build_body(messages, memo=memo, timeout_ns=timeout_ns),
            auth_info=build_auth_info(
                self._key.public_key, account_sequence=0, fee=(), gas_limit=0
            ),
        )
        return compute_gas_limit(simulate_gas(self._client, probe))
