"""Who pays, how much at most, in which order: the options of commands that send."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from plurichain.chain import ChainClient, Journal, TxSender
from plurichain.chain.journal.journal import JournalEntry
from plurichain.chain.sending.tracker import Delivery, TxTracker
from plurichain.chain.transactions.grants import grant_fees
from plurichain.chain.transactions.messages import cancel_auction
from plurichain.keyring import Keyring
from plurichain.units import parse_coins
from tests.localnet.bidding.conftest import Person, Run, change_terms, create_auction


@pytest.fixture
def paying(town: Person) -> Person:
    """Give the town, for which gas costs something."""
    assert town.run("network", "set", "localnet", "--gas-price", "0.025").status == 0
    return town


def create(town: Person, *options: str) -> Run:
    return town.run(
        "auction", "create", town.write("terms.toml", change_terms()), "--key", "town",
        "--output", "json", *options,
    )  # fmt: skip


def add_key(town: Person, name: str) -> str:
    return str(
        town.run_json("keys", "add", name, "--mnemonic-file", town.write(name, "") + ".w")[
            "address"
        ]
    )


def get_money(client: ChainClient, person: Person) -> int:
    return client.get_balances(person.address)["upluri"]


def test_a_cap_keeps_what_costs_more_from_being_sent(paying: Person) -> None:
    refused = create(paying, "--max-fee", "1")
    assert (refused.status, "more than the cap of 1" in refused.err) == (1, True), refused.err
    assert paying.run("network", "set", "localnet", "--max-fee", "2").status == 0
    refused = create(paying)
    assert (refused.status, "more than the cap of 2" in refused.err) == (1, True), refused.err
    assert paying.run_json("tx", "list") == []

    created = create(paying, "--max-fee", "1000000").data

    shown = paying.run_json("tx", "show", created["tx_hash"])
    assert (shown["status"], shown["ordering"]) == ("accepted", "unordered")
    assert 2 < int(shown["fee"].removesuffix("upluri")) <= 1_000_000


def test_ordered_ones_count_the_sequence_of_the_account(paying: Person) -> None:
    shown = [
        paying.run_json("tx", "show", create(paying, "--ordered").data["tx_hash"]) for _ in range(2)
    ]

    assert [(each["ordering"], each["account_sequence"]) for each in shown] == [
        ("ordered", 0),
        ("ordered", 1),
    ]


def test_a_second_key_signs_and_pays(paying: Person, client: ChainClient) -> None:
    address = add_key(paying, "treasury")
    assert paying.run("keys", "fund", "treasury", "1000000upluri").status == 0
    before = get_money(client, paying)

    created = create(paying, "--fee-payer", "treasury").data

    fee = int(paying.run_json("tx", "show", created["tx_hash"])["fee"].removesuffix("upluri"))
    held = {row["denom"]: row["amount"] for row in paying.run_json("keys", "balance", address)}
    assert (get_money(client, paying), held) == (before, {"upluri": str(1_000_000 - fee)})


def test_an_account_that_allowed_it_pays(
    paying: Person, make_person: Callable[..., Person], client: ChainClient, tmp_path: Path
) -> None:
    sponsor = make_person("sponsor")
    refused = create(paying, "--fee-granter", str(sponsor.address))
    assert (refused.status, "pays no fees of" in refused.err) == (1, True), refused.err
    keyring = Keyring.open("test", sponsor.home / "keys", is_localnet=True)
    with Journal.open(tmp_path / "journal.db") as journal:
        TxSender(client, keyring.get("sponsor"), journal).send(
            [grant_fees(sponsor.address, paying.address, limit=parse_coins("100000upluri"))],
            purpose="grant",
        ).raise_for_status()
    before = get_money(client, paying), get_money(client, sponsor)

    assert (
        paying.run("network", "set", "localnet", "--fee-granter", str(sponsor.address)).status == 0
    )
    created = create(paying).data

    fee = int(paying.run_json("tx", "show", created["tx_hash"])["fee"].removesuffix("upluri"))
    after = get_money(client, paying), get_money(client, sponsor)
    assert after == (before[0], before[1] - fee)


def test_a_unit_of_systemd_sends_as_it_was_asked_to(paying: Person) -> None:
    options = ("--max-fee", "7", "--ordered", "--fee-payer", "treasury", "--key", "town")
    unit = paying.run("bid", "auto", "--auction-id", "1", "--bid", "b.csv", "--systemd", *options)

    assert unit.status == 0, unit.err
    assert "--max-fee 7 --ordered --fee-payer treasury" in unit.out


def before_delivery(monkeypatch: pytest.MonkeyPatch, act: Callable[[JournalEntry], None]) -> None:
    """Have something happen between the signing of the next transaction and its first byte."""
    deliver = TxTracker.deliver

    def act_first(tracker: TxTracker, entry: JournalEntry, *rest: object) -> Delivery:
        monkeypatch.setattr(TxTracker, "deliver", deliver)
        act(entry)
        return deliver(tracker, entry, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(TxTracker, "deliver", act_first)


def test_what_was_left_pending_is_settled_before_anything_else(
    town: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_entry: JournalEntry) -> None:
        raise KeyboardInterrupt

    auction_id = create_auction(town)
    before_delivery(monkeypatch, interrupt)
    interrupted = create(town)
    assert interrupted.status == 5, interrupted.err
    assert town.run("auction", "cancel", str(auction_id)).status == 0

    rows = town.run_json("tx", "list")
    assert [(row["purpose"], row["status"]) for row in rows] == [
        ("cancel", "accepted"),
        ("create", "accepted"),
        ("create", "accepted"),
    ]
    assert rows[0]["height"] > rows[1]["height"]
    assert rows[1]["tx_hash"] in interrupted.err


def test_included_but_failed_is_status_4(
    town: Person, client: ChainClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was right when it was simulated may be wrong in its block."""
    auction_id = create_auction(town)
    key = Keyring.open("test", town.home / "keys", is_localnet=True).get("town")

    def cancel_first(_entry: JournalEntry) -> None:
        # The same town is quicker on another machine.
        with Journal.open(tmp_path / "journal.db") as journal:
            TxSender(client, key, journal).send(
                [cancel_auction(key.address, auction_id)], purpose="cancel"
            ).raise_for_status()

    before_delivery(monkeypatch, cancel_first)
    late = town.run("auction", "cancel", str(auction_id))

    assert (late.status, "cancelled" in late.err) == (4, True), late.err
    [row] = town.run_json("tx", "list", "--auction-id", str(auction_id))
    assert (row["status"], row["final"], row["codespace"]) == ("failed", True, "auction")


def test_refused_and_expired_is_status_3(
    town: Person, make_person: Callable[..., Person], client: ChainClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    bidder = make_person("school")
    auction_id = create_auction(town, commit_window='"8s"')

    def wait_too_long(entry: JournalEntry) -> None:
        client.wait_for_time(entry.timeout_ns + 1, timeout_s=60)

    before_delivery(monkeypatch, wait_too_long)
    bid = bidder.write_bid((1000, 100))
    late = bidder.run("bid", "commit", "--auction-id", str(auction_id), "--bid", bid)

    assert late.status == 3, late.err
    [row] = bidder.run_json("tx", "list")
    assert (row["final"], row["status"]) == (True, "rejected")
    assert client.get_balances(bidder.address)["ueur"] == 10_000_000
