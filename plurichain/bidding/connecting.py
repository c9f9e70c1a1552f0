"""From a network and a key to what the services act with, and closing it again."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from plurichain.bidding.account import Account, Bidder, Observer
from plurichain.bidding.persisting import keep_trying
from plurichain.bidding.progress import Progress, ignore_progress
from plurichain.chain.auctions.queries import AuctionQueries
from plurichain.chain.journal.journal import Journal
from plurichain.chain.nodes.client import ChainClient
from plurichain.chain.sending.sender import TxSender
from plurichain.chain.transactions.drafts import SendOptions
from plurichain.config import ChainMemory, journal_path, make_home_folder
from plurichain.vault import Vault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plurichain.bidding.progress import Report
    from plurichain.config import Network
    from plurichain.keyring import Key

DEFAULT_TIMEOUT_S = 5.0
"""How long one call to a node may take."""
DEFAULT_OPTIONS = SendOptions()


def _make_client(network: Network, timeout_s: float, report: Report) -> ChainClient:
    return ChainClient(
        network,
        timeout_s=timeout_s,
        memory=ChainMemory.open(),
        on_switch=lambda text: report(Progress("node_changed", text)),
    )


@contextlib.contextmanager
def open_observer(
    network: Network, *, report: Report = ignore_progress, timeout_s: float = DEFAULT_TIMEOUT_S
) -> Iterator[Observer]:
    """Connect to a node of the network. Raises NodeError, WrongChain among them."""
    with _make_client(network, timeout_s, report) as client:
        client.check()
        yield Observer(client, AuctionQueries(client), network.chain_id, report)


def _make_sender(client: ChainClient, key: Key, journal: Journal, options: SendOptions) -> TxSender:
    return TxSender(
        client,
        key,
        journal,
        ordering=options.ordering,
        cosigners=options.cosigners,
        fee_payer=options.fee_payer,
        fee_granter=options.fee_granter,
        max_fee=options.max_fee,
    )


@contextlib.contextmanager
def open_account(
    network: Network,
    key: Key,
    *,
    report: Report = ignore_progress,
    timeout_s: float = DEFAULT_TIMEOUT_S,
    is_patient: bool = False,
    options: SendOptions = DEFAULT_OPTIONS,
) -> Iterator[Account]:
    """Connect, with the key that signs and the user's journal.

    ``is_patient`` waits for a node that is down or behind, with warnings. ``options`` say
    how transactions are sent and who pays. Raises NodeError, StorageError.
    """
    make_home_folder()
    with (
        _make_client(network, timeout_s, report) as client,
        Journal.open(journal_path()) as journal,
    ):
        if is_patient:
            keep_trying(client.check, report)
        else:
            client.check()
        account = Account(
            client,
            AuctionQueries(client),
            network.chain_id,
            report,
            key=key,
            sender=_make_sender(client, key, journal, options),
        )
        for note in journal.notes:
            account.tell("journal_damaged", note, is_warning=True)
        yield account


@contextlib.contextmanager
def open_bidder(
    network: Network,
    key: Key,
    *,
    report: Report = ignore_progress,
    timeout_s: float = DEFAULT_TIMEOUT_S,
    is_patient: bool = False,
    options: SendOptions = DEFAULT_OPTIONS,
) -> Iterator[Bidder]:
    """Open an account together with the user's vault, as `open_account` does."""
    with (
        open_account(
            network,
            key,
            report=report,
            timeout_s=timeout_s,
            is_patient=is_patient,
            options=options,
        ) as account,
        Vault.open(make_home_folder(), key) as vault,
    ):
        for note in vault.notes:
            account.tell("vault_damaged", note, is_warning=True)
        yield Bidder(
            account.client,
            account.queries,
            account.chain_id,
            account.report,
            key=account.key,
            sender=account.sender,
            vault=vault,
        )
