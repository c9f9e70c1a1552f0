"""Two linked chains, shared by all tests of the session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from plurichain.harness import LocalChains, Topology, make_plurid_topologies
from plurichain.relayer.chain_end import RelayChain


@pytest.fixture(scope="session")
def linked_topologies(plurid_binary, pytestconfig: pytest.Config) -> dict[str, Topology]:
    """Describe two chains of fast blocks."""
    seed = pytestconfig.getoption("--chain-seed")
    return make_plurid_topologies(plurid_binary, 2, seed=seed)


@pytest.fixture(scope="session")
def relay_pair(linked_chains: LocalChains) -> Iterator[tuple[RelayChain, RelayChain]]:
    """Give both chains as a relayer sees them."""
    with (
        linked_chains.open_relay_chain("a") as a,
        linked_chains.open_relay_chain("b") as b,
    ):
        yield a, b
