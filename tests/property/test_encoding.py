"""Bytes and texts: whatever is decoded encodes to the same, whatever is written reads again."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from plurichain.auction.admissibility import find_inadmissible, validate_bid
from plurichain.auction.bid import Bid, Step, decode_bid, encode_bid
from plurichain.auction.bid_files import parse_bid_csv, parse_bid_json
from plurichain.auction.commitment import compute_bid_commitment, compute_terms_hash
from plurichain.auction.money import compute_deposit, compute_reveal_escrow
from plurichain.auction.names import BidKind, BidSide, PaymentRule, Settlement, Side
from plurichain.auction.terms import LAST_SECOND, Terms, decode_terms, encode_terms, validate_terms
from plurichain.auction.terms_toml import format_terms_toml, parse_terms_toml
from plurichain.auction.ties import compute_tie_seed
from plurichain.clearing.clear import clear_ndjson
from plurichain.encoding.protobuf import MessageWriter, read_message
from plurichain.errors import BidError, EncodingError, InputError, TermsError
from plurichain.identifiers import Address
from plurichain.units import (
    DURATION_MAX,
    U16_MAX,
    U32_MAX,
    U64_MAX,
    U128_MAX,
    Coin,
    format_coins,
    format_duration,
    make_coins,
    parse_coins,
    parse_duration_ns,
)
from tests.problems import format_problem, problems

QUANTITIES = st.integers(1, 2**59)
PRICES = st.integers(0, U128_MAX)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
LINES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
DENOMS = st.from_regex(r"[a-z][a-z0-9/:._-]{2,9}", fullmatch=True)
COINS = st.dictionaries(DENOMS, st.integers(1, U128_MAX), max_size=3).map(
    lambda amounts: make_coins(amounts.items())
)


@st.composite
def bids(draw: st.DrawFn) -> Bid:
    """Return any bid that has canonical bytes, in order or not."""
    kind = draw(st.sampled_from(BidKind))
    steps = tuple(
        Step(*row) for row in draw(st.lists(st.tuples(QUANTITIES, PRICES), min_size=1, max_size=9))
    )
    minimum = draw(QUANTITIES) if kind is BidKind.BLOCK else 0
    return Bid(kind, draw(st.sampled_from(BidSide)), steps, minimum)


@st.composite
def any_terms(draw: st.DrawFn) -> Terms:
    """Return any terms that have canonical bytes, sensible or not."""
    windows, prices = st.integers(0, DURATION_MAX), st.none() | PRICES
    kinds = draw(st.sets(st.sampled_from(BidKind), min_size=1))
    return Terms(
        side=draw(st.sampled_from(Side)),
        payment_rule=draw(st.sampled_from(PaymentRule)),
        kinds=tuple(sorted(kinds)),
        quantity=draw(st.integers(0, U64_MAX)),
        lot_denom=draw(TEXTS),
        payment_denom=draw(TEXTS),
        reserve_price=draw(prices),
        price_limit=draw(prices),
        max_quantity=draw(st.integers(0, U64_MAX)),
        max_steps=draw(st.integers(1, U16_MAX)),
        deposit=draw(COINS),
        commit_window_ns=draw(windows),
        reveal_window_ns=draw(windows),
        settlement=draw(st.sampled_from(Settlement)),
        delivery_window_ns=draw(windows),
        max_bidders=draw(st.integers(0, U32_MAX)),
        title=draw(TEXTS),
        delivery_start=draw(st.integers(0, U64_MAX)),
        delivery_end=draw(st.integers(0, U64_MAX)),
    )


@st.composite
def valid_terms(draw: st.DrawFn) -> Terms:
    """Return terms that a chain takes."""
    side = draw(st.sampled_from((Side.FORWARD, Side.REVERSE)))
    limit = draw(st.integers(1, U128_MAX))
    award = draw(st.booleans())
    windows = st.integers(1, DURATION_MAX)
    start = draw(st.integers(1, LAST_SECOND - 1))
    has_interval = draw(st.booleans())
    return Terms(
        side=side,
        payment_rule=draw(st.sampled_from((PaymentRule.PAY_AS_BID, PaymentRule.VCG))),
        quantity=draw(st.integers(1, U64_MAX)),
        lot_denom="watthour",
        payment_denom="ueur",
        reserve_price=limit if side is Side.REVERSE else draw(st.none() | st.integers(0, limit)),
        price_limit=limit if side is Side.FORWARD else None,
        max_quantity=draw(st.integers(0, U64_MAX)),
        max_steps=draw(st.integers(1, U16_MAX)),
        deposit=draw(COINS),
        commit_window_ns=draw(windows),
        reveal_window_ns=draw(windows),
        settlement=Settlement.AWARD if award else Settlement.COINS,
        delivery_window_ns=draw(windows) if award else 0,
        max_bidders=draw(st.integers(0, U32_MAX)),
        title=draw(LINES),
        delivery_start=start if has_interval else 0,
        delivery_end=draw(st.integers(start + 1, LAST_SECOND)) if has_interval else 0,
    )


@given(bids())
def test_bids_decode_to_themselves(bid: Bid) -> None:
    """Encoding loses nothing."""
    assert decode_bid(encode_bid(bid)) == bid


@given(st.binary(max_size=60) | bids().map(encode_bid), st.integers(0, 60), st.binary(max_size=2))
def test_bid_bytes_are_canonical_or_refused(data: bytes, at: int, more: bytes) -> None:
    """Bytes changed anywhere decode to a bid with just these bytes, or not at all."""
    changed = data[:at] + more + data[at + 1 :]
    try:
        bid = decode_bid(changed)
    except EncodingError:
        return
    assert encode_bid(bid) == changed


@given(any_terms())
def test_terms_decode_to_themselves(terms: Terms) -> None:
    """Encoding loses nothing, and equal hashes mean equal terms."""
    data = encode_terms(terms)

    assert decode_terms(data) == terms
    assert compute_terms_hash(decode_terms(data)) == compute_terms_hash(terms)


@given(any_terms().map(encode_terms), st.integers(0, 200), st.binary(max_size=2))
def test_terms_bytes_are_canonical_or_refused(data: bytes, at: int, more: bytes) -> None:
    """Bytes changed anywhere decode to terms with just these bytes, or not at all."""
    changed = data[:at] + more + data[at + 1 :]
    try:
        terms = decode_terms(changed)
    except EncodingError:
        return
    assert encode_terms(terms) == changed


@given(any_terms())
def test_any_terms_are_valid_or_refused(terms: Terms) -> None:
    """Nothing but a TermsError comes out, and it is one line."""
    try:
        validate_terms(terms)
    except TermsError as error:
        assert len(error.cause.splitlines()) == 1  # noqa: PT017


@given(valid_terms())
def test_terms_toml_reads_as_it_was_written(terms: Terms) -> None:
    """What a chain takes can be written, read and written again."""
    text = format_terms_toml(terms)

    assert parse_terms_toml(text, source="terms.toml") == terms


@given(st.text())
def test_any_text_is_terms_or_refused(text: str) -> None:
    """Nothing but a TermsError comes out."""
    try:
        parse_terms_toml(text, source="terms.toml")
    except TermsError as error:
        assert error.cause.startswith("terms.toml")  # noqa: PT017


@given(bids(), valid_terms())
def test_the_client_refuses_what_the_chain_forfeits(bid: Bid, terms: Terms) -> None:
    """validate_bid raises exactly where find_inadmissible has a reason."""
    try:
        validate_bid(bid, terms)
    except BidError:
        assert find_inadmissible(encode_bid(bid), terms) is not None
    else:
        assert find_inadmissible(encode_bid(bid), terms) is None


@given(bids(), valid_terms())
def test_the_default_deposit_covers_every_admissible_buyer(bid: Bid, terms: Terms) -> None:
    """With the default deposit a buyer adds nothing at the reveal, so anyone may relay it."""
    assume(terms.side is Side.FORWARD and not terms.deposit)
    if find_inadmissible(encode_bid(bid), terms) is None:
        assert compute_reveal_escrow(bid, terms, compute_deposit(terms)) == ()


@given(bids(), TEXTS)
def test_a_bid_file_reads_as_it_was_written(bid: Bid, name: str) -> None:
    """JSON with integers or text, with a bidder or without."""
    key = "options" if bid.kind is BidKind.CHOICE else "steps"
    entry: dict[str, Any] = {
        "side": bid.side.text,
        "kind": bid.kind.text,
        key: [[step.quantity, str(step.price)] for step in bid.steps],
    }
    if bid.kind is BidKind.BLOCK:
        entry["minimum"] = bid.minimum

    assert parse_bid_json(json.dumps(entry), source="bid.json", bidder=name) == bid
    assert parse_bid_json(json.dumps(entry | {"bidder": name}), source="x", bidder=name) == bid


@given(st.text())
def test_any_text_is_a_bid_or_refused(text: str) -> None:
    """Nothing but a BidError that names the file comes out."""
    for parse in (
        lambda: parse_bid_json(text, source="file"),
        lambda: parse_bid_csv(text, source="file", bidder="a", side=BidSide.BUY),
        lambda: parse_bid_csv(
            "bidder,quantity,price\na," + text, source="file", bidder="a", side=BidSide.BUY
        ),
    ):
        try:
            parse()
        except BidError as error:
            assert error.cause.startswith("file")  # noqa: PT017


@given(st.integers(0, DURATION_MAX))
def test_durations_read_as_they_were_written(duration_ns: int) -> None:
    """The written form is exact."""
    assert parse_duration_ns(format_duration(duration_ns)) == duration_ns


@given(COINS)
def test_coins_read_as_they_were_written(coins: tuple[Coin, ...]) -> None:
    """In order of denom, each once."""
    assert parse_coins(format_coins(coins)) == coins


@given(
    st.binary(min_size=20, max_size=20) | st.binary(min_size=32, max_size=32), st.integers(0, 70)
)
def test_one_wrong_letter_in_an_address_is_found(raw: bytes, at: int) -> None:
    """The checksum finds every single error."""
    text = str(Address(raw, "pluri"))
    assert Address.parse(text, prefix="pluri") == Address(raw, "pluri")
    at %= len(text)
    wrong = text[:at] + ("q" if text[at] != "q" else "p") + text[at + 1 :]
    try:
        Address.parse(wrong, prefix="pluri")
    except InputError:
        return
    raise AssertionError(wrong)


@given(st.binary(max_size=40))
def test_messages_are_canonical_or_refused(data: bytes) -> None:
    """A message of varints and bytes is written again as it was read."""
    try:
        fields = read_message(data)
    except EncodingError:
        return
    assume(all(field.wire in (0, 2) for field in fields))
    writer = MessageWriter()
    for field in fields:
        if field.wire == 2:
            writer.write_message(field.number, field.as_bytes())
        elif field.as_uint():
            writer.write_uint(field.number, field.as_uint())
        else:
            return
    assert writer.finish() == data


@given(
    st.tuples(TEXTS, st.integers(0, U64_MAX), st.binary(max_size=32), st.binary(max_size=50)),
    st.tuples(TEXTS, st.integers(0, U64_MAX), st.binary(max_size=32), st.binary(max_size=50)),
)
def test_different_bids_have_different_commitments(left: Any, right: Any) -> None:
    """No part of a preimage can pass for another."""

    def commit(parts: tuple[str, int, bytes, bytes]) -> bytes:
        chain_id, auction_id, bidder, bid_bytes = parts
        return compute_bid_commitment(
            chain_id=chain_id,
            auction_id=auction_id,
            bidder=bidder,
            terms_hash=bytes(32),
            bid_bytes=bid_bytes,
            salt=bytes(32),
        )

    assert (commit(left) == commit(right)) == (left == right)


@given(
    st.dictionaries(st.binary(max_size=4), st.binary(min_size=32, max_size=32), max_size=4),
    st.randoms(),
)
def test_the_order_of_openings_does_not_move_the_seed(
    openings: dict[bytes, bytes], rng: Any
) -> None:
    """It is a set that is hashed."""
    rows = list(openings.items())
    rng.shuffle(rows)

    assert compute_tie_seed("c", 1, rows) == compute_tie_seed("c", 1, openings.items())


@given(problems().map(format_problem) | st.text(), st.integers(0, 400), st.text(max_size=2))
def test_any_line_is_answered_by_one_line(text: str, at: int, more: str) -> None:
    """Nothing but a result or a refusal comes out."""
    (answer,) = clear_ndjson([text[:at] + more + text[at + 1 :]])

    assert "\n" not in answer
    assert json.loads(answer).keys() in ({"refused"}, json.loads(RESULT).keys())
    answer.encode()


RESULT = next(clear_ndjson(['{"side":"forward","quantity":1,"payment_rule":"vcg","bids":[]}']))
