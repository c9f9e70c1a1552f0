"""Messages, queries and events of the auction module meet the chain that serves them."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from plurichain.auction.bid import Bid, Step, encode_bid
from plurichain.auction.commitment import compute_bid_commitment, compute_terms_hash
from plurichain.auction.names import BidKind, BidSide, DepositStatus, PaymentRule, Phase, Side
from plurichain.auction.terms import Terms, encode_terms
from plurichain.chain import AuctionQueries, ChainClient, Journal, OutcomeStatus, TxSender
from plurichain.chain.auctions.events import (
    AuctionCancelled,
    AuctionCleared,
    AuctionCreated,
    BidCommitted,
    BidRevealed,
    BidSettled,
    decode_events,
    find_auction_id,
)
from plurichain.chain.transactions import messages
from plurichain.errors import FundsShort, NotFound, PhaseError, TermsError, VaultError
from plurichain.keyring import Key
from plurichain.units import Coin

SALT = b"\x11" * 32
TXS_IN_A_WINDOW = 10


def make_terms(**changes: object) -> Terms:
    values: dict[str, object] = {
        "side": Side.REVERSE,
        "payment_rule": PaymentRule.VCG,
        "quantity": 10,
        "lot_denom": "watthour",
        "payment_denom": "ueur",
        "reserve_price": 300,
        "commit_window_ns": 2_000_000_000,
        "reveal_window_ns": 2_000_000_000,
        "title": "10 Wh für das Rathaus",
    }
    return Terms(**{**values, **changes})  # type: ignore[arg-type]


@pytest.fixture
def queries(client: ChainClient) -> AuctionQueries:
    return AuctionQueries(client)


def create(sender: TxSender, key: Key, terms: Terms) -> int:
    outcome = sender.send([messages.create_auction(key.address, terms)], purpose="create")
    outcome.raise_for_status()
    return find_auction_id(outcome.events)


def test_params_and_invariants(queries: AuctionQueries) -> None:
    params = queries.get_params()

    assert params.max_bidders > 0
    assert params.min_window_ns > 0
    assert params.max_price > 0
    report = queries.get_invariants()
    assert report.height > 0
    assert report.checks
    assert not any(check.is_broken for check in report.checks)
    assert report.held == report.owed


def test_an_auction_comes_back_as_it_was_made(
    sender: TxSender, key: Key, queries: AuctionQueries, client: ChainClient
) -> None:
    terms = make_terms()
    auction_id = create(sender, key, terms)
    state = queries.get_auction(auction_id)

    assert state.terms == terms
    assert state.creator == key.address
    assert state.phase is Phase.COMMITTING
    assert state.terms_hash == compute_terms_hash(terms)
    assert state.commit_deadline_ns == state.created_at_ns + terms.commit_window_ns
    assert state.escrow == (Coin("ueur", 3_000),)
    assert queries.get_terms(auction_id) == (terms, encode_terms(terms), state.terms_hash)
    assert client.get_balances(key.address)["ueur"] == 1_000_000 - 3_000
    assert [a.id for a in queries.list_auctions(creator=key.address)] == [auction_id]
    assert auction_id in [a.id for a in queries.list_auctions(phase=Phase.COMMITTING)]
    assert auction_id not in [a.id for a in queries.list_auctions(phase=Phase.CLEARED)]
    assert queries.list_commitments(auction_id) == []
    assert queries.get_commitment(auction_id, key.address) is None
    assert queries.get_reveal(auction_id, key.address) is None
    assert queries.get_result(auction_id) is None
    assert queries.list_parked_payouts() == []

    outcome = sender.send(
        [messages.cancel_auction(key.address, auction_id)], purpose="cancel", auction_id=auction_id
    )
    outcome.raise_for_status()
    assert AuctionCancelled(auction_id) in decode_events(outcome.events)
    assert queries.get_auction(auction_id).phase is Phase.CANCELLED


def test_what_the_chain_does_not_have(queries: AuctionQueries) -> None:
    with pytest.raises(NotFound, match="has no auction 123456789"):
        queries.get_auction(123_456_789)
    with pytest.raises(NotFound):
        queries.get_terms(123_456_789)


def test_a_sealed_bid_goes_all_the_way(
    sender: TxSender,
    key: Key,
    queries: AuctionQueries,
    client: ChainClient,
    journal: Journal,
    make_key: Callable[[str], Key],
) -> None:
    begun_s = time.monotonic()
    bidder = make_key("100000000upluri,10000ueur,100watthour")
    # A window holds about two transactions: that one says how long they take on this machine.
    window_s = max(2.0, TXS_IN_A_WINDOW * (time.monotonic() - begun_s))
    window_ns = int(window_s * 1e9)
    terms = make_terms(commit_window_ns=window_ns, reveal_window_ns=window_ns)
    auction_id = create(sender, key, terms)
    auction = queries.get_auction(auction_id)
    bidding = TxSender(client, bidder, journal)
    bid_bytes = encode_bid(Bid(BidKind.SCHEDULE, BidSide.SELL, (Step(4, 100), Step(6, 200))))
    bid_commitment = compute_bid_commitment(
        chain_id=client.network.chain_id,
        auction_id=auction_id,
        bidder=bidder.address.raw,
        terms_hash=auction.terms_hash,
        bid_bytes=bid_bytes,
        salt=SALT,
    )
    commit = messages.commit_bid(bidder.address, auction_id, bid_commitment, 1)
    outcome = bidding.send(
        [commit],
        purpose="commit",
        auction_id=auction_id,
        not_after_ns=auction.commit_deadline_ns,
    )
    outcome.raise_for_status()
    assert decode_events(outcome.events) == [
        BidCommitted(auction_id, bidder.address, bid_commitment, 1)
    ]
    stored = queries.get_commitment(auction_id, bidder.address)
    assert stored is not None
    assert (stored.bid_commitment, stored.attempt) == (bid_commitment, 1)
    assert stored.deposit_status is DepositStatus.HELD
    assert queries.list_commitments(auction_id) == [stored]

    reveal = messages.reveal_bid(bidder.address, bidder.address, auction_id, bid_bytes, SALT)
    with pytest.raises(PhaseError):
        bidding.send([reveal], purpose="reveal")
    client.wait_for_time(auction.commit_deadline_ns, timeout_s=window_s + 60)
    with pytest.raises(PhaseError):
        bidding.send([commit], purpose="commit")
    with pytest.raises(PhaseError, match="too late: the deadline is over"):
        bidding.send([commit], purpose="commit", not_after_ns=auction.commit_deadline_ns)
    tampered = messages.reveal_bid(
        bidder.address, bidder.address, auction_id, bid_bytes, b"\x12" * 32
    )
    with pytest.raises(VaultError, match="does not match"):
        bidding.send([tampered], purpose="reveal")
    refused = bidding.send([tampered], purpose="reveal", gas=300_000)
    assert (refused.status, refused.codespace, refused.code) == (
        OutcomeStatus.FAILED,
        "auction",
        12,
    )

    outcome = bidding.send([reveal], purpose="reveal", not_after_ns=auction.reveal_deadline_ns)
    outcome.raise_for_status()
    assert BidRevealed(auction_id, bidder.address, bidder.address, True, "") in decode_events(
        outcome.events
    )
    opened = queries.get_reveal(auction_id, bidder.address)
    assert opened is not None
    assert (opened.bid_bytes, opened.salt, opened.admissible) == (bid_bytes, SALT, True)
    assert opened.escrow == (Coin("watthour", 10),)
    assert queries.list_reveals(auction_id) == [opened]

    header = client.wait_for_time(auction.reveal_deadline_ns, timeout_s=window_s + 60)
    client.wait_for_height(header.height + 2, timeout_s=60)
    result = queries.get_result(auction_id)
    assert result is not None
    assert [(row.bidder, row.allocation, row.payment) for row in result.awards] == [
        (bidder.address, 10, 3_000)
    ]
    assert result.welfare == -1_600
    assert queries.get_auction(auction_id).phase is Phase.CLEARED
    events = decode_events(client.get_block_results(result.height).events)
    assert AuctionCleared(auction_id, -1_600, None, 10) in events
    assert any(isinstance(event, BidSettled) and event.payment == 3_000 for event in events)
    assert not any(isinstance(event, AuctionCreated) for event in events)
    assert client.get_balances(bidder.address)["watthour"] == 90


def test_refusals_come_before_sending_and_name_the_reason(
    sender: TxSender, key: Key, client: ChainClient, journal: Journal
) -> None:
    with pytest.raises(TermsError, match="break a rule"):
        create(sender, key, make_terms(reserve_price=None))
    with pytest.raises(FundsShort, match="has 1000000: 299000000 ueur missing"):
        create(sender, key, make_terms(quantity=1_000_000))
    stranger = messages.cancel_auction(key.address, 987_654_321)
    with pytest.raises(NotFound, match="no such auction"):
        sender.send([stranger], purpose="cancel")
    assert journal.list_entries() == []


def test_pages_are_read_to_the_end(
    monkeypatch: pytest.MonkeyPatch, sender: TxSender, key: Key, queries: AuctionQueries
) -> None:
    made = [create(sender, key, make_terms(title=f"{i}")) for i in range(3)]
    monkeypatch.setattr(
        "plurichain.chain.nodes.paging.read_pages.__kwdefaults__", {"limit": 1, "pin": None}
    )

    assert [a.id for a in queries.list_auctions(creator=key.address)] == made
