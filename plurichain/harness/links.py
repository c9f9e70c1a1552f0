"""Links between local chains: what is wanted, and who pays for opening it."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from plurichain.errors import HarnessError, InputError
from plurichain.ibc.packet import Order

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plurichain.chain.reporting import Report
    from plurichain.config import Network
    from plurichain.harness.accounts import Account
    from plurichain.harness.topology import Topology
    from plurichain.keyring import Key
    from plurichain.relayer.chain_end import RelayChain
    from plurichain.relayer.link import LinkPlan

#: Name of the genesis account that pays for what is relayed to its chain.
RELAYER = "relayer"
RELAYER_AMOUNT = 10**15


@dataclass(frozen=True, slots=True)
class LinkTopology:
    """A channel wanted between two chains, by their names in the topology.

    ``trusting_period_ns`` is how long the clients trust a header, by default two thirds of
    the other chain's unbonding period.
    """

    a: str
    b: str
    port: str = "transfer"
    version: str = "ics20-1"
    order: Order = Order.UNORDERED
    trusting_period_ns: int | None = None

    def make_plan(self) -> LinkPlan:
        """Return the link as the relayer wants it told; on fresh chains nothing can be reused."""
        # Imported here: it brings gRPC, which files of topologies have no use for.
        from plurichain.relayer.clients import ClientRules
        from plurichain.relayer.handshake import ChannelPlan
        from plurichain.relayer.link import LinkPlan

        return LinkPlan(
            channel=ChannelPlan(self.port, self.port, self.order, self.version),
            clients=ClientRules(trusting_period_ns=self.trusting_period_ns),
            is_new=True,
        )


def validate_links(links: Sequence[LinkTopology], names: Sequence[str]) -> None:
    """Raise InputError for a link of a chain that is not there, or of a chain to itself."""
    for link in links:
        for name in (link.a, link.b):
            if name not in names:
                raise InputError(f"link: no chain {name!r}; there are {', '.join(names)}")
        if link.a == link.b:
            raise InputError(f"link: {link.a!r} cannot be linked to itself")


def make_line(names: Sequence[str]) -> list[LinkTopology]:
    """Return links from each chain to the next."""
    return [LinkTopology(a, b) for a, b in itertools.pairwise(names)]


def add_relayer(topology: Topology) -> Topology:
    """Return the topology with an account for the relayer, if it has none of that name."""
    if RELAYER in topology.accounts:
        return topology
    coins = {topology.bond_denom: RELAYER_AMOUNT}
    return dataclasses.replace(topology, accounts={**topology.accounts, RELAYER: coins})


@contextlib.contextmanager
def open_local_relay_chain(
    network: Network, account: Account, *, journal: Path, report: Report | None = None
) -> Iterator[RelayChain]:
    """Open a local chain with an account of its genesis, as the relayer sees it."""
    from plurichain.chain.reporting import ignore_progress
    from plurichain.keyring.key import Key
    from plurichain.relayer.connecting import open_relay_chain

    key = Key(account.name, account.private_key, prefix=network.prefix)
    with open_relay_chain(network, key, report=report or ignore_progress, journal=journal) as chain:
        yield chain


def find_relayer_key(network: Network) -> Key | None:
    """Return the key of the genesis account "relayer" of a localnet, None if it has none."""
    from plurichain.harness.chain_folder import read_account
    from plurichain.keyring.key import Key

    if not network.is_localnet or not network.faucet_mnemonic_file:
        return None
    try:
        account = read_account(Path(network.faucet_mnemonic_file).parent, RELAYER)
    except (HarnessError, OSError, ValueError):
        return None
    return Key(account.name, account.private_key, prefix=network.prefix)
