"""A chain to run against, for any Cosmos SDK chain.

Names are loaded when they are used: the pytest plugin and the supervisor are in this package too,
and neither should pay for what it does not need.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plurichain.harness.binary import build_binary
    from plurichain.harness.chain import LocalChain
    from plurichain.harness.chains import LocalChains
    from plurichain.harness.faucet import Faucet, open_faucet
    from plurichain.harness.fault_proxy import FaultProxy
    from plurichain.harness.fault_proxy_network import FaultyNetwork
    from plurichain.harness.links import LinkTopology, make_line
    from plurichain.harness.node import Node
    from plurichain.harness.plurid import make_plurid_topologies, make_plurid_topology
    from plurichain.harness.topology import Topology

__all__ = [
    "Faucet",
    "FaultProxy",
    "FaultyNetwork",
    "LinkTopology",
    "LocalChain",
    "LocalChains",
    "Node",
    "Topology",
    "build_binary",
    "make_line",
    "make_plurid_topologies",
    "make_plurid_topology",
    "open_faucet",
]

_PLACES = {
    "FaultProxy": "plurichain.harness.fault_proxy",
    "FaultyNetwork": "plurichain.harness.fault_proxy_network",
    "Faucet": "plurichain.harness.faucet",
    "open_faucet": "plurichain.harness.faucet",
    "build_binary": "plurichain.harness.binary",
    "LinkTopology": "plurichain.harness.links",
    "LocalChain": "plurichain.harness.chain",
    "LocalChains": "plurichain.harness.chains",
    "Node": "plurichain.harness.node",
    "Topology": "plurichain.harness.topology",
    "make_line": "plurichain.harness.links",
    "make_plurid_topologies": "plurichain.harness.plurid",
    "make_plurid_topology": "plurichain.harness.plurid",
}


def __getattr__(name: str) -> Any:
    """Load the module that has a public name."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_PLACES[name]), name)
