from __future__ import annotations

import csv
from pathlib import Path

import pytest

import plurichain
from plurichain.auction.admissibility import find_inadmissible
from plurichain.auction.bid import encode_bid
from plurichain.auction.bid_files import parse_bid_csv
from plurichain.auction.names import BidSide, Side
from plurichain.errors import BidError, InputError
from plurichain.scenarios.cast import SCRIPTS
from plurichain.scenarios.example import (
    format_bid_csv,
    get_examples_folder,
    load_example,
    stretch,
)

BLOCK_WH = 1_000


@pytest.mark.parametrize("side", SCRIPTS)
def test_every_example_can_be_played(side: Side) -> None:
    """Ten bidders with whole kWh blocks, all admissible; the two of the script are there."""
    script = SCRIPTS[side]
    example = load_example(script.example)

    assert example.terms.side is side
    assert len(example.bids) == 10
    assert {script.forgetful, script.interrupted} <= set(example.bids)
    for bid in example.bids.values():
        assert find_inadmissible(encode_bid(bid), example.terms) is None
        assert all(step.quantity % BLOCK_WH == 0 for step in bid.steps)


@pytest.mark.parametrize("name", ["town-tender", "town-sale"])
def test_the_files_are_plain(name: str) -> None:
    """No blank, no repeated row, no other column; a README beside them names the licences."""
    folder = get_examples_folder() / name
    text = (folder / "bids.csv").read_bytes().decode("ascii")
    rows = list(csv.reader(text.splitlines()))

    assert text.endswith("\n")
    assert "\r" not in text
    assert rows[0] == ["bidder", "quantity", "price"]
    assert len({tuple(row) for row in rows}) == len(rows)
    assert all(len(row) == 3 and row[1].isdigit() and row[2].isdigit() for row in rows[1:])
    assert "licence" in (folder / "README.md").read_text(encoding="utf-8")


def test_the_lot_is_contested() -> None:
    """What is offered is more than what is wanted, and the other way round in the sale."""
    for script in SCRIPTS.values():
        example = load_example(script.example)
        missing = example.bids[script.forgetful].total_quantity
        total = sum(bid.total_quantity for bid in example.bids.values())
        assert total - missing > example.terms.quantity == 100_000


def test_a_bidder_gets_its_own_rows_only() -> None:
    bids = load_example("town-tender").bids
    text = format_bid_csv("wind-mill", bids["wind-mill"])

    assert (
        parse_bid_csv(text, source="x", bidder="wind-mill", side=BidSide.SELL)
        == (bids["wind-mill"])
    )
    with pytest.raises(BidError):
        parse_bid_csv(text, source="x", bidder="wind-ridge", side=BidSide.SELL)


def test_stretching_changes_the_windows_only() -> None:
    example = load_example("town-sale")
    slow = stretch(example, 3)

    assert slow.terms.commit_window_ns == 3 * example.terms.commit_window_ns
    assert slow.terms.reveal_window_ns == 3 * example.terms.reveal_window_ns
    assert stretch(example, 1) == example
    assert slow.bids == example.bids


def test_a_missing_example_is_named() -> None:
    with pytest.raises(InputError, match=r"no-such/terms\.toml: No such file"):
        load_example("no-such")


def test_an_installation_without_examples(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(plurichain, "__file__", str(tmp_path / "plurichain" / "__init__.py"))

    with pytest.raises(InputError, match="the examples are not installed"):
        get_examples_folder()

    copy = tmp_path / "plurichain" / "_examples" / "town-tender"
    copy.mkdir(parents=True)
    (copy / "terms.toml").touch()
    assert get_examples_folder() == copy.parent
