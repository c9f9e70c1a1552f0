"""`bid seal --offline`: commitments from files alone, and every bad file named."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from plurichain.auction.commitment import compute_bid_commitment, compute_terms_hash
from plurichain.auction.terms_toml import parse_terms_toml
from plurichain.identifiers import Address
from tests.unit.cli.conftest import Run

BIDDER = Address(bytes(range(20)), "pluri")
OTHER = Address(bytes(range(1, 21)), "pluri")
SALT = bytes(range(32))
TERMS = """\
side = "reverse"
payment_rule = "vcg"
quantity = 10000
lot_denom = "watthour"
payment_denom = "ueur"
reserve_price = 500
max_steps = 3
max_quantity = 5000
commit_window = "15s"
reveal_window = "15s"
"""
STEPS = [[1000, 10], [2000, 20]]
#: U8(1) U8(1) U8(2) U16(2), then the two pairs of U64 and U128.
BID_BYTES = bytes.fromhex("0101020002" + f"{1000:016x}{10:032x}" + f"{2000:016x}{20:032x}")


@pytest.fixture
def seal(run: Callable[..., Run], tmp_path: Path) -> Callable[..., Run]:
    """Give a function that seals the bid text of a file called so."""
    (tmp_path / "terms.toml").write_text(TERMS, encoding="utf-8")

    def seal_bid(name: str, text: str, *more: str, salt: str | None = SALT.hex()) -> Run:
        (tmp_path / name).write_text(text, encoding="utf-8")
        arguments = {
            "--terms": str(tmp_path / "terms.toml"),
            "--auction-id": "7",
            "--chain-id": "plurigrid-1",
            "--bidder": str(BIDDER),
            "--bid": str(tmp_path / name),
        }
        if salt is not None:
            arguments["--salt"] = salt
        words = [word for pair in arguments.items() for word in pair]
        return run("bid", "seal", "--offline", *words, "--output", "json", *more)

    return seal_bid


def make_bid(**changes: object) -> str:
    """Return a JSON bid; a change to None leaves the key out."""
    entry = {"kind": "schedule", "side": "sell", "steps": STEPS} | changes
    return json.dumps({key: value for key, value in entry.items() if value is not None})


CSV = f"bidder,quantity,price\n{OTHER},9,9\n{BIDDER},1000,10\n{BIDDER},2000,20\n{OTHER},x,y\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("bid.json", make_bid()),
        ("bid", make_bid()),
        ("bid.json", make_bid(bidder=str(BIDDER))),
        ("bid.json", make_bid(steps=[["1000", "10"], ["2000", "20"]])),
        ("bid.csv", CSV),
        ("bids.txt", CSV),
        ("bid.csv", "\ufeff" + CSV.replace("\n", "\r\n")),
    ],
)
def test_exactly_the_bytes_of_the_design(seal: Callable[..., Run], name: str, text: str) -> None:
    shown = seal(name, text)

    assert shown.status == 0, shown.err
    terms_hash = compute_terms_hash(parse_terms_toml(TERMS, source="terms"))
    commitment = compute_bid_commitment(
        chain_id="plurigrid-1",
        auction_id=7,
        bidder=BIDDER.raw,
        terms_hash=terms_hash,
        bid_bytes=BID_BYTES,
        salt=SALT,
    )
    assert json.loads(shown.out) == {
        "bid_bytes": BID_BYTES.hex(),
        "terms_hash": terms_hash.hex(),
        "bid_commitment": commitment.hex(),
    }


def test_the_commitment_is_the_one_of_the_layout_written_out(seal: Callable[..., Run]) -> None:
    """Computed here from design 3.1 alone, with no code of ours."""

    def lp(data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + data

    shown = json.loads(seal("bid.json", make_bid()).out)
    preimage = (
        lp(b"plurichain/auction/bid/v1")
        + lp(b"plurigrid-1")
        + (7).to_bytes(8, "big")
        + lp(BIDDER.raw)
        + bytes.fromhex(shown["terms_hash"])
        + lp(BID_BYTES)
        + SALT
    )
    assert shown["bid_commitment"] == hashlib.sha256(preimage).hexdigest()


def test_a_salt_warns_and_writes_nothing(seal: Callable[..., Run]) -> None:
    shown = seal("bid.json", make_bid())

    assert shown.err.startswith("warning: --salt is for test vectors")
    assert SALT.hex() not in shown.err + shown.out
    assert not Path(os.environ["PLURICHAIN_HOME"]).exists()


BAD_BIDS = [
    ("b.csv", f"bidder,quantity,price\n{BIDDER},-5,10\n", "b.csv, line 2, column quantity: '-5'"),
    ("b.csv", f"bidder,quantity,price\n{BIDDER},5,1.5\n", "b.csv, line 2, column price: '1.5'"),
    ("b.csv", f"bidder,quantity,price\n{BIDDER},,10\n", "line 2, column quantity: the number is"),
    ("b.csv", f"bidder,quantity,price\n{BIDDER},5\n", "line 2: 2 columns, not 3"),
    ("b.csv", f"bidder,quantity,price\n{BIDDER},5,1e3\n", "line 2, column price: '1e3'"),
    ("b.csv", f"bidder,quantity,price\n{BIDDER},{2**64},1\n", "line 2, column quantity"),
    ("b.csv", f"bidder,quantity,price\n{BIDDER},1,{'9' * 5000}\n", "line 2, column price"),
    ("b.csv", f"bidder,quantity,price\n{BIDDER},0,1\n", "line 2, column quantity: '0'"),
    ("b.csv", f"bidder,quantity,price\n{BIDDER},5,5\n{BIDDER},5,5\n", "line 3: repeats line 2"),
    ("b.csv", f"bidder,quantity\n{BIDDER},5\n", "line 1: the column price is missing"),
    ("b.csv", f"bidder,quantity,price,price\n{BIDDER},5,5,5\n", "line 1: the column price is rep"),
    ("b.csv", f"bidder,quantity,price\n{OTHER},5,5\n", "no row of bidder"),
    ("b.csv", "", "the column bidder is missing"),
    ("b.csv", f"bidder,quantity,price\n{BIDDER},5,9\n{BIDDER},5,8\n", "must not decrease"),
    ("b.json", make_bid(steps=[[5, 9], [5, 8]]), "steps[1]: price 8 is below 9"),
    ("b.json", make_bid(side="buy"), "side: buy is not what a reverse auction takes"),
    ("b.json", make_bid(side=None), "side: missing"),
    ("b.json", make_bid(bidder=str(OTHER)), "bidder:"),
    ("b.json", make_bid(steps=[[1, 1]] * 4), "steps: 4 are more than max_steps 3"),
    ("b.json", make_bid(steps=[[5001, 1]]), "quantity: 5001 units are more than max_quantity 5000"),
    ("b.json", make_bid(kind="choice", steps=None, options=[[1, 1]]), "kind: choice is not"),
    ("b.json", make_bid(steps=[[1, 1.5]]), "steps[0] price"),
    ("b.json", make_bid(steps=[]), "steps: not a list"),
    ("b.json", make_bid(more=1), "more: unknown key"),
    ("b.json", '{"kind": "schedule", "kind": "block"}', "kind: the key is written twice"),
    ("b.json", "{", "b.json, line 1: not valid JSON"),
    ("b.json", "[" * 100_000, "not valid JSON: nested too deep"),
]


@pytest.mark.parametrize(("name", "text", "said"), BAD_BIDS)
def test_a_bad_bid_is_named_and_nothing_is_sealed(
    seal: Callable[..., Run], tmp_path: Path, name: str, text: str, said: str
) -> None:
    shown = seal(name, text)

    assert shown.status == 1
    assert shown.out == ""
    assert said in shown.err.splitlines()[0]
    assert len(shown.err.splitlines()) <= 2
    assert not Path(os.environ["PLURICHAIN_HOME"]).exists()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('side = "sideways"', "terms.toml, line 1: side: 'sideways' is not one of"),
        ("quantity = -1", "terms.toml, line 3: quantity"),
        ("commit_window = 15", "terms.toml, line 9: commit_window"),
        ("colour = 1", "terms.toml, line 11: unknown key 'colour'"),
        ("quantity = ", "terms.toml: not valid TOML"),
    ],
)
def test_a_broken_terms_file_names_line_and_key(
    run: Callable[..., Run],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    line: str,
    said: str,
) -> None:
    key = line.partition(" ")[0]
    lines = [line if old.startswith(f"{key} ") else old for old in TERMS.splitlines()]
    if line not in lines:
        lines.append(line)
    (tmp_path / "terms.toml").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "bid.json").write_text(make_bid(), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    shown = run(
        *[
            "bid",
            "seal",
            "--offline",
            "--terms",
            "terms.toml",
            "--auction-id",
            "7",
            "--chain-id",
            "c-1",
        ],
        *f"--bidder {BIDDER} --bid bid.json --salt {SALT.hex()}".split(),
    )

    assert shown.status == 1
    assert said in shown.err


@pytest.mark.parametrize(
    ("option", "value", "status", "said"),
    [
        ("--bidder", str(BIDDER)[:-1] + "p", 1, "--bidder: "),
        ("--bidder", "pluri1", 1, "--bidder: "),
        ("--chain-id", "a b", 1, "--chain-id: 'a b' is not a chain id"),
        ("--terms", "missing.toml", 1, "missing.toml: No such file or directory"),
        ("--bid", "missing.json", 1, "missing.json: No such file or directory"),
        ("--auction-id", str(2**64), 2, "--auction-id"),
        ("--salt", "ab" * 31, 2, "--salt: not 64 hex digits"),
        ("--salt", "zz" * 32, 2, "--salt: not 64 hex digits"),
    ],
)
def test_a_wrong_option_is_named(
    seal: Callable[..., Run], option: str, value: str, status: int, said: str
) -> None:
    shown = seal("bid.json", make_bid(), option, value)

    assert shown.status == status
    assert said in shown.err
    if option == "--salt":
        assert value not in shown.err


def test_without_salt_and_key_it_says_where_salts_come_from(seal: Callable[..., Run]) -> None:
    shown = seal("bid.json", make_bid(), salt=None)

    assert shown.status == 1
    assert "a salt comes from a key" in shown.err
    assert "plurichain keys add" in shown.err


def test_nothing_secret_is_logged(
    seal: Callable[..., Run], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log = tmp_path / "log"
    with caplog.at_level(logging.DEBUG):
        seal("bid.json", make_bid(), "-vv", "--log-format", "json", "--log-file", str(log))

    for text in (caplog.text, log.read_text(encoding="utf-8")):
        assert SALT.hex() not in text
        assert BID_BYTES.hex() not in text
    assert log.stat().st_mode & 0o777 == 0o600
