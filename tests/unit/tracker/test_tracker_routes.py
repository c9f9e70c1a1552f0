"""Where channels lead, asked of both chains although only one of them has spoken."""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from plurichain.errors import ServerUnreachable, StorageError
from plurichain.ibc.packet import ProtocolVersion
from plurichain.tracker.auditing.tokens import list_pairs, list_unpaired
from plurichain.tracker.dump import dump_store
from plurichain.tracker.follower import BlockSink, FollowedChain, Follower
from plurichain.tracker.live import LiveSource
from plurichain.tracker.reading import End
from plurichain.tracker.recorded import load_recordings, replay
from plurichain.tracker.recording import Recording
from plurichain.tracker.routing import RouteSeeker
from plurichain.tracker.store import PacketStore, Route
from tests.unit.tracker.grids import (
    HERE,
    THERE,
    A,
    B,
    add_routes,
    event,
    packet,
    renamed,
    rows,
    run,
    signed,
)
from tests.unit.tracker.test_tracker_live import DEADLINE_S, Node

ROUTES = {(A, HERE): Route(A, HERE, B, THERE), (B, THERE): Route(B, THERE, A, HERE)}
SENT = signed(event("send_packet", packet()))
ODD = End(ProtocolVersion.CLASSIC, "transfer", "channel-3")
C = "grid-3"


class Answers:
    """What chains say of their ends, and what they were asked."""

    def __init__(self, routes: dict[tuple[str, End], Route]) -> None:
        self.routes = routes
        self.asked: list[tuple[str, End]] = []

    def ask(self, chain_id: str) -> Callable[[End], Route | None]:
        def find_route(end: End) -> Route | None:
            self.asked.append((chain_id, end))
            return self.routes.get((chain_id, end))

        return find_route


@pytest.fixture
def store(tmp_path: Path) -> Iterator[PacketStore]:
    with PacketStore.open(tmp_path / "packets.db") as opened:
        yield opened


@pytest.fixture
def any_store(store_place: str) -> Iterator[PacketStore]:
    with PacketStore.open(store_place) as opened:
        yield opened


@contextlib.contextmanager
def following(
    sink: BlockSink, nodes: list[Node], answers: Answers, **until: int
) -> Iterator[Follower]:
    """Follow until the block ends, or a chain's ``until``: it is given by "a" and "b"."""
    chains = [
        FollowedChain(
            LiveSource(node),
            answers.ask(node.network.chain_id),
            until.get("a" if node.network.chain_id == A else "b"),
        )
        for node in nodes
    ]
    follower = Follower(sink, chains, report=lambda _text: None)
    thread = threading.Thread(target=follower.run)
    thread.start()
    try:
        yield follower
        if len(until) == len(nodes):
            thread.join(DEADLINE_S)
    finally:
        follower.stop()
        thread.join(DEADLINE_S)
    assert not thread.is_alive()


def wait_for(condition: Callable[[], object], what: str) -> None:
    over = threading.Event()
    for _ in range(int(DEADLINE_S / 0.02)):
        if condition():
            return
        over.wait(0.02)
    raise AssertionError(f"after {DEADLINE_S:.0f} s still not: {what}")


def list_routes(store: PacketStore) -> list[tuple[Any, ...]]:
    return store.query(
        "SELECT chain_id, channel, peer_chain_id, peer_channel FROM route ORDER BY 1"
    )


BOTH = [(A, "channel-0", B, "channel-7"), (B, "channel-7", A, "channel-0")]


# --- one side only has spoken ---------------------------------------------------------------------


def test_the_other_end_of_a_channel_is_asked_for_too(any_store: PacketStore) -> None:
    """No block of the other chain tells of it; it is known all the same, with its packets."""
    with following(any_store, [Node(A, 9, {3: SENT}), Node(B, 9)], Answers(ROUTES), a=9, b=9):
        pass
    assert list_routes(any_store) == BOTH
    assert [row.story for row in rows(any_store)] == ["unreceived"]
    assert [(pair.a.chain_id, pair.b.chain_id) for pair in list_pairs(any_store)] == [(A, B)]
    assert list_unpaired(any_store) == []


def test_it_is_asked_for_while_its_chain_has_no_new_block(store: PacketStore) -> None:
    with following(store, [Node(A, 9, {3: SENT}), Node(B, 1)], Answers(ROUTES)):
        wait_for(lambda: len(list_routes(store)) == 2, "both routes are known")


@pytest.mark.parametrize("ends", [{"a": 9, "b": 9}, {"b": 9}])
def test_it_is_asked_for_where_its_chain_was_read_to_the_end_before(
    store: PacketStore, ends: dict[str, int]
) -> None:
    """The chain that speaks is read long after the other one, which nobody reads on."""
    node = Node(A, 0, {3: SENT})
    with following(store, [node, Node(B, 9)], Answers(ROUTES), **ends):
        wait_for(lambda: store.get_cursor(B) and store.get_cursor(B).height == 9, "B is over")  # type: ignore[union-attr]
        node.newest = 9
        wait_for(lambda: len(list_routes(store)) == 2, "both routes are known")
    assert list_routes(store) == BOTH


def test_a_way_back_through_a_third_end_is_followed_to_its_end(store: PacketStore) -> None:
    """A look-alike names an end that is another's: what is true of both is kept, no pair made."""
    fake = Route(A, ODD, B, THERE)
    sent = signed(event("send_packet", renamed(packet(), ODD.channel)))
    answers = Answers({**ROUTES, (A, ODD): fake})
    with following(store, [Node(A, 9, {3: sent}), Node(B, 9)], answers, a=9, b=9):
        pass
    assert {*list_routes(store)} == {*BOTH, (A, "channel-3", B, "channel-7")}
    [only] = list_pairs(store)
    assert (only.a.channel, only.b.channel) == ("channel-0", "channel-7")
    [found] = list_unpaired(store)
    assert (found.side.channel, found.reason) == (
        "channel-3",
        "it leads to grid-2 transfer/channel-7, which leads to grid-1 transfer/channel-0",
    )
    assert [row.story for row in rows(store)] == ["unknown"]


def test_a_chain_that_nobody_follows_is_not_asked(store: PacketStore) -> None:
    answers = Answers({(A, HERE): Route(A, HERE, C, THERE)})
    with following(store, [Node(A, 9, {3: SENT}), Node(B, 9)], answers, a=9, b=9):
        pass
    assert answers.asked == [(A, HERE)]
    assert [each.reason for each in list_unpaired(store)] == [
        "it leads to grid-3 transfer/channel-7, and no block of grid-3 was read"
    ]


# --- killed, recorded, replayed -------------------------------------------------------------------


def test_killed_between_the_two_it_goes_on_with_the_second(tmp_path: Path) -> None:
    dumps = []
    for name in ("calm", "killed"):
        with PacketStore.open(tmp_path / f"{name}.db") as store:
            if name == "killed":
                run(store, A, 9, {3: SENT})
                run(store, B, 9, {})
                store.add_route(ROUTES[A, HERE])
            nodes = [Node(A, 9, {3: SENT}, history=""), Node(B, 9, history="")]
            for node in nodes:
                node.hash = lambda height: ""  # type: ignore[method-assign]
            with following(store, nodes, Answers(ROUTES), a=9, b=9) as follower:
                pass
            assert follower.failures == {}
            dumps.append(list(dump_store(store)))
    assert dumps[0] == dumps[1]
    assert sum('"table":"route"' in line for line in dumps[0]) == 2


def test_what_was_recorded_replays_to_the_same(tmp_path: Path) -> None:
    """Begun again too: what was named by the file of one chain is asked for of the other."""
    nodes = [Node(A, 9, {3: SENT}), Node(B, 9)]
    answers = Answers({(A, HERE): ROUTES[A, HERE]})
    with PacketStore.open(tmp_path / "live.db") as live:
        with following(live, nodes, Answers(ROUTES), a=9, b=9):
            pass
        known = list(dump_store(live))
    for _ in range(2):
        with (
            Recording.open(tmp_path / "blocks", [A, B], is_packed=False) as recording,
            following(recording, nodes, answers, a=9, b=9) as follower,
        ):
            pass
        assert follower.failures == {}
        answers.routes = ROUTES
    files = sorted((tmp_path / "blocks").glob("*.ndjson"))
    with PacketStore.open(tmp_path / "replayed.db") as store:
        replay(store, load_recordings(files))
        assert list(dump_store(store)) == known
    assert sum('"table":"route"' in line for line in known) == 2


# --- how often ------------------------------------------------------------------------------------


def ask_each_second(store: PacketStore, find_route: Callable[[End], Route | None]) -> Iterator[int]:
    """Ask chain B for its routes once a second, as if with every block; gives the second."""
    now_s = 0
    seeker = RouteSeeker(store, clock=lambda: float(now_s))
    for now_s in itertools.count():
        yield now_s
        seeker.seek(B, find_route)


def test_an_end_that_nobody_can_place_is_asked_about_seldom(store: PacketStore) -> None:
    """After rests of 5, 10, 20, … seconds, and then every five minutes: named, or told."""
    store.add_route(ROUTES[A, HERE])
    for told in (False, True):
        if told:
            run(store, B, 2, {1: signed(event("recv_packet", packet()))})
        answers, asked = Answers({}), list[int]()
        for now_s in itertools.islice(ask_each_second(store, answers.ask(B)), 1_300):
            asked += [now_s - 1] * (len(answers.asked) - len(asked))
        assert asked == [0, 5, 15, 35, 75, 155, 315, 615, 915, 1_215]
        assert {*answers.asked} == {(B, THERE)}


def test_an_end_that_a_block_tells_of_is_asked_for_again_at_once(store: PacketStore) -> None:
    """As a client of IBC v2 of which the other chain knew long before it was told of it."""
    store.add_route(ROUTES[A, HERE])
    answers = Answers({})
    for now_s in itertools.islice(ask_each_second(store, answers.ask(B)), 400):
        if now_s == 320:
            run(store, B, 2, {1: signed(event("recv_packet", packet()))})
            answers.routes = ROUTES
        if now_s == 321:
            assert list_routes(store) == BOTH
    assert len(answers.asked) == 8


def test_blocks_in_great_numbers_are_not_each_held_up_by_it(store: PacketStore) -> None:
    """Which ends others name is looked up once a second, however many blocks that are."""
    looks, list_named = [], store.list_named

    def count(chain_id: str) -> list[End]:
        looks.append(chain_id)
        return list_named(chain_id)

    store.list_named = count  # type: ignore[method-assign]
    chain = FollowedChain(LiveSource(Node(A, 300)), Answers({}).ask(A), 300)
    Follower(store, [chain], report=lambda _text: None, clock=lambda: 7.0).run()
    assert store.query("SELECT height FROM chain") == [(300,)]
    assert looks == [A] * 2  # the second when all was read


def test_a_server_that_is_away_for_a_while_ends_nothing(store: PacketStore) -> None:
    """Also not of a chain whose blocks were all read, and which is only asked for its routes."""
    node, failing = Node(A, 0, {3: SENT}), 1
    list_named = store.list_named

    def list_or_fail(chain_id: str) -> list[End]:
        nonlocal failing
        if chain_id == B and store.get_cursor(A) and failing:
            failing -= 1
            raise ServerUnreachable("away")
        return list_named(chain_id)

    store.list_named = list_or_fail  # type: ignore[method-assign]
    with following(store, [node, Node(B, 9)], Answers(ROUTES), b=9) as follower:
        wait_for(lambda: store.get_cursor(B) and store.get_cursor(B).height == 9, "B is over")  # type: ignore[union-attr]
        node.newest = 9
        wait_for(lambda: len(list_routes(store)) == 2, "both routes are known")
    assert (follower.failures, failing) == ({}, 0)


def test_routes_that_cannot_be_kept_in_the_end_are_a_failure(store: PacketStore) -> None:
    answers, last = Answers({}), Answers(ROUTES)

    def refuse(route: Route) -> None:
        raise StorageError(f"no room for {route.chain_id}")

    store.add_route = refuse  # type: ignore[method-assign]
    with following(store, [Node(A, 9, {3: SENT})], answers, a=9) as follower:
        wait_for(lambda: len(answers.asked) > 0, "it was asked")
        answers.routes = last.routes
    assert [str(error) for error in follower.failures.values()] == ["no room for grid-1"]


def test_what_is_said_of_ends_that_have_no_pair(any_store: PacketStore) -> None:
    run(any_store, A, 9, {3: SENT})
    told = []
    for route in (None, Route(A, HERE, B, THERE)):
        if route is not None:
            any_store.add_route(route)
        told.append(list_unpaired(any_store)[0].reason)
    run(any_store, B, 9, {})
    told.append(list_unpaired(any_store)[0].reason)
    assert told == [
        "grid-1 has not said where it leads",
        "it leads to grid-2 transfer/channel-7, and no block of grid-2 was read",
        "it leads to grid-2 transfer/channel-7, and grid-2 has not said where that leads",
    ]
    add_routes(any_store)
    assert list_unpaired(any_store) == []
    run_odd = signed(event("send_packet", replace(packet(), source_channel="channel-3")))
    run(any_store, C, 3, {2: run_odd})
    any_store.add_route(Route(C, ODD, C, HERE))
    assert [each.reason for each in list_unpaired(any_store)] == [
        "it leads to grid-3 transfer/channel-0, on the same chain"
    ]
