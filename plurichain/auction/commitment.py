"""The hashes that seal a bid (design 3.1)."""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from plurichain.auction.terms import Terms, encode_terms
from plurichain.encoding.canonical import lp, u32, u64
from plurichain.errors import EncodingError

HASH_LENGTH: Final = 32
TERMS_DOMAIN: Final = "plurichain/auction/terms/v1"
BID_DOMAIN: Final = "plurichain/auction/bid/v1"
BID_KEY_DOMAIN: Final = "plurichain/auction/bid_key/v1"
SALT_DOMAIN: Final = "plurichain/auction/salt/v1"


def _validate_length(name: str, value: bytes) -> None:
    # These stand bare in a preimage; another length would make it ambiguous.
    if len(value) != HASH_LENGTH:
        raise EncodingError(f"{name}: {len(value)} bytes are not {HASH_LENGTH}")


def compute_terms_hash(terms: Terms) -> bytes:
    """Return the 32 bytes that stand for the terms; raises EncodingError as encode_terms."""
    return hashlib.sha256(lp(TERMS_DOMAIN) + lp(encode_terms(terms))).digest()


def compute_bid_commitment(
    *,
    chain_id: str,
    auction_id: int,
    bidder: bytes,
    terms_hash: bytes,
    bid_bytes: bytes,
    salt: bytes,
) -> bytes:
    """Return the 32-byte commitment to a bid.

    ``bidder`` is the raw address. Raises EncodingError if ``terms_hash`` or ``salt`` is
    not 32 bytes or ``auction_id`` does not fit 64 bits.
    """
    _validate_length("terms_hash", terms_hash)
    _validate_length("salt", salt)
    head = lp(BID_DOMAIN) + lp(chain_id) + u64(auction_id) + lp(bidder)
    return hashlib.sha256(head + terms_hash + lp(bid_bytes) + salt).digest()


def compute_bid_key(private_key: bytes) -> bytes:
    """Return the key from which salts are derived: 32 secret bytes, not the account's key.

    Raises EncodingError if the private key is not 32 bytes.
    """
    _validate_length("private key", private_key)
    return hmac.digest(private_key, lp(BID_KEY_DOMAIN), "sha256")


def compute_salt(
    *,
    bid_key: bytes,
    chain_id: str,
    auction_id: int,
    bidder: bytes,
    attempt: int,
    terms_hash: bytes,
    bid_bytes: bytes,
) -> bytes:
    """Return the 32-byte salt of one attempt.

    The same inputs give it again, so an opening can be rebuilt from the key. Raises
    EncodingError if ``bid_key`` or ``terms_hash`` is not 32 bytes or a number does not fit.
    """
    _validate_length("bid_key", bid_key)
    _validate_length("terms_hash", terms_hash)
    head = lp(SALT_DOMAIN) + lp(chain_id) + u64(auction_id) + lp(bidder) + u32(attempt)
    return hmac.digest(bid_key, head + terms_hash + lp(bid_bytes), "sha256")
