"""Three grids in a line, a – b – c, and whether their books agree."""

from __future__ import annotations

from dataclasses import dataclass

from plurichain.chain import EnergyQueries
from plurichain.harness import LocalChains
from plurichain.ibc.denom import DenomPath, Hop, voucher_denom
from plurichain.identifiers import Address
from plurichain.keyring import Key
from plurichain.relayer.chain_end import RelayChain
from plurichain.relayer.link import Link, LinkEnd

NAMES = ("a", "b", "c")
ODD_DENOMS = ("amm/channel-7/coin", "factory/grid/solar", "gamm/pool/1")
"""Coins of every grid with slashes in their names; the first looks like one that came in."""
ODD_AMOUNT = 2**80


@dataclass(frozen=True, slots=True)
class Line:
    """The chains as a relayer sees them, the links between, and the relayer's keys."""

    chains: LocalChains
    a: RelayChain
    b: RelayChain
    c: RelayChain
    keys: dict[str, list[Key]]

    @property
    def ab(self) -> Link:
        """The link between a and b."""
        return self.chains.links[0]

    @property
    def bc(self) -> Link:
        """The link between b and c."""
        return self.chains.links[1]

    def get_voucher(self, *hops: LinkEnd, denom: str = "upluri") -> str:
        """Return what a denom is called after it came in over these ends, the newest first."""
        path = tuple(Hop(end.port, end.channel_id) for end in hops)
        return voucher_denom(DenomPath(path, denom))

    def assert_conserved(self) -> None:
        """Every escrow equals the vouchers and what was retired of them at the other end.

        So nothing may be in flight. Compared are the escrow accounts, the supply of each path,
        and the total that the transfer module itself remembers.
        """
        chains = {chain.chain_id: chain for chain in (self.a, self.b, self.c)}
        totals: dict[tuple[str, str], int] = {}
        backed = set()
        for link in self.chains.links:
            for mine, other in ((link.a, link.b), (link.b, link.a)):
                here, there = chains[mine.chain_id], chains[other.chain_id]
                for denom, held in _list_escrow(here, mine).items():
                    path = _find_path(here, denom)
                    came = DenomPath((Hop(other.port, other.channel_id), *path.hops), path.base)
                    supply = there.client.get_supply(voucher_denom(came))
                    supply += _get_retired(there, voucher_denom(came))
                    assert (there.chain_id, str(came), supply) == (there.chain_id, str(came), held)
                    backed.add((there.chain_id, str(came)))
                    key = (here.chain_id, denom)
                    totals[key] = totals.get(key, 0) + held
        for (chain_id, denom), total in totals.items():
            assert chains[chain_id].transfers.get_total_escrow(denom) == total, (chain_id, denom)
        for chain in chains.values():
            for path in chain.transfers.list_denoms():
                if (chain.chain_id, str(path)) not in backed:
                    assert chain.client.get_supply(voucher_denom(path)) == 0, str(path)


def _get_retired(chain: RelayChain, denom: str) -> int:
    totals = EnergyQueries(chain.client).list_retired_totals()
    return sum(total.amount for total in totals if total.denom == denom)


def _list_escrow(chain: RelayChain, end: LinkEnd) -> dict[str, int]:
    address = Address.parse(chain.transfers.get_escrow_address(end.port, end.channel_id))
    return chain.client.get_balances(address)


def _find_path(chain: RelayChain, denom: str) -> DenomPath:
    if not denom.startswith("ibc/"):
        return DenomPath((), denom)
    path = chain.transfers.get_denom(denom)
    assert path is not None, denom
    return path
