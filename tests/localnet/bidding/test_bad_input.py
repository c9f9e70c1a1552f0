"""What goes wrong between a user and a chain: one clear line each, and nothing changed."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from plurichain.auction.terms import Terms
from plurichain.bidding import checking
from plurichain.bidding.account import Observer
from plurichain.bidding.auctions import get_sighting
from plurichain.chain.auctions.queries import AuctionQueries
from plurichain.chain.nodes.client import ChainClient
from plurichain.clearing.clear import compute_result
from plurichain.config import Network
from plurichain.errors import BadReply
from plurichain.identifiers import Address
from tests.localnet.bidding.conftest import Person, Run, create_auction, wait_for_phase

if TYPE_CHECKING:
    from plurichain.auction.state import CommitmentState

NOBODY = Address(bytes(20), "pluri")


@pytest.fixture
def auction_id(town: Person) -> int:
    """Give an auction that takes commitments for longer than a test lasts."""
    return create_auction(town, commit_window='"5m"')


def assert_refused(run: Run, *said: str, status: int = 1) -> None:
    """Assert that a command failed with one line of cause and one of what to do."""
    assert run.status == status, run
    assert run.out == ""
    lines = run.err.splitlines()
    causes = [line for line in lines if line.startswith("error: ")]
    assert len(causes) == 1, run.err
    assert lines[-1].startswith("help: "), run.err
    assert "Traceback" not in run.err
    for text in said:
        assert text in causes[0]


def commit(person: Person, auction_id: int, bid: str, *more: str) -> Run:
    """Try to commit a bid."""
    return person.run("bid", "commit", "--auction-id", str(auction_id), "--bid", bid, *more)


@pytest.mark.parametrize(
    ("steps", "side", "said"),
    [
        (((1, 1), (1, 2), (1, 3), (1, 4)), "sell", "steps: 4 are more than max_steps 3"),
        (((9001, 1),), "sell", "quantity: 9001 units are more than max_quantity 9000"),
        (((1, 2), (1, 1)), "sell", "steps[1]: price 1 is below 2"),
        (((1, 1),), "buy", "side: buy is not what a reverse auction takes"),
    ],
)
def test_a_bid_beyond_the_terms_is_refused_before_it_is_sealed(
    make_person: Callable[..., Person],
    auction_id: int,
    steps: tuple[tuple[int, int], ...],
    side: str,
    said: str,
) -> None:
    """The chain cannot see it, so only this line keeps the deposit."""
    bidder = make_person("greedy")
    for command in ("seal", "commit", "auto"):
        bid = bidder.write_bid(*steps, side=side)
        refused = bidder.run("bid", command, "--auction-id", str(auction_id), "--bid", bid)
        assert_refused(refused, said)

    status = bidder.run_json("bid", "status", "--auction-id", str(auction_id))
    assert (status["sealed_attempt"], status["committed_attempt"]) == (None, None)
    assert bidder.run_json("tx", "list") == []


def test_an_unknown_auction_is_named_by_every_command(make_person: Callable[..., Person]) -> None:
    person = make_person("lost")
    bid = person.write_bid((1, 1))
    place = ("--auction-id", "999999")
    for command in (
        ("auction", "show", "999999"),
        ("auction", "watch", "999999"),
        ("auction", "result", "999999"),
        ("auction", "cancel", "999999"),
        ("auction", "confirm", "999999", "--bidder", str(NOBODY)),
        ("bid", "status", *place),
        ("bid", "commit", *place, "--bid", bid),
        ("bid", "auto", *place, "--bid", bid),
        ("bid", "reveal", *place),
    ):
        assert_refused(person.run(*command), "999999")


def test_money_short_says_how_much_before_anything_is_sent(
    town: Person, make_person: Callable[..., Person], auction_id: int
) -> None:
    poor = make_person("poor", "499000ueur,1upluri")
    refused = commit(poor, auction_id, poor.write_bid((1000, 100)))
    assert_refused(refused, "the deposit of this auction needs 500000ueur", "1000ueur short")
    assert poor.run_json("tx", "list") == []
    nothing = make_person("penniless", money="")
    assert_refused(commit(nothing, auction_id, nothing.write_bid((1, 1))), "500000ueur short")
    create = poor.write("t.toml", town.run("auction", "show", str(auction_id), "--terms").out)
    assert_refused(poor.run("auction", "create", create), "creator's escrow", "4501000ueur short")


def test_the_creator_cannot_bid(town: Person, auction_id: int) -> None:
    assert_refused(commit(town, auction_id, town.write_bid((1, 1))), "a creator cannot bid")


def test_addresses_are_checked_whole(town: Person, auction_id: int) -> None:
    good = str(NOBODY)
    other = str(Address(bytes(20), "cosmos"))
    typo = good[:-1] + ("q" if good[-1] != "q" else "p")
    for bad, said in (
        (typo, "typing error"),
        (other, "prefix 'cosmos'"),
        ("pluri", "typing error"),
    ):
        run = town.run("auction", "confirm", str(auction_id), "--bidder", bad)
        assert_refused(run, "--bidder", said)
        assert_refused(town.run("auction", "list", "--creator", bad), "--creator", said)


def test_a_wrong_phase_says_which_and_how_long(
    town: Person, make_person: Callable[..., Person]
) -> None:
    bidder = make_person("early")
    auction_id = create_auction(town, commit_window='"12s"', reveal_window='"4s"')
    place = ("--auction-id", str(auction_id))
    assert commit(bidder, auction_id, bidder.write_bid((1000, 100))).status == 0
    early = bidder.run("bid", "reveal", *place)
    assert_refused(early, "is committing: too early to reveal a bid by", "the reveal begins at")
    assert_refused(town.run("auction", "result", str(auction_id)), "committing: it has no result")
    assert_refused(town.run("auction", "cancel", str(auction_id)), "has 1 commitments")
    assert_refused(bidder.run("auction", "cancel", str(auction_id)), "was created by")
    short = town.run("auction", "watch", str(auction_id), "--for", "0.1")
    assert short.status == 1
    assert "still committing after 0.1 s" in short.err

    wait_for_phase(town, auction_id, "cleared")
    late = bidder.run("bid", "reveal", *place)
    assert_refused(late, "is cleared: too late to reveal a bid by", "the deadline was at")
    status = bidder.run_json("bid", "status", *place)
    assert (status["deposit_status"], status["revealed"]) == ("forfeited", False)
    coins = town.run("auction", "forfeit", str(auction_id), "--bidder", str(bidder.address))
    assert_refused(coins, "is settled in coins")
    again = commit(bidder, auction_id, bidder.write_bid((1000, 100)))
    assert_refused(again, "is cleared: too late to seal a bid by")
    auto = bidder.run("bid", "auto", *place, "--bid", bidder.write_bid((1000, 100)))
    assert auto.status == 0, "the auction is over and this bidder was in it"
    assert "forfeited" in auto.out


def _add_network(person: Person, **changes: Any) -> None:
    """Write the person's network anew, with one field wrong."""
    from plurichain.config.config_toml import Config, format_config, parse_config

    path = person.home / "config.toml"
    config = parse_config(path.read_text(encoding="utf-8"), source="config")
    network = replace(config.get_network(), **changes)
    path.write_text(format_config(Config(network.name, {network.name: network})), encoding="utf-8")


def test_a_node_of_another_chain_is_refused(
    make_person: Callable[..., Person], auction_id: int
) -> None:
    person = make_person("astray")
    _add_network(person, chain_id="another-1")
    for run in (
        commit(person, auction_id, person.write_bid((1, 1))),
        person.run("auction", "list"),
        person.run("network", "show", "--check"),
    ):
        assert_refused(run, "serves the chain", "'another-1'")


@pytest.fixture
def mute_port() -> Iterator[int]:
    """Give a port that takes connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(16)
        yield int(listener.getsockname()[1])


def test_a_node_that_never_answers_is_given_up_in_time(
    make_person: Callable[..., Person], network: Network, mute_port: int
) -> None:
    person = make_person("waiting", money="")
    [node, *_] = network.endpoints
    mute = replace(node, grpc=f"127.0.0.1:{mute_port}", rpc=f"http://127.0.0.1:{mute_port}")
    _add_network(person, endpoints=(mute,))
    assert_refused(person.run("auction", "list", "--timeout", "0.3"), "did not answer within 0.3 s")
    only_grpc = replace(node, grpc=f"127.0.0.1:{mute_port}")
    _add_network(person, endpoints=(only_grpc,))
    assert_refused(person.run("auction", "list", "--timeout", "0.3"), f"127.0.0.1:{mute_port}")


def test_a_node_that_is_not_there(make_person: Callable[..., Person], network: Network) -> None:
    person = make_person("alone", money="")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    gone = replace(network.endpoints[0], rpc=f"http://127.0.0.1:{port}")
    _add_network(person, endpoints=(gone,))

    assert_refused(person.run("auction", "list"), str(port))


def test_terms_that_no_chain_would_take(town: Person) -> None:
    auction_id = create_auction(town, commit_window='"2m"')
    text = town.run("auction", "show", str(auction_id), "--terms").out
    before = town.run_json("auction", "list", "--creator", str(town.address))
    for old, new, said in (
        ('commit_window = "2m"', 'commit_window = "1ms"', "commit_window"),
        ("quantity = 10000", "quantity = 0", "quantity"),
        ('payment_rule = "vcg"', 'payment_rule = "core"', "core"),
        ("reserve_price = 500", "", "reserve_price"),
        ('side = "reverse"', 'side = "double"', "double"),
        ("max_steps = 3", 'deposit = "1ueur"', "deposit"),
    ):
        path = town.write("bad.toml", text.replace(old, new))
        assert_refused(town.run("auction", "create", path), said)
    assert town.run_json("auction", "list", "--creator", str(town.address)) == before


class _LyingQueries(AuctionQueries):
    """A real node's answers, but for other terms under the same hash."""

    lie: Callable[[Terms], Terms] = staticmethod(lambda terms: replace(terms, quantity=1))

    def get_auction(self, auction_id: int) -> Any:
        auction = super().get_auction(auction_id)
        return replace(auction, terms=self.lie(auction.terms))

    def get_terms(self, auction_id: int) -> tuple[Terms, bytes, bytes]:
        terms, data, terms_hash = super().get_terms(auction_id)
        return self.lie(terms), data, terms_hash


def test_a_node_that_shows_other_terms_is_caught(
    client: ChainClient, network: Network, auction_id: int
) -> None:
    honest = Observer(client, AuctionQueries(client), network.chain_id)
    assert get_sighting(honest, auction_id).auction.id == auction_id
    lying = Observer(client, _LyingQueries(client), network.chain_id)
    with pytest.raises(BadReply, match="do not have the hash that it names"):
        get_sighting(lying, auction_id)


def test_a_result_that_does_not_follow_is_found(
    town: Person,
    make_person: Callable[..., Person],
    client: ChainClient,
    network: Network,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A node that swaps a commitment, a reveal or a payment is caught by the recomputation."""
    bidder = make_person("honest")
    auction_id = create_auction(town, commit_window='"10s"', reveal_window='"8s"')
    bid = bidder.write_bid((4000, 100), (5000, 200))
    place = ("--auction-id", str(auction_id), "--bid", bid)
    assert bidder.run("bid", "auto", *place).status == 0

    class Cheating(AuctionQueries):
        what = ""

        def list_commitments(self, auction_id: int) -> list[CommitmentState]:
            rows = super().list_commitments(auction_id)
            other = bytes(32)
            return (
                [replace(row, bid_commitment=other) for row in rows] if self.what == "c" else rows
            )

        def list_reveals(self, auction_id: int) -> Any:
            rows = super().list_reveals(auction_id)
            return [replace(row, admissible=False) for row in rows] if self.what == "r" else rows

        def get_result(self, auction_id: int) -> Any:
            result = super().get_result(auction_id)
            assert result is not None
            if self.what == "p":
                awards = tuple(replace(row, payment=row.payment + 1) for row in result.awards)
                return replace(result, awards=awards)
            return replace(result, tie_seed=bytes(32)) if self.what == "t" else result

    queries = Cheating(client)
    observer = Observer(client, queries, network.chain_id)
    assert checking.check_result(observer, auction_id).differences == ()
    for what, said in (
        ("c", "does not open the commitment"),
        ("r", "admissible"),
        ("p", "payment: chain"),
        ("t", "tie_seed: chain"),
    ):
        queries.what = what
        assert said in " ".join(checking.check_result(observer, auction_id).differences)

    monkeypatch.setattr(
        "plurichain.bidding.checking.compute_result",
        lambda problem: replace(compute_result(problem), welfare=-1),
    )
    found = town.run("auction", "result", str(auction_id), "--check", "--output", "json")
    assert found.status == 6
    assert json.loads(found.out)["recomputed"] == "differs"
    assert "difference: welfare: chain -" in found.err
    assert "(1 found)" in found.err


def test_an_opening_of_another_chain_or_bid_is_not_relayed(
    town: Person, make_person: Callable[..., Person], auction_id: int, tmp_path: Path
) -> None:
    bidder, relayer = make_person("owner"), make_person("relayer")
    assert commit(bidder, auction_id, bidder.write_bid((1000, 100))).status == 0
    path = tmp_path / "opening.json"
    place = ("--auction-id", str(auction_id))
    assert bidder.run("bid", "reveal", *place, "--write-opening", str(path)).status == 0
    twice = bidder.run("bid", "reveal", *place, "--write-opening", str(path))
    assert_refused(twice, "exists already")
    fields = json.loads(path.read_text(encoding="utf-8"))
    relay = ("bid", "reveal", "--relay", str(bidder.address), str(path))
    assert_refused(relayer.run(*relay), "is committing: too early to reveal a bid")
    for change, said in (
        ({"chain_id": "another-1"}, "the opening is for the chain another-1"),
        ({"salt": "00" * 32}, "does not open the commitment"),
        ({"version": 9}, "version 9"),
    ):
        path.write_text(json.dumps(fields | change), encoding="utf-8")
        assert_refused(relayer.run(*relay), said)
