"""What the shared vectors do not reach: errors for people, hashes of wrong lengths, phases."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from plurichain.auction.admissibility import REASONS, find_inadmissible, validate_bid
from plurichain.auction.bid import Bid, Step, decode_bid, encode_bid
from plurichain.auction.commitment import (
    compute_bid_commitment,
    compute_bid_key,
    compute_salt,
    compute_terms_hash,
)
from plurichain.auction.money import compute_greatest_payment
from plurichain.auction.names import BidKind, BidSide, PaymentRule, Phase, Side
from plurichain.auction.phases import (
    FINAL_PHASES,
    TRANSITIONS,
    PhaseEvent,
    compute_next_phase,
    compute_phase_at,
)
from plurichain.auction.terms import encode_terms, validate_terms
from plurichain.auction.terms_toml import parse_terms_toml
from plurichain.auction.ties import compute_tie_seed
from plurichain.errors import BidError, EncodingError, InputError, PhaseError, TermsError
from plurichain.units import U16_MAX, U64_MAX, U128_MAX, Coin
from tests.vectors.cases import admissibility
from tests.vectors.cases.common import FORWARD_TERMS, block, buy, choice, sell


@pytest.mark.parametrize("case", admissibility._CASES, ids=lambda case: case[0])
def test_a_bid_is_refused_before_it_is_sealed(case: tuple[object, ...]) -> None:
    """The client refuses exactly what the chain would forfeit."""
    _, terms, bid, reason = case
    assert isinstance(bid, Bid)
    if reason is None:
        validate_bid(bid, terms)  # type: ignore[arg-type]
        return
    with pytest.raises(BidError) as caught:
        validate_bid(bid, terms)  # type: ignore[arg-type]
    assert "forfeited" in caught.value.remedy


@pytest.mark.parametrize(
    ("bid", "words"),
    [
        (sell((1, 1)), "side: sell is not what a forward auction takes (buy)"),
        (choice(BidSide.BUY, (1, 1)), "kind: choice is not what the terms take (schedule)"),
        (buy((1, 5), (1, 6)), "steps[1]: price 6 is above 5; must not increase"),
        (buy(*[(1, 5)] * 17), "steps: 17 are more than max_steps 16"),
        (buy((1, 501)), "steps[0]: price 501 is above price_limit 500 a unit"),
        (buy((0, 1)), f"steps[0]: quantity 0 is not 1 to {U64_MAX}"),
    ],
)
def test_the_refusal_names_field_value_and_rule(bid: Bid, words: str) -> None:
    """One line that says what to change."""
    with pytest.raises(BidError) as caught:
        validate_bid(bid, FORWARD_TERMS)

    assert caught.value.cause == words


def test_every_reason_is_in_the_vectors() -> None:
    """Each code that a chain can record has a vector."""
    vectors = admissibility.make_vectors()

    assert {vector["expected"]["reason"] for vector in vectors} == {None, *REASONS}


def test_bytes_that_are_no_bid_are_not_canonical() -> None:
    """Whatever is wrong with them."""
    assert find_inadmissible(b"\x01", FORWARD_TERMS) == "not_canonical"


@pytest.mark.parametrize(
    "bid",
    [
        Bid(BidKind.SCHEDULE, BidSide.BUY, ()),
        buy((0, 1)),
        buy((U64_MAX + 1, 1)),
        buy((1, -1)),
        buy((1, U128_MAX + 1)),
        buy((U64_MAX, 1), (1, 1)),
        block(BidSide.BUY, 0, (1, 1)),
        block(BidSide.BUY, U64_MAX + 1, (1, 1)),
        Bid(BidKind.SCHEDULE, BidSide.BUY, (Step(1, 1),), minimum=1),
        buy(*[(1, 1)] * (U16_MAX + 1)),
        block(BidSide.BUY, 1, *[(1, 1)] * U16_MAX),
    ],
)
def test_a_bid_without_canonical_bytes_is_not_encoded(bid: Bid) -> None:
    """Numbers out of range, no step, more pairs than two bytes count."""
    with pytest.raises(EncodingError):
        encode_bid(bid)


def test_the_longest_bid_is_encoded() -> None:
    """65535 steps are as many as there can be."""
    bid = buy(*[(1, 1)] * U16_MAX)

    assert decode_bid(encode_bid(bid)) == bid
    assert bid.total_quantity == U16_MAX


def test_total_quantity() -> None:
    """A choice trades its greatest option, others the sum; nothing trades nothing."""
    assert choice(BidSide.BUY, (2, 1), (5, 1)).total_quantity == 5
    assert buy((2, 1), (5, 1)).total_quantity == 7
    assert choice(BidSide.BUY).total_quantity == 0


def test_greatest_payment() -> None:
    """The dearest units first, at most the quantity."""
    assert compute_greatest_payment(buy((2, 9), (2, 5)), 3) == 23
    assert compute_greatest_payment(buy((2, 9), (2, 5)), 100) == 28


@pytest.mark.parametrize(
    "changed",
    [
        {"quantity": -1},
        {"quantity": U64_MAX + 1},
        {"price_limit": U128_MAX + 1},
        {"max_steps": U16_MAX + 1},
        {"max_steps": 0},
        {"commit_window_ns": 2**63},
        {"kinds": ()},
        {"kinds": (BidKind.CHOICE, BidKind.SCHEDULE)},
        {"deposit": (Coin("b", 1), Coin("a", 1))},
        {"deposit": (Coin("a", 0),)},
        {"deposit": (Coin("a", U128_MAX + 1),)},
        {"title": "\ud800"},
    ],
)
def test_terms_without_canonical_bytes_are_not_encoded(changed: dict[str, object]) -> None:
    """The error names the field."""
    terms = replace(FORWARD_TERMS, **changed)  # type: ignore[arg-type]

    with pytest.raises(EncodingError) as caught:
        encode_terms(terms)
    assert caught.value.cause.startswith(next(iter(changed)) + ": ")
    with pytest.raises(TermsError):
        validate_terms(terms)


@pytest.mark.parametrize(
    ("changed", "cause"),
    [
        ({"side": Side.DOUBLE}, "side: double is not supported yet"),
        ({"payment_rule": PaymentRule.MCAFEE}, "payment_rule: mcafee is not for side forward"),
        ({"kinds": ()}, "kinds: none is not supported yet; write schedule alone"),
        ({"price_limit": None}, "price_limit: none but a forward auction needs one"),
        ({"reserve_price": 501}, "reserve_price: 501 is above price_limit"),
        ({"lot_denom": "ueur"}, "lot_denom: ueur is the payment_denom too"),
        ({"title": "a\tb"}, "title: 'a\\tb' holds a control character"),
    ],
)
def test_terms_are_refused_by_field_value_and_rule(changed: dict[str, object], cause: str) -> None:
    """One line that says what is wrong."""
    with pytest.raises(TermsError) as caught:
        validate_terms(replace(FORWARD_TERMS, **changed))  # type: ignore[arg-type]

    assert caught.value.cause == cause


def test_a_deposit_out_of_order_is_refused() -> None:
    """Canonical bytes need the order of denoms, so terms do."""
    coins = (Coin("ueur", 1), Coin("abc", 1))

    with pytest.raises(TermsError, match="ascending by denom"):
        validate_terms(replace(FORWARD_TERMS, deposit=coins))


def test_toml_that_nests_too_deep_is_refused() -> None:
    """Whatever the reader's own limit is."""
    with pytest.raises(TermsError, match=r"terms.toml"):
        parse_terms_toml("kinds = " + "[" * 50_000, source="terms.toml")


def test_hashes_refuse_parts_of_another_length() -> None:
    """Parts without a length prefix are 32 bytes, or a preimage would have two readings."""
    good = bytes(32)
    common: dict[str, Any] = {"chain_id": "c", "auction_id": 1, "bidder": b"b", "bid_bytes": b"x"}

    def commit(terms_hash: bytes, salt: bytes) -> bytes:
        return compute_bid_commitment(terms_hash=terms_hash, salt=salt, **common)

    def derive(bid_key: bytes, terms_hash: bytes) -> bytes:
        return compute_salt(
            bid_key=bid_key,
            terms_hash=terms_hash,
            attempt=1,
            **common,
        )

    assert len(commit(good, good)) == len(derive(good, good)) == 32
    assert len(compute_terms_hash(FORWARD_TERMS)) == 32
    for bad in (b"", good[:-1], good + b"\x00"):
        for function in (commit, derive):
            with pytest.raises(EncodingError):
                function(bad, good)
            with pytest.raises(EncodingError):
                function(good, bad)
        with pytest.raises(EncodingError) as caught:
            compute_bid_key(bad)
        assert bad.hex() not in caught.value.cause or not bad
        with pytest.raises(EncodingError, match="salt"):
            compute_tie_seed("c", 1, [(b"b", bad)])
    with pytest.raises(EncodingError, match="two openings"):
        compute_tie_seed("c", 1, [(b"b", good), (b"b", good)])


def test_words_of_an_enumeration() -> None:
    """A word is its member's name in lower case; another is refused with those allowed."""
    assert Side.parse("forward", field="side") is Side.FORWARD
    with pytest.raises(InputError, match="side: 'Forward' is not one of forward, reverse, double"):
        Side.parse("Forward", field="side")


def test_the_table_of_phases() -> None:
    """Every move of the table is made, every other refused and told."""
    for phase in Phase:
        for event in PhaseEvent:
            if event in TRANSITIONS[phase]:
                assert compute_next_phase(phase, event) is TRANSITIONS[phase][event]
                continue
            with pytest.raises(PhaseError, match=phase.text):
                compute_next_phase(phase, event)
    assert {phase.text for phase in FINAL_PHASES} == {"cleared", "failed", "cancelled"}


def test_every_phase_is_reached_from_the_first() -> None:
    """No phase of the table is an orphan."""
    reached = {Phase.COMMITTING}
    while True:
        more = reached | {after for phase in reached for after in TRANSITIONS[phase].values()}
        if more == reached:
            break
        reached = more

    assert reached == set(Phase)


@pytest.mark.parametrize(
    ("stored", "time_ns", "phase"),
    [
        (Phase.COMMITTING, 9, Phase.COMMITTING),
        (Phase.COMMITTING, 10, Phase.REVEALING),
        (Phase.COMMITTING, 19, Phase.REVEALING),
        (Phase.COMMITTING, 20, Phase.CLEARING),
        (Phase.REVEALING, 9, Phase.REVEALING),
        (Phase.REVEALING, 20, Phase.CLEARING),
        (Phase.CLEARING, 99, Phase.CLEARING),
        (Phase.CLEARED, 5, Phase.CLEARED),
        (Phase.CANCELLED, 15, Phase.CANCELLED),
        (Phase.WAITING, 99, Phase.WAITING),
    ],
)
def test_deadlines_are_half_open(stored: Phase, time_ns: int, phase: Phase) -> None:
    """At the deadline itself it is too late."""
    found = compute_phase_at(stored, time_ns, commit_deadline_ns=10, reveal_deadline_ns=20)

    assert found is phase
