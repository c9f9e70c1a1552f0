"""The vault's file: its name, its table, and how each version became the next."""

from __future__ import annotations

FILE_NAME = "vault.db"
LOCK_NAME = "vault.lock"

# auction_id is 8 big-endian bytes: it may exceed SQLite's integers, and sorts the same.
MIGRATIONS = (
    """
    CREATE TABLE openings (
        chain_id TEXT NOT NULL,
        auction_id BLOB NOT NULL,
        bidder BLOB NOT NULL,
        attempt INTEGER NOT NULL,
        terms_hash BLOB NOT NULL,
        bid_commitment BLOB NOT NULL,
        sealed_at_ns INTEGER NOT NULL,
        codec INTEGER NOT NULL,
        secret BLOB NOT NULL,
        PRIMARY KEY (chain_id, auction_id, bidder, attempt)
    ) STRICT;
    """,
    # The secrets themselves are encrypted once their key is there: opening the vault does it.
    "ALTER TABLE openings ADD COLUMN digest BLOB NOT NULL DEFAULT x'';",
)
