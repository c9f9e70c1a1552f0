"""The keys that a relayer signs with on one chain.

What a relayer sends can be sent twice without harm, so nothing is kept of it on disk: a
process that was killed finds on the chains what is left to do.
"""

from __future__ import annotations

import itertools
import random
import threading
import time
from typing import TYPE_CHECKING

from plurichain.chain.sending.ordering import parse_expected
from plurichain.chain.transactions.fees import compute_fee
from plurichain.chain.transactions.signing import SignedTx, build_auth_info, build_body, sign_tx

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plurichain.chain.nodes.client import ChainClient
    from plurichain.chain.transactions.messages import Message
    from plurichain.identifiers import Address
    from plurichain.keyring import Key

PAUSE_S = 15.0
"""After so long a key that had no coins is tried again."""
_SPREAD_NS = 1_000_000_000


class SigningKey:
    """One key; unordered transactions by default, else in the account's sequence."""

    def __init__(self, client: ChainClient, key: Key, *, is_ordered: bool = False) -> None:
        self._client = client
        self._key = key
        self._is_ordered = is_ordered
        self._account_number: int | None = None
        self._sequence = 0
        self._paused_until_s = 0.0
        self.pause_reason = ""

    @property
    def address(self) -> Address:
        """The account that pays and signs."""
        return self._key.address

    @property
    def is_paused(self) -> bool:
        """Whether it has no coins for fees, as far as is known."""
        return time.monotonic() < self._paused_until_s

    def pause(self, reason: str) -> None:
        """Stop signing with it for a while."""
        self._paused_until_s = time.monotonic() + PAUSE_S
        self.pause_reason = reason

    def forget_account(self) -> None:
        """Read number and sequence anew before the next signature."""
        self._account_number = None

    def note_taken(self) -> None:
        """A node took what was signed last."""
        self._sequence += 1

    def repair(self, log: str) -> None:
        """Correct the sequence by what a node expects."""
        numbers = parse_expected(log)
        if numbers is None:
            self.forget_account()
        else:
            self._sequence = numbers[0]

    def compute_fee(self, gas: int) -> int:
        """Return what a transaction of so much gas costs, in the network's fee denom."""
        network = self._client.network
        return sum(c.amount for c in compute_fee(gas, network.gas_price, network.fee_denom))

    def sign(self, messages: Sequence[Message], *, gas: int, timeout_ns: int) -> SignedTx:
        """Return signed bytes. Raises NotFound while the account does not exist, NodeError."""
        if self._account_number is None:
            account = self._client.get_account(self.address)
            self._account_number = account.account_number
            self._sequence = account.account_sequence
        network = self._client.network
        body = build_body(messages, timeout_ns=timeout_ns, is_ordered=self._is_ordered)
        auth_info = build_auth_info(
            self._key.public_key,
            account_sequence=self._sequence if self._is_ordered else 0,
            fee=compute_fee(gas, network.gas_price, network.fee_denom),
            gas_limit=gas,
        )
        return sign_tx(
            self._key,
            body=body,
            auth_info=auth_info,
            chain_id=network.chain_id,
            account_number=self._account_number,
        )


class SigningKeys:
    """Gives the keys of one chain in turn, and time-outs that are used once only."""

    def __init__(self, keys: Sequence[SigningKey], *, rng: random.Random | None = None) -> None:
        self.keys = tuple(keys)
        self._turn = itertools.cycle(self.keys)
        self._rng = rng or random.Random()  # noqa: S311 - it keeps time-outs apart, no more
        self._guard = threading.Lock()
        self._last_ns = 0

    def choose(self) -> SigningKey | None:
        """Return the next key that has coins, None if no key has."""
        for key in itertools.islice(self._turn, len(self.keys)):
            if not key.is_paused:
                return key
        return None

    @property
    def is_paused(self) -> bool:
        """Whether no key can sign now."""
        return all(key.is_paused for key in self.keys)

    def make_timeout(self, latest_ns: int) -> int:
        """Return a block time a little before ``latest_ns`` that no other transaction has.

        The chain tells unordered ones of a key apart by it; a process that was killed and
        begun again may not meet its own, hence the chance in it.
        """
        with self._guard:
            chosen = latest_ns - self._rng.randrange(_SPREAD_NS)
            self._last_ns = chosen if chosen != self._last_ns else chosen + 1
            return self._last_ns
