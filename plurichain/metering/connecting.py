"""From a network and a key to what the services act with, and closing it again."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from plurichain.chain.energy.queries import EnergyQueries
from plurichain.chain.journal.journal import Journal
from plurichain.chain.nodes.client import ChainClient
from plurichain.chain.reporting import ignore_progress
from plurichain.chain.sending.sender import TxSender
from plurichain.config import ChainMemory, journal_path, make_home_folder
from plurichain.metering.account import Account, Observer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plurichain.chain.reporting import Report
    from plurichain.config import Network
    from plurichain.keyring import Key

DEFAULT_TIMEOUT_S = 5.0
"""How long one call to a node may take."""


@contextlib.contextmanager
def open_observer(
    network: Network, *, report: Report = ignore_progress, timeout_s: float = DEFAULT_TIMEOUT_S
) -> Iterator[Observer]:
    """Connect to a node of the network. Raises NodeError, WrongChain among them."""
    with ChainClient(network, timeout_s=timeout_s, memory=ChainMemory.open()) as client:
        client.check()
        yield Observer(client, EnergyQueries(client), network.chain_id, report)


@contextlib.contextmanager
def open_account(
    network: Network,
    key: Key,
    *,
    report: Report = ignore_progress,
    timeout_s: float = DEFAULT_TIMEOUT_S,
) -> Iterator[Account]:
    """Connect, with the key that signs and the user's journal. Raises NodeError, StorageError."""
    make_home_folder()
    with (
        ChainClient(network, timeout_s=timeout_s, memory=ChainMemory.open()) as client,
        Journal.open(journal_path()) as journal,
    ):
        client.check()
        account = Account(
            client,
            EnergyQueries(client),
            network.chain_id,
            report,
            key=key,
            sender=TxSender(client, key, journal),
        )
        for note in journal.notes:
            account.tell("journal_damaged", note, is_warning=True)
        yield account
