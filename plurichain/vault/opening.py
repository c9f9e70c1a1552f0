"""An opening: what a bidder must still have when the reveal begins.

Nothing in its ``repr`` tells the bid: an opening may end up in a log line by mistake.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Opening:
    """One sealed bid with all that its commitment was made of.

    ``bidder`` is the raw address, ``attempt`` counts from 1, ``terms_hash``, ``salt`` and
    ``bid_commitment`` are 32 bytes, ``bid_file_digest`` is the SHA-256 of the file that the
    bid was read from (empty if there was none), ``sealed_at_ns`` the block time at sealing.
    """

    chain_id: str
    auction_id: int
    bidder: bytes
    attempt: int
    terms_hash: bytes
    bid_commitment: bytes
    bid_bytes: bytes = field(repr=False)
    salt: bytes = field(repr=False)
    bid_file_digest: bytes = field(repr=False)
    sealed_at_ns: int


@dataclass(frozen=True, slots=True)
class SealedBid:
    """What is known of an opening without its key: public values only.

    ``is_intact`` False: the row was damaged on disk; the opening must be rebuilt.
    """

    chain_id: str
    auction_id: int
    bidder: bytes
    attempt: int
    bid_commitment: bytes
    sealed_at_ns: int
    is_intact: bool
