"""The state of a chain for an audit: a network that is silent is not asked for every channel."""

from __future__ import annotations

from typing import Any, cast
from unittest.mock import MagicMock

import pytest

from plurichain.chain.nodes.client import ChainClient
from plurichain.errors import HeightPruned, NodeBusy, NodeError, NodeTimeout, NodeUnreachable
from plurichain.tracker.auditing.chain_state import LiveState


class Rpc:
    """Answers with an error, and counts how often it was asked."""

    def __init__(self, error: NodeError) -> None:
        self.error = error
        self.asked = 0

    def get_committed_height(self) -> int:
        self.asked += 1
        raise self.error


class Client:
    def __init__(self, error: NodeError) -> None:
        self.grpc = MagicMock()
        self.rpc = Rpc(error)

    def list_supplies(self, **_: Any) -> dict[str, int]:
        self.rpc.asked += 1
        return {"upluri": 7}


@pytest.mark.parametrize("kind", [NodeTimeout, NodeUnreachable, NodeBusy])
def test_a_silent_network_is_asked_once(kind: type[NodeError]) -> None:
    client = Client(kind("no answer", remedy="wait"))
    state = LiveState(cast(ChainClient, client))
    for _ in range(40):
        with pytest.raises(kind, match="no answer"):
            state.get_head()
    with pytest.raises(kind, match="no answer"):
        state.get_supplies(9)
    assert client.rpc.asked == 1
    # Whoever asks later asks anew.
    with pytest.raises(kind):
        LiveState(cast(ChainClient, client)).get_head()
    assert client.rpc.asked == 2


def test_a_network_that_lacks_one_height_is_asked_for_others() -> None:
    client = Client(HeightPruned("block 3 is gone"))
    state = LiveState(cast(ChainClient, client))
    for _ in range(2):
        with pytest.raises(HeightPruned):
            state.get_head()
    assert state.get_supplies(9) == {"upluri": 7}
    assert state.get_supplies(9) == {"upluri": 7}
    assert client.rpc.asked == 3
