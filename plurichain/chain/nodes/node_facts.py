"""How a node was built and set up, as it says itself.

Sources: cosmos-sdk 0.53 proto/cosmos/base/{tendermint,node}/v1beta1/query.proto; cometbft 0.38
p2p/node_info.go (``other.tx_index``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from plurichain.chain import protos
from plurichain.errors import BadReply

if TYPE_CHECKING:
    from plurichain.chain.nodes.client import ChainClient

_COIN: Final = re.compile(r"([0-9]{1,40}(?:\.[0-9]{1,18})?)([a-zA-Z][a-zA-Z0-9/:._-]{2,127})")


@dataclass(frozen=True, slots=True)
class NodeBuild:
    """Versions of what a node was built of, by Go module path (``github.com/…``)."""

    app: str
    version: str
    modules: dict[str, str]

    def find_module(self, *paths: str) -> str | None:
        """Return the version of a module by its path or one with a major suffix, None if absent."""
        for path in paths:
            for name, version in self.modules.items():
                if name == path or re.fullmatch(re.escape(path) + r"/v[0-9]+", name):
                    return version
        return None


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """What of a node's configuration it tells.

    ``gas_prices`` are the least prices of a unit of gas that its mempool takes, by denom;
    empty: it takes anything. ``keep_recent`` is how many states it keeps beside the newest
    where it prunes by its own numbers, None where it uses a named rule.
    """

    gas_prices: dict[str, Fraction]
    keep_recent: int | None


def get_node_build(client: ChainClient) -> NodeBuild:
    """Return what a node was built of. Raises NodeError."""
    stub = protos.node_query_grpc.ServiceStub(client.grpc.raw)
    request = protos.node_query.GetNodeInfoRequest()
    reply = client.grpc.call(stub.GetNodeInfo, request, what="node info")
    told = reply.application_version
    modules = {each.path: each.version for each in told.build_deps}
    # The node tells these two also where it was built without a list of modules.
    if told.cosmos_sdk_version:
        modules.setdefault("github.com/cosmos/cosmos-sdk", told.cosmos_sdk_version)
    if reply.default_node_info.version:
        modules.setdefault("github.com/cometbft/cometbft", f"v{reply.default_node_info.version}")
    return NodeBuild(told.app_name or told.name, told.version, modules)


def get_node_settings(client: ChainClient) -> NodeSettings:
    """Return what a node tells of its configuration. Raises BadReply, NodeError."""
    stub = protos.node_config_grpc.ServiceStub(client.grpc.raw)
    request = protos.node_config.ConfigRequest()
    reply = client.grpc.call(stub.Config, request, what="node configuration")
    recent = str(reply.pruning_keep_recent)
    return NodeSettings(
        parse_gas_prices(reply.minimum_gas_price),
        int(recent) if recent.isdigit() and int(recent) else None,
    )


def has_tx_index(client: ChainClient) -> bool | None:
    """Return whether a node indexes transactions, None if it does not say. Raises NodeError."""
    result, _ = client.rpc.call("status")
    try:
        told = result["node_info"]["other"]["tx_index"]
    except (KeyError, TypeError):
        return None
    return {"on": True, "off": False}.get(told) if isinstance(told, str) else None


def parse_gas_prices(text: str) -> dict[str, Fraction]:
    """Return decimal coins such as "0.025uatom,0.1ueur" by denom; raises BadReply.

    A price of 0 is left out: it asks for nothing.
    """
    prices = {}
    for part in filter(None, (each.strip() for each in text.split(","))):
        found = _COIN.fullmatch(part)
        if found is None:
            raise BadReply(f"minimum gas price: {text[:80]!r} is not a list of decimal coins")
        if price := Fraction(found[1]):
            prices[found[2]] = price
    return prices
