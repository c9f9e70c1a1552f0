"""The hashes of a sealed bid. Computed here from their preimages by hashlib and hmac alone."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from tests.vectors.cases.bids import ONE
from tests.vectors.cases.common import Vector, vector
from tests.vectors.cases.terms import HEAD, WINDOWS

PREIMAGE = "preimage written out by hand, hashed by Python's hashlib"
MAC = "preimage written out by hand, keyed hash by Python's hmac"


def _lp(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def _u64(value: int) -> bytes:
    return value.to_bytes(8, "big")


TERMS = bytes.fromhex("01" + HEAD + WINDOWS)
BID = bytes.fromhex("0101010001" + ONE)
TERMS_HASH = hashlib.sha256(_lp(b"plurichain/auction/terms/v1") + _lp(TERMS)).digest()
ALICE = bytes(range(20))
VAULT = bytes(range(100, 132))
SALT = bytes(range(32))
PRIVATE_KEY = bytes.fromhex("11" * 32)
BID_KEY = hmac.digest(PRIVATE_KEY, _lp(b"plurichain/auction/bid_key/v1"), "sha256")


def _show(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return [[part.hex() for part in row] for row in value]
    return str(value)


def _vector(function: str, name: str, provenance: str, digest: bytes, **given: Any) -> Vector:
    arguments = {key: _show(value) for key, value in given.items()}
    return vector(
        f"{function}: {name}",
        provenance,
        {"function": function, **arguments},
        {"hash": digest.hex()},
    )


def _terms_hash(name: str, data: bytes) -> Vector:
    digest = hashlib.sha256(_lp(b"plurichain/auction/terms/v1") + _lp(data)).digest()
    return _vector("terms_hash", name, PREIMAGE, digest, terms_bytes=data)


def _bid_commitment(name: str, **changed: Any) -> Vector:
    given: dict[str, Any] = {
        "chain_id": "plurid-1",
        "auction_id": 1,
        "bidder": ALICE,
        "terms_hash": TERMS_HASH,
        "bid_bytes": BID,
        "salt": SALT,
        **changed,
    }
    preimage = _lp(b"plurichain/auction/bid/v1") + _lp(given["chain_id"].encode())
    preimage += _u64(given["auction_id"]) + _lp(given["bidder"]) + given["terms_hash"]
    preimage += _lp(given["bid_bytes"]) + given["salt"]
    digest = hashlib.sha256(preimage).digest()
    return _vector("bid_commitment", name, PREIMAGE, digest, **given)


def _salt(name: str, **changed: Any) -> Vector:
    given: dict[str, Any] = {
        "bid_key": BID_KEY,
        "chain_id": "plurid-1",
        "auction_id": 1,
        "bidder": ALICE,
        "attempt": 1,
        "terms_hash": TERMS_HASH,
        "bid_bytes": BID,
        **changed,
    }
    preimage = _lp(b"plurichain/auction/salt/v1") + _lp(given["chain_id"].encode())
    preimage += _u64(given["auction_id"]) + _lp(given["bidder"])
    preimage += given["attempt"].to_bytes(4, "big") + given["terms_hash"] + _lp(given["bid_bytes"])
    digest = hmac.digest(given["bid_key"], preimage, "sha256")
    return _vector("salt", name, MAC, digest, **given)


def _bid_key(name: str, private_key: bytes) -> Vector:
    digest = hmac.digest(private_key, _lp(b"plurichain/auction/bid_key/v1"), "sha256")
    return _vector("bid_key", name, MAC, digest, private_key=private_key)


def _rank(name: str, tie_seed: bytes, bidder: str) -> Vector:
    preimage = _lp(b"plurichain/auction/rank/v1") + _lp(tie_seed) + _lp(bidder.encode())
    digest = hashlib.sha256(preimage).digest()
    return vector(
        f"rank: {name}",
        PREIMAGE,
        {"function": "rank", "tie_seed": tie_seed.hex(), "name": bidder},
        {"hash": digest.hex()},
    )


def _tie_seed(name: str, chain_id: str, openings: list[tuple[bytes, bytes]]) -> Vector:
    preimage = _lp(b"plurichain/auction/tie/v1") + _lp(chain_id.encode()) + _u64(7)
    preimage += len(openings).to_bytes(4, "big")
    for bidder, salt in sorted(openings):
        preimage += _lp(bidder) + salt
    digest = hashlib.sha256(preimage).digest()
    return _vector(
        "tie_seed", name, PREIMAGE, digest, chain_id=chain_id, auction_id=7, openings=openings
    )


def make_vectors() -> list[Vector]:
    """Return vectors of all six hashes."""
    zero = bytes(32)
    pair = [(VAULT, SALT), (ALICE, zero)]
    return [
        _terms_hash("least terms", TERMS),
        _terms_hash("with a title", TERMS + bytes.fromhex("001100000004546f776e")),
        _bid_commitment("one step"),
        _bid_commitment("32-byte address", bidder=VAULT),
        _bid_commitment("greatest auction id, empty chain id", auction_id=2**64 - 1, chain_id=""),
        _bid_commitment("chain id that is not ASCII", chain_id="kä-1"),
        _bid_commitment("another salt", salt=zero),
        _bid_commitment("sixteen steps", bid_bytes=bytes.fromhex("0101010010" + ONE * 16)),
        _bid_key("a key", PRIVATE_KEY),
        _bid_key("least key", bytes(31) + b"\x01"),
        _salt("first attempt"),
        _salt("second attempt", attempt=2),
        _salt("greatest attempt", attempt=2**32 - 1),
        _salt("32-byte address", bidder=VAULT),
        _rank("no seed", b"", "a"),
        _rank("a seed of 32 bytes", SALT, ALICE.hex()),
        _rank("a name that is not ASCII", b"\x01", "Wärme ⚡"),
        _tie_seed("no opening", "plurid-1", []),
        _tie_seed("one opening", "plurid-1", pair[1:]),
        _tie_seed("two openings, given out of order", "plurid-1", pair),
        _tie_seed("two openings, given in order", "plurid-1", pair[::-1]),
        _tie_seed(
            "a short bidder before a longer one", "c", [(b"\x01\x00", SALT), (b"\x01", zero)]
        ),
    ]
