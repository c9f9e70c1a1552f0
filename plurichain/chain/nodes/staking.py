"""What staking tells those who build or watch light clients of a chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plurichain.chain import protos
from plurichain.errors import BadReply

if TYPE_CHECKING:
    from plurichain.chain.nodes.client import ChainClient


def get_unbonding_period_ns(client: ChainClient) -> int:
    """Return how long stake stays bound after its owner left: what light clients rely on.

    Raises BadReply for a chain without such a period, NodeError.
    """
    period = _get_params(client).unbonding_time
    period_ns = int(period.seconds) * 1_000_000_000 + int(period.nanos)
    if period_ns <= 0:
        raise BadReply(f"{client.network.chain_id} has no unbonding period")
    return period_ns


def get_historical_entries(client: ChainClient) -> int:
    """Return how many past headers the chain keeps for itself. Raises NodeError."""
    return int(_get_params(client).historical_entries)


def _get_params(client: ChainClient) -> Any:
    stub = protos.staking_query_grpc.QueryStub(client.grpc.raw)
    request = protos.staking_query.QueryParamsRequest()
    return client.grpc.call(stub.Params, request, what="staking parameters").params
