"""Is it the same chain still? Remembered across clients, compared, accepted again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plurichain.config import ChainMemory, save_network
from plurichain.config.chain_memory import Anchor, SeenChain
from plurichain.errors import (
    BadReply,
    ChainReset,
    NewerFormatError,
    NodeBehind,
    StorageError,
    WrongChain,
)
from tests.unit.chain.nodes.nodes import CHAIN_ID, ScriptedNode, make_client, make_network


@pytest.fixture
def node() -> Iterator[ScriptedNode]:
    with ScriptedNode().running() as running:
        yield running


@pytest.fixture
def memory(tmp_path: Path) -> ChainMemory:
    return ChainMemory(tmp_path / "chains.json")


def connect(node: ScriptedNode, memory: ChainMemory, **options: object) -> None:
    with make_client(node, memory=memory, timeout_s=5, **options) as client:
        client.check()


def test_block_2_and_the_latest_are_remembered(node: ScriptedNode, memory: ChainMemory) -> None:
    connect(node, memory)
    seen = memory.get("town")

    assert seen == SeenChain(CHAIN_ID, Anchor(2, node.get_hash(2)), Anchor(100, node.get_hash(100)))
    connect(node, memory)
    node.height = 5_000
    connect(node, memory)
    seen = memory.get("town")
    assert seen is not None
    assert (seen.first.height, seen.latest.height) == (2, 5_000)


def test_another_history_is_a_reset(node: ScriptedNode, memory: ChainMemory) -> None:
    connect(node, memory)
    node.history = "b"
    for height in (2, 50, 100, 1_000):  # block 2 is there to compare
        node.height = height
        with pytest.raises(ChainReset, match="begun anew"):
            connect(node, memory)
    memory.forget("town")
    connect(node, memory)
    assert memory.get("town") is not None


def test_a_chain_without_block_2_yet_is_behind_what_was_seen(
    node: ScriptedNode, memory: ChainMemory
) -> None:
    connect(node, memory)
    node.history, node.height = "b", 1
    with pytest.raises(NodeBehind, match="is at block 1; block 100 was seen"):
        connect(node, memory)


class Pruning(ScriptedNode):
    """Drops its oldest block with every look at its state."""

    def answer(self, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
        told = super().answer(method, parameters)
        self.first_height += method == "status"
        return told


def test_an_oldest_block_that_goes_meanwhile_is_no_failure(memory: ChainMemory) -> None:
    with Pruning(first_height=60).running() as node:
        connect(node, memory)
        seen = memory.get("town")
        assert seen is not None
        assert seen.first == Anchor(100, node.get_hash(100))


def test_a_node_that_has_dropped_the_oldest_is_compared_by_the_newest(
    node: ScriptedNode, memory: ChainMemory
) -> None:
    connect(node, memory)
    node.first_height, node.height = 60, 120
    connect(node, memory)
    node.history = "b"
    with pytest.raises(ChainReset, match="its block 120 is"):
        connect(node, memory)


def test_saving_the_network_forgets(node: ScriptedNode) -> None:
    memory = ChainMemory.open()
    connect(node, memory)
    assert memory.path.stat().st_mode & 0o777 == 0o600
    save_network(make_network(node.endpoint))
    assert memory.get("town") is None
    node.history = "b"
    connect(node, memory)


def test_the_genesis_hash_of_the_network_is_compared(
    node: ScriptedNode, memory: ChainMemory
) -> None:
    connect(node, memory, genesis_hash=node.get_hash(1))
    with pytest.raises(WrongChain, match="whose first block is"):
        connect(node, memory, genesis_hash="0" * 64)
    node.first_height = 10
    connect(node, memory, genesis_hash="0" * 64)  # it cannot tell


def test_a_lie_about_the_height_is_not_remembered(node: ScriptedNode, memory: ChainMemory) -> None:
    node.said_height = 10**6
    with pytest.raises(BadReply, match="does not have it"):
        connect(node, memory)
    assert memory.get("town") is None


def test_two_nodes_with_two_histories(node: ScriptedNode, memory: ChainMemory) -> None:
    with ScriptedNode(history="b").running() as other:
        other.time_ns = node.time_ns
        with make_client(node, other, timeout_s=5) as client:
            assert client.get_latest_header().height == 100
            assert "begun anew" in client.list_health()[1].reason


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"version": 1, "networks": 3}'])
def test_a_damaged_file_is_said_and_does_not_stop_a_bid(
    node: ScriptedNode, memory: ChainMemory, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    memory.path.write_text(text)
    with pytest.raises(StorageError, match="is damaged"):
        memory.get("town")
    connect(node, memory)
    assert "is damaged" in caplog.text
    memory.forget("town")
    assert memory.get("town") is None


def test_a_newer_file_is_left_untouched(memory: ChainMemory) -> None:
    text = json.dumps({"version": 2, "networks": []})
    memory.path.write_text(text)
    with pytest.raises(NewerFormatError, match="has version 2"):
        memory.forget("town")
    assert memory.path.read_text() == text
