"""All sealed bids at once, and a machine that never saw the bid."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from plurichain.auction.bid import Bid, Step, encode_bid
from plurichain.auction.names import BidKind, BidSide
from plurichain.bidding.opening import compute_opening
from plurichain.bidding.survey import survey_bids
from plurichain.config import Endpoint, Network
from plurichain.keyring import Key, Keyring
from plurichain.vault import Vault
from tests.localnet.bidding.conftest import Person, create_auction, wait_for_phase

if TYPE_CHECKING:
    import pytest


def _read_rows(person: Person) -> tuple[int, dict[tuple[int, str], dict[str, object]]]:
    run = person.run("bid", "doctor", "--output", "json")
    return run.status, {(row["auction_id"], row["bidder"]): row for row in json.loads(run.out)}


def test_the_doctor_and_a_machine_that_never_saw_the_bid(
    town: Person, make_person: Callable[..., Person], network: Network
) -> None:
    person = make_person("careful")
    auction_id = create_auction(town, commit_window='"30s"', reveal_window='"25s"')
    place = ("--auction-id", str(auction_id))
    bid = person.write_bid((1000, 100))
    here = (auction_id, "careful")

    assert person.run("bid", "doctor").out == "no sealed bid\n"
    person.run_json("bid", "seal", *place, "--bid", bid)
    status, rows = _read_rows(person)
    assert (status, rows[here]["standing"], rows[here]["at_stake"]) == (0, "not_committed", None)
    person.run_json("bid", "commit", *place)
    status, rows = _read_rows(person)
    assert (status, rows[here]["standing"], rows[here]["deadline"]) == (
        0,
        "committed",
        "reveal begins",
    )
    assert rows[here]["at_stake"], "the deposit"

    export = person.home.parent / "openings.jsonl"
    assert person.run("bid", "export", str(export)).status == 0
    key_file = person.home.parent / "key"
    assert person.run("keys", "export", "careful", "--file", str(key_file)).status == 0
    other = _move_to_new_machine(person, network, key_file)
    lost = other.run("bid", "doctor")
    assert (lost.status, lost.out) == (0, "no sealed bid\n")
    recovered = other.run_json("bid", "recover", *place, "--bid", bid)
    assert recovered["attempt"] == 1
    status, rows = _read_rows(other)
    assert (status, rows[here]["standing"]) == (0, "committed")
    (other.home / "vault.db").unlink()
    assert other.run_json("bid", "import", str(export))["added"] == 1

    (person.home / "vault.db").unlink()
    again = person.run("bid", "recover", *place, "--bid", person.write_bid((1000, 101)))
    assert again.status == 1
    assert "do not give the commitment" in again.err
    wait_for_phase(town, auction_id, "revealing")
    status, rows = _read_rows(other)
    command = str(rows[here]["next"])
    assert (status, rows[here]["standing"]) == (6, "reveal_now")
    assert other.run(*command.split()[1:]).status == 0
    status, rows = _read_rows(other)
    assert (status, rows[here]["standing"], rows[here]["at_stake"]) == (0, "revealed", None)
    [row] = other.run_json("bid", "status")
    assert row["standing"] == "revealed"


def _move_to_new_machine(person: Person, network: Network, key_file: Path) -> Person:
    """Return the same person with an empty home, network and exported key brought over."""
    home = person.home.parent / "new" / "home"
    home.parent.mkdir()
    other = Person(person.name, home, person.address)
    home.mkdir()
    shutil.copy(person.home / "config.toml", home / "config.toml")
    brought = other.run(
        "keys", "import", person.name, "--private-key", "--file", str(key_file), "--output", "json"
    )
    assert brought.data["address"] == str(person.address)
    return other


def test_many_bids_cost_few_questions(
    town: Person,
    make_person: Callable[..., Person],
    network: Network,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ninety sealed bids of thirty keys in three auctions: no question per bid."""
    from plurichain.chain.auctions.queries import AuctionQueries

    first = create_auction(town)
    auctions = [first, *(create_auction(town) for _ in range(2))]
    bid_bytes = encode_bid(Bid(BidKind.SCHEDULE, BidSide.SELL, (Step(10, 5),)))
    folder = tmp_path / "vault"
    for number in range(1, 31):
        key = Key(f"key-{number}", bytes([number]) * 32)
        with Vault.open(folder, key) as vault:
            for auction_id in auctions:
                vault.store(
                    compute_opening(
                        key,
                        chain_id=network.chain_id,
                        auction_id=auction_id,
                        attempt=1,
                        terms_hash=bytes(32),
                        bid_bytes=bid_bytes,
                        bid_file_digest=b"",
                        sealed_at_ns=1,
                    )
                )
    asked: list[str] = []
    ask = AuctionQueries._ask

    def count(self: AuctionQueries, method: str, *arguments: object) -> object:
        asked.append(method)
        return ask(self, method, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(AuctionQueries, "_ask", count)
    with Vault.open(folder) as vault:
        rows = survey_bids(
            vault.list_sealed(), [network], get_key_names=lambda _network: {}, timeout_s=5.0
        )

    assert len(rows) == 90
    assert {str(row.standing) for row in rows} == {"not_committed"}
    assert len(asked) <= 3 * len(auctions) + 1, asked


def test_a_network_that_is_silent_hides_no_bid_of_another(
    town: Person, make_person: Callable[..., Person], network: Network
) -> None:
    from dataclasses import replace

    person = make_person("two-chains", money="")
    auction_id = create_auction(town)
    place = ("--auction-id", str(auction_id), "--bid", person.write_bid((10, 5)))
    person.run_json("bid", "seal", *place)
    key = Keyring.open("test", person.home / "keys", is_localnet=True).get("two-chains")
    with Vault.open(person.home, key) as vault:
        [opening] = vault.list_all()
        for chain_id in ("silent-1", "unnamed-1"):
            moved = compute_opening(
                key,
                chain_id=chain_id,
                auction_id=auction_id,
                attempt=1,
                terms_hash=opening.terms_hash,
                bid_bytes=opening.bid_bytes,
                bid_file_digest=b"",
                sealed_at_ns=1,
            )
            vault.store(moved)
        sealed = vault.list_sealed()
    silent = replace(
        network,
        name="silent",
        chain_id="silent-1",
        endpoints=(Endpoint("127.0.0.1:1", "http://127.0.0.1:1"),),
    )
    rows = survey_bids(sealed, [network, silent], get_key_names=lambda _network: {}, timeout_s=1.0)

    standings = {row.chain_id: (str(row.standing), row.needs_action) for row in rows}
    assert standings == {
        network.chain_id: ("not_committed", False),
        "silent-1": ("unknown", True),
        "unnamed-1": ("unknown", True),
    }
    notes = {row.chain_id: row.note for row in rows}
    assert "127.0.0.1:1" in notes["silent-1"]
    assert "plurichain network add" in notes["unnamed-1"]
