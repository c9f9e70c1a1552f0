"""Three linked grids, shared by all tests of the session that need more than two.

Nodes make blocks all the time, whoever needs them, and take the processor for it. So one worker
alone runs what needs the three grids, and what takes longest begins first.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

from plurichain.harness import LocalChains, Topology, make_plurid_topologies
from plurichain.harness.links import RELAYER, RELAYER_AMOUNT, make_line
from tests.localnet.ibc.relaying import make_keys
from tests.localnet.tracker.line import NAMES, ODD_AMOUNT, ODD_DENOMS, Line

HERE = Path(__file__).resolve().parent
OF_THE_LINE = (
    "test_multi_hop.py", "test_trace.py", "test_audit_live.py", "test_forward_command.py",
    "test_multi_hop_credits.py", "test_odd_denoms.py",
)  # fmt: skip
"""Files whose tests need the three grids; the first read them from their first block."""
LONG = ("test_prometheus.py", "test_track_crash.py", "test_observe.py", "test_health.py")
"""Of the other files those that take long, the longest first."""
ORDER = (*OF_THE_LINE, *LONG)


class LineScheduling(LoadFileScheduling):  # type: ignore[misc]
    """Gives a worker all tests of a file at once, and one of them all tests of the line."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        is_of_line = Path(path).name in OF_THE_LINE and Path(path).parent.name == HERE.name
        return "line" if is_of_line else path


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LineScheduling | None:
    """Schedule whole files in the order in which they were collected."""
    if config.getvalue("dist") != "loadfile":
        return None
    config.option.loadscopereorder = False
    return LineScheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes long before the rest of this folder."""
    ours = [item for item in items if item.path.parent == HERE]
    ranks = {name: rank for rank, name in enumerate(ORDER)}
    ordered = iter(sorted(ours, key=lambda item: ranks.get(item.path.name, len(ranks))))
    items[:] = [next(ordered) if item.path.parent == HERE else item for item in items]


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
