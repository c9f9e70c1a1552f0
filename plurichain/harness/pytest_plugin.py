"""Fixtures for tests against a real chain, of any Cosmos SDK binary.

Fixtures (none costs anything until a test asks for it):

``chain_topology`` (session)
    The Topology of ``localnet_chain``. Override it in a conftest.py for a chain of your own; as it
    is, it describes plurid, or with ``--chain-binary`` that binary under plurid's names.
``localnet_chain`` (session)
    A running LocalChain of that topology: ``.endpoints``, ``.network()``, ``.nodes``,
    ``.get_account(name)``, ``.wait_for_height(n)``.
``localnet_faucet`` (session)
    Its Faucet: ``.fund({address: coins})``.
``faulty_network`` (each test)
    `localnet_chain` behind fault proxies: a FaultyNetwork, whose ``.network`` is for clients.
    Its seed stands in the report of a failure; ``--fault-seed N`` sets it.
``plurichain_chain_factory`` (session)
    A function that starts a further chain: ``factory(topology, name="other")``. It is ended with
    the session, or by its own ``stop()`` before.
``linked_topologies`` (session)
    Topologies of ``linked_chains`` by name; override it for other chains. As it is: two chains
    "a" and "b" like that of ``chain_topology``, with ids of their own.
``linked_chains`` (session)
    Running LocalChains of those, each linked to the next by an open transfer channel:
    ``linked_chains["a"]`` is a LocalChain, ``linked_chains.links[0].a.channel_id`` its end,
    ``linked_chains.open_relay_chain("a")`` what a relayer acts with.
``plurichain_chains_factory`` (session)
    A function that starts further ones: ``factory(topologies, links)``.

Under pytest-xdist every worker has chains of its own: ports are reserved, folders are apart, and a
test may kill a node without asking who else uses it. ``--chain-seed`` sets the seed of all keys.
A node that panicked or ended by itself fails the test that was running, by its first line of panic.

Folders are removed when all tests that could have used them passed; otherwise they are kept and
the end of the run says where and how to run a node again. With ``--keep-net`` the chains are left
running, and the end of the run says how to reach and how to end them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from plurichain.harness.chain import LocalChain
    from plurichain.harness.chains import LocalChains
    from plurichain.harness.faucet import Faucet
    from plurichain.harness.fault_proxy_network import FaultyNetwork
    from plurichain.harness.session_chains import SessionChains
    from plurichain.harness.topology import Topology

NOTES = "plurichain_notes"
_chains_key: pytest.StashKey[SessionChains] = pytest.StashKey()
_notes_key: pytest.StashKey[list[str]] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the plugin."""
    group = parser.getgroup("plurichain", "local chains")
    group.addoption(
        "--keep-net", action="store_true", help="leave local chains running after the tests"
    )
    group.addoption(
        "--chain-binary", metavar="FILE", help="binary of the local chain (default: plurid, built)"
    )
    group.addoption(
        "--chain-seed", metavar="N", type=int, default=0, help="seed of the chain's keys"
    )
    group.addoption(
        "--fault-seed", metavar="N", type=int, help="seed of fault proxies (default: drawn)"
    )


@pytest.fixture(scope="session")
def chain_topology(pytestconfig: pytest.Config) -> Topology:
    """Describe the chain of `localnet_chain`; override it for a chain of your own."""
    from pathlib import Path

    from plurichain.harness import build_binary, make_plurid_topology

    chosen = pytestconfig.getoption("--chain-binary")
    binary = Path(chosen).absolute() if chosen else build_binary()
    return make_plurid_topology(binary, seed=pytestconfig.getoption("--chain-seed"))


@pytest.fixture(scope="session")
def _session_chains(
    pytestconfig: pytest.Config, request: pytest.FixtureRequest
) -> Iterator[SessionChains]:
    """Know all chains of the session, and end them with it."""
    from plurichain.harness.session_chains import SessionChains

    chains = SessionChains(keep_running=pytestconfig.getoption("--keep-net"))
    pytestconfig.stash[_chains_key] = chains
    try:
        yield chains
    finally:
        del pytestconfig.stash[_chains_key]
        notes = chains.end(failed=bool(request.session.testsfailed))
        pytestconfig.stash.setdefault(_notes_key, []).extend(notes)


@pytest.fixture(scope="session")
def plurichain_chain_factory(_session_chains: SessionChains) -> Callable[..., LocalChain]:
    """Start chains: ``factory(topology, name="chain")``; all end with the session."""
    return _session_chains.start


@pytest.fixture(scope="session")
def plurichain_chains_factory(_session_chains: SessionChains) -> Callable[..., LocalChains]:
    """Start linked chains: ``factory(topologies, links)``; all end with the session."""
    return _session_chains.start_together


@pytest.fixture(scope="session")
def localnet_chain(
    chain_topology: Topology, plurichain_chain_factory: Callable[..., LocalChain]
) -> LocalChain:
    """Give the session's running chain of `chain_topology`."""
    return plurichain_chain_factory(chain_topology, name="localnet")


@pytest.fixture(scope="session")
def localnet_faucet(localnet_chain: LocalChain) -> Iterator[Faucet]:
    """Give the faucet of `localnet_chain`."""
    from plurichain.harness import open_faucet

    with open_faucet(localnet_chain.network()) as faucet:
        yield faucet


@pytest.fixture
def faulty_network(
    localnet_chain: LocalChain, pytestconfig: pytest.Config, request: pytest.FixtureRequest
) -> Iterator[FaultyNetwork]:
    """Give `localnet_chain` behind fault proxies that let everything pass until they are told."""
    from plurichain.harness import FaultyNetwork

    seed = pytestconfig.getoption("--fault-seed")
    with FaultyNetwork(localnet_chain.network(), seed=seed) as faulty:
        request.node.add_report_section("setup", "fault proxies", f"--fault-seed {faulty.seed}")
        yield faulty


@pytest.fixture(scope="session")
def linked_topologies(chain_topology: Topology) -> dict[str, Topology]:
    """Describe the chains of `linked_chains`; override it for other ones."""
    from dataclasses import replace

    return {name: replace(chain_topology, chain_id=f"plurichain-{name}-1") for name in "ab"}


@pytest.fixture(scope="session")
def linked_chains(
    linked_topologies: dict[str, Topology], plurichain_chains_factory: Callable[..., LocalChains]
) -> LocalChains:
    """Give the session's running chains of `linked_topologies`, each linked to the next."""
    from plurichain.harness.links import make_line

    return plurichain_chains_factory(linked_topologies, make_line(list(linked_topologies)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Have a panic of a node be the error of the test that saw it, whatever else failed."""
    try:
        return (yield)
    finally:
        chains = item.config.stash.get(_chains_key, None)
        if chains is not None:
            chains.validate_healthy()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand what is to be said at the end to the process that says it, under xdist."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[NOTES] = session.config.stash.get(_notes_key, [])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Collect what a worker of xdist has to say."""
    notes = getattr(node, "workeroutput", {}).get(NOTES, [])
    node.config.stash.setdefault(_notes_key, []).extend(notes)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say which chains were kept and how to get back to them."""
    notes = config.stash.get(_notes_key, [])
    if notes:
        terminalreporter.section("local chains")
        for note in notes:
            terminalreporter.line(note)
