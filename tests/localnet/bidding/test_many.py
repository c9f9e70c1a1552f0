"""Many sealed bids of many keys at once: committed, revealed, started again, all settled."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from plurichain.auction.bid import Bid, Step, encode_bid
from plurichain.auction.names import BidKind, BidSide, Phase
from plurichain.bidding.account import Observer
from plurichain.bidding.many import KeyedOpening, commit_openings, reveal_openings
from plurichain.bidding.opening import compute_opening
from plurichain.chain import AuctionQueries, ChainClient, Journal
from plurichain.chain.sending.bulk import BulkSender
from plurichain.errors import PhaseError, VaultError
from plurichain.harness import Faucet
from plurichain.keyring import Key, derive_private_key, make_mnemonic
from plurichain.units import parse_coins
from tests.localnet.bidding.conftest import MONEY, Person, create_auction

BIDDERS = 10
AUCTIONS = 5


@pytest.fixture
def keys(localnet_faucet: Faucet) -> list[Key]:
    made = [Key(f"many{n}", derive_private_key(make_mnemonic(12))) for n in range(BIDDERS)]
    localnet_faucet.fund({key.address: parse_coins(MONEY) for key in made})
    return made


def seal(observer: Observer, key: Key, auction_id: int, price: int) -> KeyedOpening:
    auction = observer.queries.get_auction(auction_id)
    opening = compute_opening(
        key,
        chain_id=observer.chain_id,
        auction_id=auction_id,
        attempt=1,
        terms_hash=auction.terms_hash,
        bid_bytes=encode_bid(Bid(BidKind.SCHEDULE, BidSide.SELL, (Step(1_000, price),))),
        bid_file_digest=b"",
        sealed_at_ns=auction.created_at_ns,
    )
    return KeyedOpening(key, opening)


def test_fifty_bids_are_all_settled_and_none_is_sent_twice(
    client: ChainClient, tmp_path: Path, town: Person, keys: list[Key]
) -> None:
    observer = Observer(client, AuctionQueries(client), client.network.chain_id)
    ids = [
        create_auction(town, commit_window='"18s"', reveal_window='"12s"') for _ in range(AUCTIONS)
    ]
    sealed = [
        seal(observer, key, auction_id, 100 + number)
        for auction_id in ids
        for number, key in enumerate(keys)
    ]
    with Journal.open(tmp_path / "journal.db") as journal:
        sender = BulkSender(client, journal)
        with pytest.raises(PhaseError, match="too early to reveal"):
            reveal_openings(observer, sender, sealed)
        first = commit_openings(observer, sender, sealed[:-1])
        # As after a kill: what stands is not sent again.
        again = commit_openings(observer, sender, sealed)
        deadline_ns = max(observer.queries.get_auction(each).commit_deadline_ns for each in ids)
        client.wait_for_time(deadline_ns, timeout_s=60)
        stranger = seal(observer, keys[0], ids[0], 499)
        with pytest.raises(VaultError, match="not what stands on the chain"):
            reveal_openings(observer, sender, [stranger])
        opened = reveal_openings(observer, sender, sealed)
        entries = journal.list_entries()

    assert [each.status if each else None for each in first] == ["accepted"] * (len(sealed) - 1)
    assert [each is None for each in again] == [True] * (len(sealed) - 1) + [False]
    assert {each.status for each in opened if each} == {"accepted"}
    assert len(entries) == 2 * len(sealed)
    assert {each.outcome.status for each in entries} == {"accepted"}
    client.wait_for_time(
        max(observer.queries.get_auction(each).reveal_deadline_ns for each in ids), timeout_s=60
    )
    client.wait_for_height(client.get_latest_header().height + 2, timeout_s=60)
    for auction_id in ids:
        state = observer.queries.get_auction(auction_id)
        assert (state.phase, state.bidder_count, state.reveal_count) == (
            Phase.CLEARED,
            BIDDERS,
            BIDDERS,
        )


def test_a_bid_sealed_for_other_terms_is_refused_before_anything_is_sent(
    client: ChainClient, tmp_path: Path, town: Person
) -> None:
    observer = Observer(client, AuctionQueries(client), client.network.chain_id)
    key = Key("other", derive_private_key(make_mnemonic(12)))
    here, there = create_auction(town), create_auction(town, quantity="5000")
    sealed = seal(observer, key, here, 100)
    wrong = replace(sealed, opening=replace(sealed.opening, auction_id=there))

    with Journal.open(tmp_path / "journal.db") as journal:
        with pytest.raises(VaultError, match="sealed for other terms"):
            commit_openings(observer, BulkSender(client, journal), [wrong])
        assert journal.list_entries() == []
