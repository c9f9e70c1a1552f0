"""From a network and a key to a chain that can be relayed to, and closing it again."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from plurichain.chain.journal.journal import Journal
from plurichain.chain.nodes.client import ChainClient
from plurichain.chain.reporting import Progress, Report, ignore_progress
from plurichain.chain.sending.sender import TxSender
from plurichain.config import ChainMemory, journal_path, make_home_folder
from plurichain.relayer.chain_end import RelayChain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from plurichain.config import Network
    from plurichain.keyring import Key

DEFAULT_TIMEOUT_S = 5.0
"""How long one call to a node may take."""


@contextlib.contextmanager
def open_relay_chain(
    network: Network,
    key: Key,
    *,
    report: Report = ignore_progress,
    timeout_s: float = DEFAULT_TIMEOUT_S,
    journal: Path | None = None,
) -> Iterator[RelayChain]:
    """Connect to a chain with the key that pays there.

    ``journal`` is where transactions are kept, by default the user's own journal. The
    memory of blocks seen is the user's, unless a journal is named. Raises NodeError,
    WrongChain among them, and StorageError.
    """
    memory = None
    if journal is None:
        make_home_folder()
        journal, memory = journal_path(), ChainMemory.open()
    with (
        ChainClient(
            network,
            timeout_s=timeout_s,
            memory=memory,
            on_switch=lambda text: report(Progress("node_changed", f"{network.chain_id}: {text}")),
        ) as client,
        Journal.open(journal) as opened,
    ):
        client.check()
        yield RelayChain(client, TxSender(client, key, opened), key.address, report)
