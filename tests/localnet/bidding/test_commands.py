"""The way of bids on a real chain, command by command."""

from __future__ import annotations

from collections.abc import Callable

from tests.localnet.bidding.conftest import (
    Person,
    change_terms,
    create_auction,
    wait_for_phase,
)


def test_seal_commit_recommit_reveal_result(
    town: Person, make_person: Callable[..., Person]
) -> None:
    """One bidder changes its mind, loses its vault and still wins; the other is outbid."""
    cheap, dear = make_person("cheap"), make_person("dear")
    auction_id = create_auction(town, commit_window='"16s"', reveal_window='"12s"')
    place = ("--auction-id", str(auction_id))

    sealed = cheap.run_json("bid", "seal", *place, "--bid", cheap.write_bid((6000, 400)))
    assert sealed["attempt"] == 1
    first = cheap.run_json("bid", "commit", *place)
    assert first["bid_commitment"] == sealed["bid_commitment"]
    again = cheap.run_json("bid", "commit", *place)
    assert (again["attempt"], again["tx_hash"]) == (1, None)
    held = _get_balance(cheap)
    second = cheap.run_json("bid", "commit", *place, "--bid", cheap.write_bid((6000, 100)))
    assert second["attempt"] == 2
    assert second["bid_commitment"] != first["bid_commitment"]
    assert _get_balance(cheap) == held, "a recommit pays no second deposit"
    csv = dear.write("bid.csv", "bidder,quantity,price\ndear,8000,200\ncheap,1,1\n")
    assert dear.run_json("bid", "commit", *place, "--bid", csv)["attempt"] == 1

    (cheap.home / "vault.db").rename(cheap.home / "lost.db")
    wait_for_phase(town, auction_id, "revealing")
    lost = cheap.run("bid", "reveal", *place)
    assert lost.status == 1
    assert "the vault has no opening for attempt 2" in lost.err
    wrong = cheap.write("wrong.json", '{"kind":"schedule","side":"sell","steps":[[6000,101]]}')
    refused = cheap.run("bid", "reveal", *place, "--bid", wrong)
    assert refused.status == 1
    assert "do not give the commitment of attempt 2" in refused.err
    bid = cheap.write_bid((6000, 100))
    revealed = cheap.run_json("bid", "reveal", *place, "--bid", bid)
    assert (revealed["admissible"], revealed["reason"]) == (True, None)
    assert cheap.run_json("bid", "reveal", *place)["tx_hash"] is None
    dear.run_json("bid", "reveal", *place)

    wait_for_phase(town, auction_id, "cleared")
    result = town.run_json("auction", "result", str(auction_id), "--check")
    assert result["recomputed"] == "equal"
    awards = {row["bidder"]: row for row in result["awards"]}
    assert awards[str(cheap.address)]["allocation"] == "6000"
    assert awards[str(dear.address)]["allocation"] == "4000"
    status = cheap.run_json("bid", "status", *place)
    assert (status["phase"], status["deposit_status"]) == ("cleared", "returned")
    assert status["payment"] == awards[str(cheap.address)]["payment"]
    table = town.run("auction", "result", str(auction_id), "--check")
    assert str(dear.address) in table.out


def _get_balance(person: Person) -> dict[str, int]:
    from plurichain.config.config_toml import parse_config

    path = person.home / "config.toml"
    config = parse_config(path.read_text(encoding="utf-8"), source=str(path))
    from plurichain.chain.nodes.client import ChainClient

    with ChainClient(config.get_network()) as client:
        return client.get_balances(person.address)


def test_terms_come_back_as_they_went_in(town: Person) -> None:
    windows = {"commit_window": '"2m"', "reveal_window": '"2m"'}
    auction_id = create_auction(town, **windows)

    shown = town.run("auction", "show", str(auction_id), "--terms").out
    assert shown == change_terms(**windows)
    listed = town.run_json(
        "auction", "list", "--phase", "committing", "--creator", str(town.address)
    )
    assert [row["id"] for row in listed] == [auction_id]
    cancelled = town.run_json("auction", "cancel", str(auction_id))
    assert cancelled["height"] > 0
    assert town.run_json("auction", "show", str(auction_id))["phase"] == "cancelled"
    watched = town.run("auction", "watch", str(auction_id), "--output", "ndjson")
    assert '"cancelled"' in watched.out


def test_a_small_deposit_says_what_walking_away_costs(town: Person) -> None:
    usual = town.run_json("auction", "show", str(create_auction(town)))
    assert usual["walking_away_costs"] == "500000ueur"
    assert "warning" not in usual

    small = town.run_json("auction", "show", str(create_auction(town, deposit='"60000ueur"')))
    assert small["walking_away_costs"] == "60000ueur"
    assert small["walking_away_can_gain"] == "up to 5000000ueur"
    assert "less than the default" in small["warning"]


def test_anyone_relays_an_opening_that_needs_no_escrow(
    town: Person, make_person: Callable[..., Person]
) -> None:
    """In award mode; and confirm and forfeit settle what the winners had deposited."""
    good, bad, relayer = make_person("good"), make_person("bad"), make_person("relayer")
    auction_id = create_auction(
        town,
        settlement='"award"',
        delivery_window='"1h"',
        commit_window='"12s"',
        reveal_window='"12s"',
    )
    place = ("--auction-id", str(auction_id))
    early = town.run("auction", "confirm", str(auction_id), "--bidder", str(good.address))
    assert early.status == 1
    assert "committing: too early to confirm a delivery" in early.err
    for person in (good, bad):
        person.run_json("bid", "commit", *place, "--bid", person.write_bid((5000, 100)))
    wait_for_phase(town, auction_id, "revealing")
    bad.run_json("bid", "reveal", *place)
    path = str(good.home.parent / "opening.json")
    assert good.run("bid", "reveal", *place, "--write-opening", path).status == 0
    assert (good.home.parent / "opening.json").stat().st_mode & 0o777 == 0o600
    wrong = relayer.run("bid", "reveal", "--relay", str(bad.address), path)
    assert wrong.status == 1
    assert f"the opening is of {good.address}" in wrong.err
    relayed = relayer.run_json("bid", "reveal", "--relay", str(good.address), path)
    assert relayed["admissible"] is True
    assert relayed["bidder"] == str(good.address)

    wait_for_phase(town, auction_id, "cleared")
    assert good.run_json("bid", "status", *place)["deposit_status"] == "held"
    stranger = good.run("auction", "confirm", str(auction_id), "--bidder", str(good.address))
    assert stranger.status == 1
    assert "cannot confirm a delivery" in stranger.err
    town.run_json("auction", "confirm", str(auction_id), "--bidder", str(good.address))
    town.run_json("auction", "forfeit", str(auction_id), "--bidder", str(bad.address))
    assert good.run_json("bid", "status", *place)["deposit_status"] == "returned"
    assert bad.run_json("bid", "status", *place)["deposit_status"] == "forfeited"
    twice = town.run("auction", "forfeit", str(auction_id), "--bidder", str(bad.address))
    assert twice.status == 1
    assert "is forfeited already" in twice.err
    nothing = good.run("auction", "claim", str(auction_id))
    assert nothing.status == 1
    assert "nothing is parked" in nothing.err


def test_an_opening_that_needs_escrow_is_its_bidders_alone(
    town: Person, make_person: Callable[..., Person]
) -> None:
    seller, relayer = make_person("seller"), make_person("relayer")
    auction_id = create_auction(town, commit_window='"10s"', reveal_window='"12s"')
    place = ("--auction-id", str(auction_id))
    seller.run_json("bid", "commit", *place, "--bid", seller.write_bid((5000, 100)))
    path = str(seller.home.parent / "opening.json")
    assert seller.run("bid", "reveal", *place, "--write-opening", path).status == 0
    wait_for_phase(town, auction_id, "revealing")
    refused = relayer.run("bid", "reveal", "--relay", str(seller.address), path)

    assert refused.status == 1
    assert "needs escrow beyond the deposit" in refused.err


def test_the_first_commands_work_as_they_are_told(
    town: Person, make_person: Callable[..., Person]
) -> None:
    """keys fund and the journal, as a newcomer uses them."""
    poor = make_person("poor", money="")
    funded = poor.run_json("keys", "fund", "poor", "5000ueur,7watthour")
    assert funded["received"] == "5000ueur,7watthour"
    assert _get_balance(poor) == {"ueur": 5000, "watthour": 7}
    listed = poor.run_json("tx", "list")
    assert [row["tx_hash"] for row in listed] == [funded["tx_hash"]]
    shown = poor.run_json("tx", "show", funded["tx_hash"].lower())
    assert (shown["status"], shown["purpose"]) == ("accepted", "fund")
    assert poor.run_json("tx", "wait", funded["tx_hash"])["height"] == funded["height"]
    assert poor.run("network", "show", "--check").status == 0
