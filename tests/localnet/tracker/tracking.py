"""A tracker that follows real chains beside a test, and what it says of packets."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from plurichain.chain.ibc.queries import IbcQueries
from plurichain.chain.nodes.client import ChainClient
from plurichain.harness import LocalChain
from plurichain.ibc.packet_story import StoryClass
from plurichain.relayer.chain_end import RelayChain
from plurichain.tracker.follower import FollowedChain, Follower
from plurichain.tracker.live import LiveSource, find_route
from plurichain.tracker.store import PacketStore
from plurichain.tracker.views import PacketRow, list_packets, opened_view
from tests.localnet.ibc.relaying import wait_until

READ_S = 240.0
"""How long a busy machine may take to read chains from their first block."""
PacketName = tuple[str, str, int]
"""Chain id, channel and sequence at the chain that sent it."""


class Tracked:
    """What a running tracker knows."""

    def __init__(self, store: PacketStore) -> None:
        self.store = store
        self.said: list[str] = []

    def list_rows(self) -> dict[PacketName, PacketRow]:
        """Return every packet by its name."""
        with opened_view(self.store) as chains:
            return {
                (row.chain_id, row.end.channel, row.sequence): row
                for row in list_packets(self.store, chains)
            }

    def has(self, names: Sequence[PacketName], story: StoryClass) -> bool:
        """Whether all of these packets are of one class now."""
        rows = self.list_rows()
        return all(name in rows and rows[name].story is story for name in names)

    def wait_read(self, chains: Iterable[RelayChain]) -> None:
        """Wait until all blocks were read that these chains have by now.

        What a command tells of packets is as of the last block that was read, so that what
        somebody did a moment ago is not yet in it.
        """
        heads = {each.chain_id: each.client.get_latest_header().height for each in chains}

        def list_behind() -> dict[str, int]:
            read = {each.chain_id: each.height for each in self.store.list_cursors()}
            return {name: head for name, head in heads.items() if read.get(name, 0) < head}

        wait_until(lambda: not list_behind(), f"blocks {heads} were read", timeout_s=READ_S)

    def wait_for(self, names: Sequence[PacketName], story: StoryClass) -> list[PacketRow]:
        """Wait until all of these packets are of one class, and return them."""
        rows: dict[PacketName, PacketRow] = {}

        def are_so() -> bool:
            rows.clear()
            rows.update(self.list_rows())
            return all(name in rows and rows[name].story is story for name in names)

        try:
            wait_until(are_so, f"packets are {story.value}", timeout_s=READ_S)
        except AssertionError as error:
            found = {name: rows[name].story.value for name in names if name in rows}
            error.add_note(f"they are: {found}; the tracker said: {self.said}")
            raise
        return [rows[name] for name in names]


@contextlib.contextmanager
def tracking(
    chains: Sequence[LocalChain],
    path: Path | str,
    *,
    after_block: Callable[[str, int], None] | None = None,
    is_late: bool = False,
) -> Iterator[Tracked]:
    """Follow chains from their first block, or from now on, until the end of the test."""
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(ChainClient(chain.network())) for chain in chains]
        tracked = Tracked(stack.enter_context(PacketStore.open(path)))
        followed = [_follow(client, is_late=is_late) for client in clients]
        follower = Follower(
            tracked.store, followed, report=tracked.said.append, after_block=after_block
        )
        thread = threading.Thread(target=follower.run)
        thread.start()
        try:
            yield tracked
        finally:
            follower.stop()
            thread.join(30)
        assert not thread.is_alive(), "the tracker did not end"
        assert not follower.failures, follower.failures


def _follow(client: ChainClient, *, is_late: bool) -> FollowedChain:
    queries, chain_id = IbcQueries(client), client.network.chain_id
    first = client.get_latest_header().height if is_late else None
    return FollowedChain(
        LiveSource(client, first=first), lambda end: find_route(queries, chain_id, end)
    )
