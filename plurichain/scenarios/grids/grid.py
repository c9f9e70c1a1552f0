"""One grid of a story: its chain, with everything that reads it and signs on it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from plurichain.bidding.account import Account as AuctionAccount
from plurichain.bidding.account import Bidder
from plurichain.bidding.account import Observer as AuctionObserver
from plurichain.chain.auctions.queries import AuctionQueries
from plurichain.chain.energy.queries import EnergyQueries
from plurichain.chain.ibc.packet_queries import PacketQueries
from plurichain.chain.journal.journal import Journal
from plurichain.chain.nodes.client import ChainClient
from plurichain.harness.faucet import ACCOUNT as FAUCET
from plurichain.harness.faucet import Faucet
from plurichain.keyring import Key
from plurichain.metering.account import Account
from plurichain.scenarios.grids.sender import PatientSender
from plurichain.storage import make_private_folder
from plurichain.vault import Vault

if TYPE_CHECKING:
    from plurichain.config import Network
    from plurichain.harness import LocalChain
    from plurichain.identifiers import Address
    from plurichain.units import Coin

#: Three chains share this machine's processors with everything else: their nodes may be slow.
CALL_TIMEOUT_S: Final = 60.0


@dataclass(slots=True)
class Grid:
    """One chain with everything that reads it and signs on it; ``name`` is "a", "b" or "c"."""

    name: str
    chain: LocalChain
    network: Network
    client: ChainClient
    journal: Journal
    energy: EnergyQueries
    packets: PacketQueries

    @property
    def title(self) -> str:
        """What people call it."""
        return f"grid {self.name.upper()}"

    @property
    def chain_id(self) -> str:
        """The chain id."""
        return self.network.chain_id

    @property
    def observer(self) -> AuctionObserver:
        """A reader for the services of auctions."""
        return AuctionObserver(self.client, AuctionQueries(self.client), self.chain_id)

    def make_account(self, key: Key) -> Account:
        """Return what signs for a key."""
        sender = self._make_sender(key)
        return Account(self.client, self.energy, self.chain_id, key=key, sender=sender)

    def make_trader(self, key: Key) -> AuctionAccount:
        """Return what signs for a key in auctions, without bids of its own."""
        queries, sender = AuctionQueries(self.client), self._make_sender(key)
        return AuctionAccount(self.client, queries, self.chain_id, key=key, sender=sender)

    def make_registrar(self) -> Account:
        """Return the account that the chain's authority trusts with bodies and paths."""
        return self.make_account(self._get_faucet_key())

    def fund(self, gifts: Mapping[Address, tuple[Coin, ...]]) -> None:
        """Give coins to addresses, all or nothing. Raises TransactionError."""
        key = self._get_faucet_key()
        Faucet(self._make_sender(key), key).fund(gifts)

    def _get_faucet_key(self) -> Key:
        found = self.chain.get_account(FAUCET)
        return Key(FAUCET, found.private_key, prefix=self.network.prefix)

    def _make_sender(self, key: Key) -> PatientSender:
        return PatientSender(self.client, key, self.journal)

    @contextlib.contextmanager
    def open_bidder(self, key: Key) -> Iterator[Bidder]:
        """Open a bidder with a vault of its own."""
        folder = make_private_folder(self.chain.folder / "vaults" / key.name)
        with Vault.open(folder, key) as vault:
            yield Bidder(
                self.client,
                AuctionQueries(self.client),
                self.chain_id,
                key=key,
                sender=self._make_sender(key),
                vault=vault,
            )


@contextlib.contextmanager
def open_grid(name: str, chain: LocalChain) -> Iterator[Grid]:
    """Open a running chain as grid ``name``. Raises NodeError."""
    network = chain.network(f"grid-{name}")
    with (
        ChainClient(network, timeout_s=CALL_TIMEOUT_S) as client,
        Journal.open(chain.folder / "journal.db") as journal,
    ):
        client.check()
        yield Grid(
            name, chain, network, client, journal, EnergyQueries(client), PacketQueries(client)
        )
