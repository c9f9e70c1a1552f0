"""Three linked grids, shared by all tests of the session that need more than two."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from plurichain.harness import LocalChains, Topology, make_plurid_topologies
from plurichain.harness.links import RELAYER, RELAYER_AMOUNT, make_line
from tests.localnet.ibc.relaying import make_keys
from tests.localnet.tracker.line import NAMES, ODD_AMOUNT, ODD_DENOMS, Line


@pytest.fixture(scope="session")
def linked_chains(
    linked_topologies: dict[str, Topology], plurichain_chains_factory: Callable[..., LocalChains]
) -> LocalChains:
    """Give two linked grids of this folder's own: a tracker reads them from their first block."""
    return plurichain_chains_factory(linked_topologies, make_line(list(linked_topologies)))


@pytest.fixture(scope="session")
def line(
    plurid_binary: Path, plurichain_chains_factory: Callable[..., LocalChains]
) -> Iterator[Line]:
    """Give three linked grids; nobody carries anything yet."""
    coins = {"upluri": RELAYER_AMOUNT, **dict.fromkeys(ODD_DENOMS, ODD_AMOUNT)}
    topologies = make_plurid_topologies(
        plurid_binary, len(NAMES), chain_prefix="hop", accounts={RELAYER: coins}
    )
    chains = plurichain_chains_factory(topologies, make_line(list(topologies)))
    with contextlib.ExitStack() as stack:
        a, b, c = (stack.enter_context(chains.open_relay_chain(name)) for name in NAMES)
        yield Line(chains, a, b, c, make_keys(chains))
