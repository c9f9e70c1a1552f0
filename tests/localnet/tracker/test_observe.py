"""Two real chains observed beside their blocks: state, proofs, and nodes that fail on purpose."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from plurichain.chain.ibc.queries import IbcQueries
from plurichain.chain.nodes.client import ChainClient
from plurichain.chain.nodes.retrying import RetryPolicy
from plurichain.errors import WrongChain
from plurichain.harness import FaultyNetwork, LocalChains
from plurichain.harness import fault_proxy_faults as faults
from plurichain.ibc.packet_story import StoryClass
from plurichain.tracker.blocks import TrackedBlock
from plurichain.tracker.follower import FollowedChain, Follower
from plurichain.tracker.live import LiveSource, find_route
from plurichain.tracker.observations import (
    ChannelState,
    ClientObservation,
    Contact,
    Observations,
    StateCheck,
    Wallet,
)
from plurichain.tracker.observing import channel_states, clients, observer, wallets
from plurichain.tracker.observing.contacts import ContactBook
from plurichain.tracker.observing.observer import Observer, ObserverSettings
from plurichain.tracker.observing.watched import WatchedChain, WatchedWallet
from plurichain.tracker.store import PacketStore
from plurichain.tracker.views import list_packets, opened_view
from tests.localnet.ibc.relaying import (
    make_keys,
    relaying,
    send,
    wait_settled,
)
from tests.localnet.ibc.relaying import wait_until as wait_at_most
from tests.localnet.tracker.tracking import READ_S

wait_until = functools.partial(wait_at_most, timeout_s=READ_S)
CALL_S = 1.0
AHEAD = 40
"""How many blocks more than the one that lags a node has."""
SETTINGS = ObserverSettings(head_s=0.1, state_s=0.2, checks_s=0.1, total_s=3.0)


@dataclass
class Observed:
    """A tracker and an observer of both chains, each behind a proxy of its own."""

    chains: LocalChains
    networks: dict[str, FaultyNetwork]
    store: PacketStore
    follower: Follower
    said: list[str] = field(default_factory=list)

    @property
    def observations(self) -> Observations:
        return Observations(self.store)

    def get_contact(self, name: str) -> Contact:
        chain_id = self.chains[name].chain_id
        found = [each for each in self.observations.list_contacts() if each.chain_id == chain_id]
        return found[0] if found else Contact(chain_id, name, asked_ns=0)

    def get_channel(self, name: str) -> ChannelState | None:
        link = self.chains.links[0]
        end = link.a if name == "a" else link.b
        return next(
            (
                each
                for each in self.observations.list_channel_states()
                if (each.chain_id, each.channel) == (end.chain_id, end.channel_id)
            ),
            None,
        )

    def list_checks(self, what: str) -> list[StateCheck]:
        return [each for each in self.observations.list_state_checks() if each.what == what]

    def get_height(self, name: str) -> int:
        cursor = self.store.get_cursor(self.chains[name].chain_id)
        return 0 if cursor is None else cursor.height


@pytest.fixture
def start(linked_chains: LocalChains, tmp_path: Path) -> Iterator[Callable[..., Observed]]:
    """Give a function that begins to track and to observe: from given blocks or from now on."""
    with contextlib.ExitStack() as stack:
        yield lambda first: stack.enter_context(observing(linked_chains, tmp_path, first))


@contextlib.contextmanager
def observing(chains: LocalChains, folder: Path, first: dict[str, int]) -> Iterator[Observed]:
    with contextlib.ExitStack() as stack:
        networks = {
            name: stack.enter_context(FaultyNetwork(chain.network(name)))
            for name, chain in chains.items()
        }
        store = stack.enter_context(PacketStore.open(folder / "packets.db"))
        said: list[str] = []
        contacts = ContactBook(
            Observations(store), {chain.chain_id: name for name, chain in chains.items()}
        )
        followed, watched = [], []
        for name, chain in chains.items():
            reading, asking = (
                stack.enter_context(ChainClient(networks[name].network, timeout_s=CALL_S))
                for _ in range(2)
            )
            queries = IbcQueries(reading)
            followed.append(
                FollowedChain(
                    LiveSource(reading, first=first.get(name, chain.nodes[0].get_height())),
                    lambda end, queries=queries, chain_id=chain.chain_id: find_route(  # type: ignore[misc]
                        queries, chain_id, end
                    ),
                )
            )
            wallet = WatchedWallet("relayer", chain.get_account("relayer").address, "upluri", 5)
            watched.append(WatchedChain(asking, store, said.append, (wallet,)))
        policy = RetryPolicy(first_s=0.1, longest_s=0.5)
        follower = Follower(store, followed, report=said.append, contacts=contacts, policy=policy)
        thread = threading.Thread(target=follower.run)
        with Observer(watched, contacts, SETTINGS):
            thread.start()
            try:
                yield Observed(chains, networks, store, follower, said)
            finally:
                for network in networks.values():
                    network.clear()
                follower.stop()
                thread.join(30)
        assert not thread.is_alive(), "the tracker did not end"


def test_state_is_counted_compared_and_proven(
    linked_chains: LocalChains, start: Callable[..., Observed]
) -> None:
    link = linked_chains.links[0]
    with linked_chains.open_relay_chain("a") as a, linked_chains.open_relay_chain("b") as b:
        send(a, link.a.channel_id, str(b.address), [1, 2])
        waiting = a.queries.list_packet_commitments("transfer", link.a.channel_id)
        # Tracking begins behind these: no list has them, and they are counted all the same.
        first = a.client.get_latest_header().height + 1
        observed = start({"a": first})
        height = send(a, link.a.channel_id, str(b.address), [3, 4, 5])

        def is_counted() -> bool:
            found = observed.get_channel("a")
            return found is not None and found.commitments == len(waiting) + 3

        wait_until(is_counted, "the channel's commitments are counted")
        channel = observed.get_channel("a")
        assert channel is not None
        assert (channel.unread, channel.state) == (len(waiting), "open")
        assert channel.peer_chain_id == b.chain_id
        wait_until(
            lambda: [each.is_proven for each in observed.list_checks("sent")] == [True] * 3,
            "all commitments are proven",
        )
        checks = observed.list_checks("sent")
        assert {(each.verdict, each.height) for each in checks} == {("same", height)}

        def is_answered() -> bool:
            # A busy machine may have made a call run into its deadline a moment ago.
            found = observed.observations
            asked: list[Contact | Wallet | ClientObservation] = [
                *found.list_contacts(),
                *found.list_wallets(),
                *found.list_clients(),
            ]
            return len(asked) >= 6 and all(
                each.error is None and each.answered_ns is not None for each in asked
            )

        def are_current() -> bool:
            """Whether head and balances are of after the packets; what took long rests."""
            heads = [(observed.get_contact(name).head_height or 0) for name in "ab"]
            amounts = {each.chain_id: each.amount for each in observed.observations.list_wallets()}
            return (
                is_answered()
                and heads[0] >= height
                and heads[1] >= 1
                and all(
                    amounts[each.chain_id] == each.client.get_balances(each.address)["upluri"]
                    for each in (a, b)
                )
            )

        wait_until(are_current, "everything was answered since")
        for name, chain in (("a", a), ("b", b)):
            contact = observed.get_contact(name)
            assert contact.is_catching_up is False
            (wallet,) = (
                each
                for each in observed.observations.list_wallets()
                if each.chain_id == chain.chain_id
            )
            assert (wallet.denom, wallet.least) == ("upluri", 5)
        clients = {
            each.client_id: each
            for each in observed.observations.list_clients()
            if each.chain_id == a.chain_id
        }
        found = clients[link.a.client_id]
        assert (found.status, found.peer_chain_id) == ("Active", b.chain_id)
        assert found.expires_ns == (found.latest_time_ns or 0) + (found.trusting_period_ns or 0)
        with relaying([a, b], make_keys(linked_chains), link):
            wait_settled((a, link.a.channel_id), timeout_s=READ_S)
        # Received, acknowledged and settled meanwhile: at no height was anything else in state.
        wait_until(
            lambda: (
                (found := observed.get_channel("a")) is not None
                and (found.commitments, found.unread) == (0, 0)
            ),
            "nothing is under way any more",
        )
        assert observed.list_checks("open") + observed.list_checks("received") == []
        assert [text for text in observed.said if "packet" in text] == []


def test_what_blocks_told_wrongly_is_found_and_not_mended(
    linked_chains: LocalChains, start: Callable[..., Observed]
) -> None:
    """A database that says what no chain does: every half of it is contradicted by state."""
    link = linked_chains.links[0]
    with linked_chains.open_relay_chain("a") as a, linked_chains.open_relay_chain("b") as b:
        observed = start({})
        height = send(a, link.a.channel_id, str(b.address), [1])

        def is_read() -> bool:
            return min(observed.get_height("a"), observed.get_height("b")) > height + 2

        wait_until(is_read, "both chains are read")
        sequence = max(a.queries.list_packet_commitments("transfer", link.a.channel_id))
        name = f"{sequence:020d}"
        with observed.store.writing() as database:
            database.execute("UPDATE sent SET commitment = ? WHERE sequence = ?", ("00" * 32, name))
            database.execute("DELETE FROM state_check")
            database.execute(
                "INSERT INTO received (chain_id, protocol, port, channel, sequence, peer_port,"
                " peer_channel, state, commitment, received_height)"
                " VALUES (?, 'classic', ?, ?, ?, ?, ?, 'received', '', ?)",
                (link.b.chain_id, link.b.port, link.b.channel_id, name, link.a.port,
                 link.a.channel_id, height),
            )  # fmt: skip
        wait_until(
            lambda: bool(observed.list_checks("received")), "the receipt that is not there is found"
        )
        assert [(each.sequence, each.verdict) for each in observed.list_checks("received")] == [
            (sequence, "different")
        ]
        with opened_view(observed.store) as views:
            rows = {row.sequence: row.story for row in list_packets(observed.store, views)}
        assert rows[sequence] is not StoryClass.UNRECEIVED  # what blocks told stays as it was
        assert any("received as blocks tell" in text for text in observed.said)
        with observed.store.writing() as database:
            database.execute("DELETE FROM received WHERE sequence = ?", (name,))
        wait_until(lambda: not observed.list_checks("received"), "both agree again")
        with relaying([a, b], make_keys(linked_chains), link):
            wait_settled((a, link.a.channel_id), timeout_s=READ_S)


def test_a_recomputed_commitment_that_differs_is_proven_to(
    linked_chains: LocalChains, tmp_path: Path
) -> None:
    link = linked_chains.links[0]
    with linked_chains.open_relay_chain("a") as a, linked_chains.open_relay_chain("b") as b:
        first = a.client.get_latest_header().height + 1
        height = send(a, link.a.channel_id, str(b.address), [1])
        with PacketStore.open(tmp_path / "packets.db") as store:
            source = LiveSource(a.client, first=first)
            at: int | None = None
            while at is None or at <= height:
                news = source.read_after(at)
                if news is not None:
                    assert isinstance(news, TrackedBlock)
                    store.take_in(news)
                    at = news.height
            with store.writing() as database:
                database.execute("UPDATE sent SET commitment = ?", ("00" * 32,))
        with observing(linked_chains, tmp_path, {}) as observed:
            wait_until(lambda: bool(observed.list_checks("sent")), "it is compared")
            wait_until(lambda: observed.list_checks("sent")[0].is_proven, "it is proven")
            check = observed.list_checks("sent")[0]
            assert check.verdict == "different"
            assert any("another one" in text for text in observed.said)
        with relaying([a, b], make_keys(linked_chains), link):
            wait_settled((a, link.a.channel_id), timeout_s=READ_S)


# --- nodes that fail ------------------------------------------------------------------------------


def wait_read(observed: Observed, *names: str) -> None:
    """Wait until all is asked and read once."""
    wait_until(
        lambda: all(
            observed.get_height(name) > 1
            and observed.get_contact(name).head_height is not None
            and (found := observed.get_channel(name)) is not None
            and found.answered_ns is not None
            for name in names
        ),
        "everything was asked once",
    )


def test_a_chain_that_hangs_ages_its_own_rows_alone(
    linked_chains: LocalChains,
    start: Callable[..., Observed],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # What was being asked when the chain began to hang is given up sooner, and asked anew sooner.
    for module in (channel_states, clients, wallets):
        monkeypatch.setattr(module, "QUESTION_S", CALL_S)
    monkeypatch.setattr(observer, "REST_SHARE", 0.2)
    observed = start({})
    wait_read(observed, "a", "b")
    before = observed.get_channel("b")
    assert before is not None
    observed.networks["b"].cut(is_silent=True)
    wait_until(
        lambda: (
            observed.get_contact("b").error is not None
            and (found := observed.get_channel("b")) is not None
            and found.error is not None
        ),
        "the chain that hangs is told as such",
    )
    seen = observed.get_height("a"), observed.get_contact("a").answered_ns or 0
    stale = observed.get_channel("b")
    assert stale is not None
    # Nothing of it is zero or unknown that was known.
    assert (stale.commitments, stale.state) == (before.commitments, before.state)
    assert (stale.answered_ns or 0) < stale.asked_ns
    head = observed.get_contact("b").head_height
    assert head is not None
    wait_until(
        lambda: (
            observed.get_height("a") > seen[0] + 20
            and (observed.get_contact("a").answered_ns or 0) > seen[1]
            and (found := observed.get_channel("a")) is not None
            and (found.answered_ns or 0) > seen[1]
            and observed.get_contact("a").error is None
        ),
        "the other chain goes on",
    )
    assert observed.get_contact("b").head_height == head
    observed.networks["b"].heal()
    wait_until(
        lambda: (
            observed.get_contact("b").error is None
            and (found := observed.get_channel("b")) is not None
            and found.error is None
            and (observed.get_contact("b").head_height or 0) > head
        ),
        "it answers again",
    )


def change_sync(**fields: Any) -> faults.Lie:
    """Return a lie that changes these fields of what a node says of its state."""

    def change(_method: str, answer: Any) -> Any:
        answer["result"]["sync_info"].update(fields)
        return answer

    return faults.Lie(change)


def test_a_node_that_catches_up_is_behind_and_nothing_is_stuck(
    linked_chains: LocalChains, start: Callable[..., Observed]
) -> None:
    observed = start({})
    wait_read(observed, "a", "b")
    (proxies,) = observed.networks["a"].nodes
    rule = proxies.rpc.on_call(change_sync(catching_up=True), "status")
    proxies.rpc.reset_connections()  # whoever is asked anew is checked anew
    proxies.grpc.reset_connections()
    wait_until(
        lambda: (
            observed.get_contact("a").is_catching_up is True
            and "catching up" in (observed.get_contact("a").error or "")
        ),
        "it is told to be catching up",
    )
    height = observed.get_height("a")
    assert observed.get_contact("a").head_height is not None
    assert observed.observations.list_alarms() == []
    proxies.rpc.remove(rule)
    wait_until(
        lambda: (
            observed.get_height("a") > height + 5
            and observed.get_contact("a").is_catching_up is False
            and observed.get_contact("a").error is None
        ),
        "it is read on",
    )
    rows = observed.store.query("SELECT state FROM coverage WHERE chain_id = ?",
                                (linked_chains["a"].chain_id,))  # fmt: skip
    assert rows == [("read",)]


def test_nodes_behind_one_address_move_no_cursor_back(
    linked_chains: LocalChains, start: Callable[..., Observed]
) -> None:
    """Answers of a node that is thirty blocks behind, or ahead of what it has, among true ones."""
    linked_chains["a"].wait_for_height(AHEAD + 1, timeout_s=60)
    observed = start({"a": linked_chains["a"].nodes[0].get_height() - AHEAD})
    (proxies,) = observed.networks["a"].nodes
    proxies.rpc.on_call(faults.lie_about_height(-30), "abci_info", share=0.3)
    proxies.rpc.on_call(faults.lie_about_height(3), "abci_info", share=0.3)
    seen: list[int] = []
    last = linked_chains["a"].nodes[0].get_height() + 5

    def has_gone_on() -> bool:
        seen.append(observed.get_height("a"))
        return seen[-1] > last

    wait_until(has_gone_on, "what there was is read, and what came since")
    assert seen == sorted(seen)
    rows = observed.store.query("SELECT state FROM coverage WHERE chain_id = ?",
                                (linked_chains["a"].chain_id,))  # fmt: skip
    assert rows == [("read",)]


def test_another_chain_at_the_address_stops_that_chain_alone(
    linked_chains: LocalChains, start: Callable[..., Observed]
) -> None:
    observed = start({})
    wait_read(observed, "a", "b")
    other = linked_chains["a"].network("b")
    observed.networks["b"].aim(replace(other, name="b"))
    chain_id = linked_chains["b"].chain_id
    wait_until(lambda: chain_id in observed.follower.failures, "it is not tracked any more")
    assert isinstance(observed.follower.failures[chain_id], WrongChain)
    height = observed.get_height("a"), observed.get_height("b")
    wait_until(lambda: observed.get_height("a") > height[0] + 10, "the other chain goes on")
    assert observed.get_height("b") == height[1]
    assert linked_chains["a"].chain_id in (observed.get_contact("b").error or "")
    assert any("not tracked any more" in text for text in observed.said)
