from __future__ import annotations

import pytest

from plurichain.auction.admissibility import find_inadmissible
from plurichain.auction.bid import encode_bid
from plurichain.scenarios.cast import SCRIPTS
from plurichain.scenarios.example import load_example
from plurichain.scenarios.tampering import compute_tampered_bid


@pytest.mark.parametrize("side", SCRIPTS)
def test_a_tampered_bid_is_one_that_the_chain_would_take(side) -> None:
    """It is refused for not being what was sealed, and for nothing else."""
    example = load_example(SCRIPTS[side].example)
    for bid in example.bids.values():
        tampered = compute_tampered_bid(bid)

        assert encode_bid(tampered) != encode_bid(bid)
        assert find_inadmissible(encode_bid(tampered), example.terms) is None
        assert all(
            (new.price > old.price) == (side.text == "reverse")
            for new, old in zip(tampered.steps, bid.steps, strict=True)
        )
