"""Files that a user names on the command line; `-` is standard input."""

from __future__ import annotations

import contextlib
import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from plurichain.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plurichain.auction.bid import Bid
    from plurichain.auction.names import BidSide, Side
    from plurichain.auction.terms import Terms

STDIN = "-"
#: Far above any bid or terms; a device file named by mistake must not fill the memory.
MAX_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class InputFile:
    """What was read: ``source`` names it in errors."""

    source: str
    text: str
    digest: bytes


def read_input(path: str) -> InputFile:
    """Read a text file or standard input.

    Raises InputError that names the file if it is missing, not UTF-8 or too large.
    """
    source = "standard input" if path == STDIN else path
    try:
        with open_input(path) as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"{source}: {error.strerror}", remedy="name a file that exists") from None
    if len(data) > MAX_BYTES:
        raise InputError(f"{source}: larger than {MAX_BYTES} bytes")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(f"{source}, line {line}: not UTF-8 text") from None
    return InputFile(source, text, hashlib.sha256(data).digest())


@contextlib.contextmanager
def open_input(path: str) -> Iterator[IO[bytes]]:
    """Open a file or standard input for bytes. Raises OSError."""
    if path == STDIN:
        # Not closed: a passphrase may be asked for after a mnemonic was read.
        yield sys.stdin.buffer
        return
    with Path(path).open("rb") as stream:
        yield stream


def read_terms(path: str) -> Terms:
    """Read a terms TOML. Raises TermsError that names file, line and key."""
    from plurichain.auction.terms_toml import parse_terms_toml

    file = read_input(path)
    return parse_terms_toml(file.text, source=file.source)


def parse_bid_file(file: InputFile, *, names: tuple[str, ...], side: Side) -> Bid:
    """Return the bid in a file: one JSON entry, or the bidder's rows of a CSV.

    ``names`` are what the bidder may be called in it (address, then the key's name).
    ``side`` is that of the auction; a CSV says no side of its own. Raises BidError.
    """
    from plurichain.auction.bid_files import parse_bid_csv, parse_bid_json

    if _is_json(file):
        return parse_bid_json(file.text, source=file.source, bidder=names[0])
    name = _find_csv_name(file.text, names)
    return parse_bid_csv(
        file.text, source=file.source, bidder=name, side=_get_csv_side(file.source, side)
    )


def _is_json(file: InputFile) -> bool:
    if file.source.lower().endswith((".csv", ".json")):
        return file.source.lower().endswith(".json")
    return file.text.lstrip()[:1] in {"{", "["}


def _find_csv_name(text: str, names: tuple[str, ...]) -> str:
    """Return the first of the names that some cell holds; the parser says what is wrong."""
    cells = {cell.strip(' "') for line in text.splitlines() for cell in line.split(",")}
    return next((name for name in names if name in cells), names[0])


def _get_csv_side(source: str, side: Side) -> BidSide:
    from plurichain.auction.names import BidSide, Side

    if side is Side.DOUBLE:
        raise InputError(
            f"{source}: a CSV has no side, and a double auction takes both",
            remedy='write the bid as JSON with "side": "buy" or "sell"',
        )
    return BidSide.BUY if side is Side.FORWARD else BidSide.SELL
