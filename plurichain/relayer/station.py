"""One chain in a running relayer: its reader, its submitter, its gas book."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from plurichain.chain.sending.gas import get_block_gas
from plurichain.relayer.batches import BatchLimits
from plurichain.relayer.blocks import BlockReader
from plurichain.relayer.gas_book import GasBook
from plurichain.relayer.signing_keys import SigningKey, SigningKeys
from plurichain.relayer.submitter import Submitter

if TYPE_CHECKING:
    from plurichain.errors import NodeError
    from plurichain.keyring import Key
    from plurichain.relayer.chain_end import RelayChain
    from plurichain.relayer.counters import Counters

logger = logging.getLogger(__name__)

SHARE_OF_BLOCK_GAS = 0.8
"""No transaction asks for more of a block's gas: others want to get in too."""


class Station:
    """What one chain needs once, however many lanes begin or end there."""

    def __init__(
        self,
        chain: RelayChain,
        keys: Sequence[Key],
        counters: Counters,
        *,
        is_ordered: bool,
        most_messages: int,
        on_fatal: Callable[[Exception], None],
    ) -> None:
        self.chain = chain
        self.gas = GasBook()
        signing = [SigningKey(chain.client, key, is_ordered=is_ordered) for key in keys]
        self.submitter = Submitter(
            chain.client,
            SigningKeys(signing),
            counters,
            get_time_ns=lambda: self.reader.time_ns,
            on_no_coins=self._tell_no_coins,
            on_fatal=on_fatal,
        )
        self.reader = BlockReader(
            chain.client, self.submitter, on_trouble=self._tell_trouble, on_fatal=on_fatal
        )
        self.limits = BatchLimits(messages=most_messages)

    def prepare(self) -> None:
        """Read what the chain allows. Raises NodeError."""
        block_gas = get_block_gas(self.chain.client)
        gas = None if block_gas is None else int(block_gas * SHARE_OF_BLOCK_GAS)
        self.limits = replace(self.limits, gas=gas)

    def start(self) -> None:
        """Begin to read and to send. Raises NodeError."""
        self.reader.start()
        self.submitter.start()

    def stop(self) -> None:
        """Have both threads end."""
        self.reader.stop()
        self.submitter.stop()

    def join(self, timeout_s: float) -> None:
        """Wait for both threads."""
        self.reader.join(timeout_s)
        self.submitter.join(timeout_s)

    def _tell_no_coins(self, key: SigningKey, log: str) -> None:
        said = log.partition("\n")[0][:200]
        self.chain.tell(
            "no_coins",
            f"{key.address} on {self.chain.chain_id} cannot pay: {said}; "
            "nothing is signed with it until it has coins, blocks are watched on",
            is_warning=True,
            address=str(key.address),
        )

    def _tell_trouble(self, error: NodeError | None) -> None:
        if error is None:
            self.chain.tell("node_back", f"{self.chain.chain_id}: blocks are read again")
        else:
            self.chain.tell(
                "node_trouble",
                f"{self.chain.chain_id}: {error.cause}; trying again",
                is_warning=True,
            )
