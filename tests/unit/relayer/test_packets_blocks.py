"""Reading every block once, whatever the node does meanwhile."""

from __future__ import annotations

import threading
from typing import Any

from plurichain.chain.transactions.signing import compute_tx_hash
from plurichain.chain.types import Block, BlockResults, Event, Header, NodeStatus, TxResult
from plurichain.errors import HeightPruned, NodeError, NodeTimeout, NotFound, WrongChain
from plurichain.relayer.blocks import BlockNews, BlockReader

DEADLINE_S = 10.0


class Chain:
    """A chain at ``newest``; ``troubles`` are raised in turn where a block is asked for."""

    def __init__(self, newest: int, *troubles: Exception, first: int = 1) -> None:
        self.newest, self.first = newest, first
        self.troubles = list(troubles)
        self.network = type("Network", (), {"chain_id": "grid-1"})()
        self.rpc = self
        self.begun = 3

    def get_latest_header(self) -> Header:
        return Header(self.begun, 30, "grid-1")

    def wait_for_block(self, height: int, **_options: Any) -> bool:
        return height <= self.newest

    def get_status(self) -> NodeStatus:
        return NodeStatus("grid-1", self.newest, 0, False, "", "", first_height=self.first)

    def get_block(self, height: int) -> Block:
        if self.troubles:
            raise self.troubles.pop(0)
        if height < self.first:
            raise HeightPruned("gone")
        return Block(Header(height, height * 10, "grid-1"), (b"tx-%d" % height, b"bad"), b"")

    def get_block_results(self, height: int) -> BlockResults:
        closed = Event(
            "channel_close",
            (("port_id", "transfer"), ("channel_id", f"channel-{height}")),
        )
        results = (
            TxResult(0, "", "", 0, 0, (closed,)),
            # A failed transaction changes nothing, whatever events it shows.
            TxResult(5, "sdk", "", 0, 0, (closed,)),
        )
        return BlockResults(height, results, (closed,))


class Watcher:
    """Notes what it is told."""

    def __init__(self, ours: set[str]) -> None:
        self.ours = ours
        self.settled: list[int] = []

    def find_ours(self, tx_hashes: list[str]) -> set[str]:
        return self.ours & set(tx_hashes)

    def settle(self, height: int, *_rest: Any) -> None:
        self.settled.append(height)


def read(chain: Chain, until: int) -> tuple[list[BlockNews], Watcher, list[Any], BlockReader]:
    """Read until the block ``until`` was handed over, or the reader ended."""
    news: list[BlockNews] = []
    troubles: list[Any] = []
    over = threading.Event()
    watcher = Watcher({compute_tx_hash(b"tx-4")})

    def listen(each: BlockNews) -> None:
        news.append(each)
        if each.height >= until:
            over.set()

    def end(error: Exception) -> None:
        troubles.append(error)
        over.set()

    reader = BlockReader(chain, watcher, on_trouble=troubles.append, on_fatal=end)  # type: ignore[arg-type]
    reader.listen(listen)
    reader.start()
    assert over.wait(DEADLINE_S), f"block {until} was not read"
    reader.stop()
    reader.join(DEADLINE_S)
    return news, watcher, troubles, reader


def test_each_block_once_and_in_order_past_all_troubles() -> None:
    chain = Chain(9, NodeTimeout("late"), NotFound("not yet"), NodeError("refused"))
    news, watcher, troubles, _ = read(chain, 9)

    assert [each.height for each in news] == [4, 5, 6, 7, 8, 9]
    assert [each.time_ns for each in news] == [40, 50, 60, 70, 80, 90]
    assert watcher.settled[:5] == [4, 5, 6, 7, 8]
    # Told once when it begins, and once when it is over.
    assert [type(each) for each in troubles] == [NodeTimeout, type(None)]


def test_events_say_whose_transaction_they_are_of() -> None:
    news, *_ = read(Chain(5), 5)
    (first, second) = news
    # The block's own, then the transaction's; the failed one's are left out.
    assert [seen.is_ours for seen in first.events] == [False, True]
    assert [seen.is_ours for seen in second.events] == [False, False]


def test_blocks_that_are_gone_are_skipped_and_remembered() -> None:
    chain = Chain(20, first=15)
    news, _, _, reader = read(chain, 16)
    assert news[0].height == 15
    assert reader.skipped == [(4, 14)]


def test_a_node_that_fails_when_asked_what_is_gone_ends_nothing() -> None:
    class Failing(Chain):
        def get_status(self) -> NodeStatus:
            if self.first == 15:
                self.first = 14
                raise NodeTimeout("late")
            return super().get_status()

    news, _, troubles, reader = read(Failing(20, first=15), 16)
    assert [each.height for each in news[:2]] == [14, 15]
    assert reader.skipped == [(4, 13)]
    assert [type(each) for each in troubles] == [NodeTimeout, type(None)]


def test_another_chain_ends_the_reader() -> None:
    *_, troubles, _ = read(Chain(9, WrongChain("other-1")), 9)
    assert isinstance(troubles[-1], WrongChain)
