"""The public names as a typed program uses them: read by mypy --strict, never run.

Checked against the installed wheel, so it also proves that the wheel carries its types.
"""

from pathlib import Path
from typing import assert_type

import plurichain
from plurichain.auction.bid import Bid, Step, decode_bid, encode_bid
from plurichain.auction.commitment import compute_bid_commitment, compute_terms_hash
from plurichain.auction.names import BidKind, BidSide, Phase
from plurichain.auction.terms import Terms, decode_terms, encode_terms
from plurichain.auction.terms_toml import parse_terms_toml
from plurichain.clearing.clear import clear_json, compute_result
from plurichain.clearing.problem import Problem
from plurichain.clearing.problem_json import parse_problem
from plurichain.clearing.result import ClearingResult
from plurichain.errors import PlurichainError
from plurichain.harness import LocalChain, Topology, make_plurid_topology
from plurichain.identifiers import Address

assert_type(plurichain.__version__, str)


def seal(text: str, address: str, salt: bytes) -> bytes:
    """Seal a bid, with a type for every step."""
    terms = parse_terms_toml(text, source="terms.toml")
    assert_type(terms, Terms)
    assert_type(encode_terms(terms), bytes)
    assert_type(decode_terms(b""), Terms)

    bid = Bid(kind=BidKind.SCHEDULE, side=BidSide.SELL, steps=(Step(quantity=3, price=80),))
    assert_type(bid.steps[0].price, int)
    assert_type(decode_bid(encode_bid(bid)), Bid)

    bidder = Address.parse(address)
    assert_type(bidder.raw, bytes)
    commitment = compute_bid_commitment(
        chain_id="plurichain-local-1",
        auction_id=1,
        bidder=bidder.raw,
        terms_hash=compute_terms_hash(terms),
        bid_bytes=encode_bid(bid),
        salt=salt,
    )
    return assert_type(commitment, bytes)


def clear(text: str) -> int:
    """Clear a problem, as JSON and as objects."""
    assert_type(clear_json(text), str)
    problem = parse_problem(text)
    assert_type(problem, Problem)
    result = compute_result(problem)
    assert_type(result, ClearingResult)
    return assert_type(result.welfare, int)


def start(binary: Path) -> Topology:
    """Describe a chain of one's own."""
    LocalChain  # noqa: B018
    return assert_type(make_plurid_topology(binary), Topology)


def explain(error: PlurichainError) -> str:
    """Show an error the way the command line does."""
    assert_type(error.cause, str)
    assert_type(error.remedy, str)
    return assert_type(str(Phase.REVEALING), str)


# What must not pass: a price that is no integer, a bid of the wrong side's type.
Step(quantity=3, price=0.5)  # type: ignore[arg-type]
Bid(kind="schedule", side=BidSide.SELL, steps=())  # type: ignore[arg-type]
