"""The inputs that come with plurichain: terms and bids of a town's auctions."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import plurichain
from plurichain.auction.bid import Bid
from plurichain.auction.bid_files import CSV_COLUMNS, parse_bid_csv
from plurichain.auction.names import BidSide, Side
from plurichain.auction.terms import Terms
from plurichain.auction.terms_toml import parse_terms_toml
from plurichain.errors import InputError


@dataclass(frozen=True, slots=True)
class Example:
    """An auction to be played: its terms, and what each bidder will seal."""

    name: str
    terms: Terms
    bids: Mapping[str, Bid]


def get_examples_folder() -> Path:
    """Return the folder of examples: of the checkout, or the wheel's own copy.

    Raises InputError if there is neither.
    """
    package = Path(plurichain.__file__).resolve().parent
    for folder in (package.parent / "examples", package / "_examples"):
        if (folder / "town-tender" / "terms.toml").is_file():
            return folder
    raise InputError(
        "the examples are not installed", remedy="install plurichain again, from its wheel"
    )


def load_example(name: str) -> Example:
    """Return an example by the name of its folder. Raises InputError that names the place."""
    folder = get_examples_folder() / name
    terms_path, bids_path = folder / "terms.toml", folder / "bids.csv"
    terms = parse_terms_toml(read_example_file(terms_path), source=str(terms_path))
    side = BidSide.BUY if terms.side is Side.FORWARD else BidSide.SELL
    text = read_example_file(bids_path)
    bidders = dict.fromkeys(row.get("bidder", "") for row in csv.DictReader(io.StringIO(text)))
    bids = {
        bidder: parse_bid_csv(text, source=str(bids_path), bidder=bidder, side=side)
        for bidder in bidders
    }
    return Example(name, terms, bids)


def stretch(example: Example, factor: int) -> Example:
    """Return the example with ``factor`` times as long to commit and to reveal."""
    terms = replace(
        example.terms,
        commit_window_ns=example.terms.commit_window_ns * factor,
        reveal_window_ns=example.terms.reveal_window_ns * factor,
    )
    return replace(example, terms=terms)


def format_bid_csv(bidder: str, bid: Bid) -> str:
    """Return the file that a bidder gives to `plurichain bid`: its own rows and no others."""
    rows = [",".join(CSV_COLUMNS)]
    rows += [f"{bidder},{step.quantity},{step.price}" for step in bid.steps]
    return "\n".join(rows) + "\n"


def read_example_file(path: Path) -> str:
    """Return the text of a file of the examples. Raises InputError."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None
