"""Alarms on two real chains: by the very block that makes a packet overdue, and not by a lag."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from plurichain.chain.ibc.queries import IbcQueries
from plurichain.chain.nodes.client import ChainClient
from plurichain.harness import LocalChains
from plurichain.ibc.overdue import Thresholds
from plurichain.ibc.packet_story import StoryClass
from plurichain.relayer.chain_end import RelayChain
from plurichain.relayer.link import Link, LinkPlan, link_chains
from plurichain.tracker.blocks import Missing, TrackedBlock
from plurichain.tracker.follower import FollowedChain, Follower
from plurichain.tracker.live import LiveSource, find_route
from plurichain.tracker.monitoring.alarms.board import AlarmBoard
from plurichain.tracker.observations import Alarm, Observations
from plurichain.tracker.store import PacketStore
from plurichain.tracker.views import list_packets, opened_view
from tests.localnet.ibc.relaying import make_keys, relaying, send, wait_settled, wait_until

SECOND_NS = 10**9
LEAST_LIMIT_NS = 2 * SECOND_NS


class LaggingSource:
    """The blocks of a chain from a node that lags while ``is_lagging``: it has no newer ones."""

    def __init__(self, source: LiveSource) -> None:
        self._source = source
        self.is_lagging = threading.Event()

    @property
    def chain_id(self) -> str:
        return self._source.chain_id

    def read_after(self, height: int | None) -> TrackedBlock | Missing | None:
        if self.is_lagging.wait(0.05 if self.is_lagging.is_set() else 0):
            self.is_lagging.wait(0.05)
            return None
        return self._source.read_after(height)


@dataclass
class Watched:
    """A tracker with its alarms; ``first_seen`` is the block after which a row stood first."""

    store: PacketStore
    sources: dict[str, LaggingSource]
    said: list[str]
    first_seen: dict[str, tuple[str, int]]

    @property
    def alarms(self) -> list[Alarm]:
        return Observations(self.store).list_alarms()

    def get_story(self, chain_id: str, channel: str, sequence: int) -> StoryClass | None:
        with opened_view(self.store) as chains:
            for row in list_packets(self.store, chains):
                if (row.chain_id, row.end.channel, row.sequence) == (chain_id, channel, sequence):
                    return row.story
        return None


@contextlib.contextmanager
def watching(
    chains: LocalChains, place: str, first: dict[str, int], lagging: str, limit_ns: int
) -> Iterator[Watched]:
    """Track both chains from these blocks on, with a board of alarms; one's node lags already."""
    with contextlib.ExitStack() as stack:
        store = stack.enter_context(PacketStore.open(place))
        said: list[str] = []
        limits = Thresholds(receive_ns=limit_ns, acknowledge_ns=600 * SECOND_NS)
        board = AlarmBoard(store, limits, report=said.append)
        seen: dict[str, tuple[str, int]] = {}
        sources, followed = {}, []
        for chain in chains.values():
            client = stack.enter_context(ChainClient(chain.network()))
            source = LaggingSource(LiveSource(client, first=first[chain.chain_id]))
            queries = IbcQueries(client)
            sources[chain.chain_id] = source
            if chain.chain_id == lagging:
                source.is_lagging.set()
            followed.append(
                FollowedChain(
                    source,
                    lambda end, queries=queries, chain_id=chain.chain_id: find_route(  # type: ignore[misc]
                        queries, chain_id, end
                    ),
                )
            )

        def after_block(chain_id: str, height: int) -> None:
            board.take_in(chain_id, height)
            for alarm in Observations(store).list_alarms():
                seen.setdefault(alarm.kind, (chain_id, height))

        follower = Follower(store, followed, report=said.append, after_block=after_block)
        thread = threading.Thread(target=follower.run)
        thread.start()
        try:
            yield Watched(store, sources, said, seen)
        except AssertionError as error:
            error.add_note(f"the tracker said {said}, failed with {follower.failures}")
            raise
        finally:
            follower.stop()
            thread.join(30)
        assert not thread.is_alive(), "the tracker did not end"
        assert not follower.failures


def open_channel(a: RelayChain, b: RelayChain) -> tuple[Link, dict[str, int]]:
    """Open a channel of the test's own; also returns the blocks before it."""
    first = {chain.chain_id: chain.client.get_latest_header().height for chain in (a, b)}
    return link_chains(a, b, LinkPlan(is_new_channel=True)), first


def find_first_block(chain: RelayChain, near: int, time_ns: int) -> int:
    """Return the height of the first block that is not before a time."""
    height = near
    while chain.client.get_block(height).header.time_ns >= time_ns:
        height -= 1
    while chain.client.get_block(height).header.time_ns < time_ns:
        height += 1
    return height


def test_alarms_follow_the_blocks_and_not_a_lag(linked_chains: LocalChains, tmp_path: Path) -> None:
    with linked_chains.open_relay_chain("a") as a, linked_chains.open_relay_chain("b") as b:
        link, first = open_channel(a, b)
        channel = link.a.channel_id
        sent = send(a, channel, str(b.address), [7])
        with relaying([a, b], make_keys(linked_chains), link):
            wait_settled((a, channel))
        # In time is whatever time this machine took.
        took_ns = b.client.get_latest_header().time_ns - a.client.get_block(sent).header.time_ns
        limit_ns = max(LEAST_LIMIT_NS, took_ns + SECOND_NS)
        place = str(tmp_path / "packets.db")
        with watching(linked_chains, place, first, b.chain_id, limit_ns) as watched:
            # It was received in time, and the node that would tell of it lags.
            wait_until(
                lambda: watched.get_story(a.chain_id, channel, 1) is StoryClass.ANSWER_UNREAD,
                "its acknowledgement is read on the source",
            )
            unseen = send(a, channel, str(b.address), [8])
            due_ns = a.client.get_block(unseen).header.time_ns + limit_ns
            wait_until(
                lambda: a.client.get_latest_header().time_ns > due_ns,
                "the second packet is overdue on chains that nobody reads",
            )
            assert watched.alarms == []
            watched.sources[b.chain_id].is_lagging.clear()

            wait_until(lambda: bool(watched.alarms), "the second packet is reported")

            (alarm,) = watched.alarms
            assert (alarm.chain_id, alarm.kind) == (a.chain_id, "stuck-receive")
            assert alarm.subject == f"transfer/{channel}"
            assert alarm.since_ns == due_ns
            assert f"packet 2 to {b.chain_id}" in alarm.text

            # A third becomes overdue once the second is carried: by which block, exactly?
            with relaying([a, b], make_keys(linked_chains), link):
                wait_until(lambda: not watched.alarms, "the alarm is over")
            watched.first_seen.clear()
            sent = send(a, channel, str(b.address), [9])
            due_ns = a.client.get_block(sent).header.time_ns + limit_ns
            wait_until(lambda: bool(watched.alarms), "the third packet is reported")
            seen = watched.first_seen["stuck-receive"]
            assert seen == (b.chain_id, find_first_block(b, seen[1], due_ns))
            with relaying([a, b], make_keys(linked_chains), link):
                wait_until(lambda: not watched.alarms, "the alarm is over")
        kinds = [line.partition(":")[0] for line in watched.said]
        assert kinds == ["alarm", "over", "alarm", "over"]
