"""The wheel alone does a user's first things: no checkout, an empty HOME, no extras."""

from __future__ import annotations

import hashlib
import json
import tarfile
import zipfile
from pathlib import Path

import bech32
import pytest

from plurichain import __version__

pytestmark = pytest.mark.dist

PROBLEM = {
    "side": "forward",
    "quantity": 4,
    "reserve_price": None,
    "payment_rule": "vcg",
    "tie_seed": "",
    "bids": [
        {"bidder": "a", "kind": "schedule", "steps": [[2, 50], [1, 47]]},
        {"bidder": "b", "kind": "schedule", "steps": [[3, 40]]},
    ],
}
# a gets 3 and displaces two of b's units (40 each); b gets 1 and displaces nobody.
EXPECTED = (
    '{"status":"cleared","welfare":"187","allocation":{"a":"3","b":"1"},'
    '"payment":{"a":"80","b":"0"},"clearing_price":null,"surplus":"0"}\n'
)


def names_in_wheel(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_wheel_carries_the_go_sources_it_builds_from(wheel_env, project_root) -> None:
    """Every Go source that is not a test is in the wheel, and no test of either language."""
    names = names_in_wheel(wheel_env.wheel)
    left_out = {"alien", "aliend", "testdata"}
    sources = {
        "plurichain/_localnet/" + path.relative_to(project_root / "localnet").as_posix()
        for path in (project_root / "localnet").rglob("*.go")
        if not path.name.endswith("_test.go") and not left_out & set(path.parts)
    }

    assert {"plurichain/_localnet/go.mod", "plurichain/_localnet/go.sum"} <= set(names)
    assert sources <= set(names)
    assert "plurichain/py.typed" in names
    assert not [name for name in names if name.endswith("_test.go") or "testdata/" in name]
    assert not [name for name in names if name.startswith("tests/") or "alien" in name]


def test_sdist_has_no_leftovers(wheel_env) -> None:
    """The sdist holds sources only."""
    (sdist,) = wheel_env.wheel.parent.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = archive.getnames()

    assert not [name for name in names if "__pycache__" in name or "/build/" in name]
    assert any(name.endswith("/LICENSE") for name in names)


def test_no_extra_is_installed(wheel_env, tmp_path) -> None:
    """What follows is proven without the optional libraries."""
    result = wheel_env.run(wheel_env.python, "-c", "import matplotlib", cwd=tmp_path)

    assert "No module named 'matplotlib'" in result.stderr


@pytest.mark.parametrize("how", ["script", "module"])
def test_help_and_version(wheel_env, tmp_path, how) -> None:
    """Both ways to start it work."""
    start = [wheel_env.plurichain] if how == "script" else [wheel_env.python, "-m", "plurichain"]

    shown = wheel_env.run(*start, "--help", cwd=tmp_path)
    version = wheel_env.run(*start, "--version", cwd=tmp_path)

    assert shown.returncode == 0, shown.stderr
    assert "auction" in shown.stdout
    assert version.stdout.strip().endswith(__version__)


def test_auction_clear(wheel_env, tmp_path) -> None:
    """A problem file is cleared to the byte."""
    (tmp_path / "problem.json").write_text(json.dumps(PROBLEM))

    result = wheel_env.run(wheel_env.plurichain, "auction", "clear", "problem.json", cwd=tmp_path)

    assert result.returncode == 0, result.stderr
    assert result.stdout == EXPECTED


TERMS = """\
side = "reverse"
payment_rule = "vcg"
quantity = 1000
lot_denom = "watthour"
payment_denom = "ueur"
reserve_price = 500
commit_window = "60s"
reveal_window = "30s"
"""
CHAIN_ID = "plurichain-local-1"
AUCTION_ID = 7
SALT = bytes(range(32))
BIDDER = bytes(range(1, 21))
STEPS = [[300, 80], [200, 120]]


def prefixed(data: bytes) -> bytes:
    """Write LP of the canonical bytes, here once more by hand, not by the package under test."""
    return len(data).to_bytes(4) + data


def expected_seal() -> dict[str, str]:
    """Compute what the command must print, straight from the written-down layout."""
    second = 10**9
    fields = {
        1: b"\2",
        2: b"\5",
        4: (1000).to_bytes(8),
        5: b"watthour",
        6: b"ueur",
        7: (500).to_bytes(16),
        12: (60 * second).to_bytes(8),
        13: (30 * second).to_bytes(8),
    }
    terms = b"\1" + b"".join(key.to_bytes(2) + prefixed(value) for key, value in fields.items())
    terms_hash = hashlib.sha256(prefixed(b"plurichain/auction/terms/v1") + prefixed(terms)).digest()
    pairs = b"".join(quantity.to_bytes(8) + price.to_bytes(16) for quantity, price in STEPS)
    bid = b"\1\1\2" + len(STEPS).to_bytes(2) + pairs
    commitment = hashlib.sha256(
        prefixed(b"plurichain/auction/bid/v1")
        + prefixed(CHAIN_ID.encode())
        + AUCTION_ID.to_bytes(8)
        + prefixed(BIDDER)
        + terms_hash
        + prefixed(bid)
        + SALT
    )
    return {
        "bid_bytes": bid.hex(),
        "terms_hash": terms_hash.hex(),
        "bid_commitment": commitment.hexdigest(),
    }


def test_bid_seal_offline(wheel_env, tmp_path) -> None:
    """A bid is sealed without a node, and a given salt leaves no vault behind."""
    address = bech32.bech32_encode("pluri", bech32.convertbits(BIDDER, 8, 5) or [])
    (tmp_path / "terms.toml").write_text(TERMS)
    (tmp_path / "bid.json").write_text(
        json.dumps({"bidder": address, "side": "sell", "kind": "schedule", "steps": STEPS})
    )

    result = wheel_env.run(
        wheel_env.plurichain, "bid", "seal", "--offline", "--terms", "terms.toml",
        "--auction-id", str(AUCTION_ID), "--chain-id", CHAIN_ID, "--bidder", address,
        "--bid", "bid.json", "--salt", SALT.hex(), "--output", "json", cwd=tmp_path,
    )  # fmt: skip

    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout) == expected_seal()
    assert SALT.hex() not in result.stderr
    assert [path for path in (tmp_path / "home").rglob("*") if path.is_file()] == []
