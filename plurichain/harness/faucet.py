"""Coins for whoever asks, from the account that holds all of a localnet's.

Payments are unordered transactions, so that any number of callers may be paid at once from the one
account. A chain whose SDK does not take those can give coins to named accounts of its genesis.
"""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from plurichain.errors import ConfigError
from plurichain.units import Coin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plurichain.chain.sending.sender import TxSender
    from plurichain.chain.transactions.outcome import Outcome
    from plurichain.config import Network
    from plurichain.identifiers import Address
    from plurichain.keyring import Key

ACCOUNT = "faucet"


class Faucet:
    """Gives coins away; make one with `open_faucet`."""

    def __init__(self, sender: TxSender, key: Key) -> None:
        self._sender = sender
        self._key = key

    @property
    def address(self) -> Address:
        """The account that pays."""
        return self._key.address

    def fund(self, gifts: Mapping[Address, tuple[Coin, ...]]) -> Outcome:
        """Pay every address its coins in one transaction, all or nothing.

        Raises TransactionError if it did not end as accepted.
        """
        from plurichain.chain.transactions.messages import bank_multi_send, bank_send

        if len(gifts) == 1:
            [(address, coins)] = gifts.items()
            message = bank_send(self._key.address, address, coins)
        else:
            message = bank_multi_send(self._key.address, list(gifts.items()))
        outcome = self._sender.send([message], purpose="fund")
        outcome.raise_for_status()
        return outcome


@contextlib.contextmanager
def open_faucet(network: Network, *, journal_path: Path | None = None) -> Iterator[Faucet]:
    """Open the faucet of a localnet. Raises ConfigError for any other network.

    ``journal_path`` keeps the transactions; without it they are forgotten at the end.
    """
    from plurichain.chain.journal.journal import Journal
    from plurichain.chain.nodes.client import ChainClient
    from plurichain.chain.sending.sender import TxSender
    from plurichain.keyring.key import Key
    from plurichain.keyring.mnemonic import derive_private_key

    if not network.faucet_mnemonic_file:
        raise ConfigError(f"network {network.name} has no faucet", remedy="only localnets have one")
    try:
        words = Path(network.faucet_mnemonic_file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigError(
            f"the faucet's file of network {network.name} cannot be read: {error.strerror}",
            remedy="start the localnet again: plurichain localnet up",
        ) from error
    key = Key(ACCOUNT, derive_private_key(words), prefix=network.prefix)
    with contextlib.ExitStack() as stack:
        if journal_path is None:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="plurichain-faucet-"))
            journal_path = Path(folder) / "journal.db"
        journal = Journal.open(journal_path)
        stack.callback(journal.close)
        client = stack.enter_context(ChainClient(network))
        yield Faucet(TxSender(client, key, journal), key)
