"""Who is first among equals (design 3.2)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final

from plurichain.auction.commitment import HASH_LENGTH
from plurichain.encoding.canonical import lp, u32, u64
from plurichain.errors import EncodingError

RANK_DOMAIN: Final = "plurichain/auction/rank/v1"
TIE_DOMAIN: Final = "plurichain/auction/tie/v1"


def compute_rank(tie_seed: bytes, name: str) -> bytes:
    """Return the 32 bytes by which bidders of one price are ordered, least first.

    ``name`` is the bidder's text in a problem file; on chain and in files made from a
    chain it is the lower-case hex of the raw address.
    """
    return hashlib.sha256(lp(RANK_DOMAIN) + lp(tie_seed) + lp(name)).digest()


def compute_tie_seed(
    chain_id: str, auction_id: int, openings: Iterable[tuple[bytes, bytes]]
) -> bytes:
    """Return the seed that a chain draws from (raw bidder, salt) of the admissible openings.

    The order of ``openings`` does not matter. Raises EncodingError if a salt is not 32
    bytes or a bidder opened twice.
    """
    rows = sorted(openings)
    if len({bidder for bidder, _ in rows}) != len(rows):
        raise EncodingError("a bidder has two openings")
    parts = [lp(TIE_DOMAIN), lp(chain_id), u64(auction_id), u32(len(rows))]
    for bidder, salt in rows:
        if len(salt) != HASH_LENGTH:
            raise EncodingError(f"salt: {len(salt)} bytes are not {HASH_LENGTH}")
        parts.append(lp(bidder) + salt)
    return hashlib.sha256(b"".join(parts)).digest()
