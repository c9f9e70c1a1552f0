"""The tables of the journal, version by version; a version that was on main never changes."""

from __future__ import annotations

V1 = """
CREATE TABLE txs (
    tx_hash TEXT PRIMARY KEY,        -- upper-case hex
    chain_id TEXT NOT NULL,
    signer TEXT NOT NULL,            -- bech32
    purpose TEXT NOT NULL,           -- a word for people, such as commit
    auction_id TEXT,                 -- decimal: it may exceed SQLite's integers
    tx_bytes BLOB NOT NULL,          -- TxRaw, as signed
    timeout_ns INTEGER NOT NULL,     -- block time, Unix nanoseconds
    first_height INTEGER NOT NULL,   -- the first block that may hold it
    read_height INTEGER NOT NULL,    -- every block up to here was read
    status TEXT NOT NULL,            -- an OutcomeStatus; pending while is_final is 0
    is_final INTEGER NOT NULL,
    height INTEGER NOT NULL DEFAULT 0,
    code INTEGER NOT NULL DEFAULT 0,
    codespace TEXT NOT NULL DEFAULT '',
    log TEXT NOT NULL DEFAULT '',
    events TEXT NOT NULL DEFAULT '[]',
    gas_used INTEGER NOT NULL DEFAULT 0,
    gas_wanted INTEGER NOT NULL DEFAULT 0,
    created_at_ns INTEGER NOT NULL   -- this machine's clock, for people only
) STRICT;
CREATE UNIQUE INDEX txs_nonce ON txs (chain_id, signer, timeout_ns);
CREATE INDEX txs_pending ON txs (chain_id, created_at_ns) WHERE is_final = 0;
"""

V2 = """
-- NULL: unordered. Decimal text, because it may exceed SQLite's integers.
ALTER TABLE txs ADD COLUMN account_sequence TEXT;
-- The hash of the transaction that this one was sent instead of, or NULL.
ALTER TABLE txs ADD COLUMN follows TEXT;
-- Type URLs, sorted, each once, joined by '+'; what gas is learnt by.
ALTER TABLE txs ADD COLUMN message_types TEXT NOT NULL DEFAULT '';
-- What simulation said; 0: it was not asked.
ALTER TABLE txs ADD COLUMN simulated_gas INTEGER NOT NULL DEFAULT 0;
-- 1 once a node was asked to take it; those of version 1 may have been.
ALTER TABLE txs ADD COLUMN was_handed INTEGER NOT NULL DEFAULT 1;
-- A replacement carries the nonce of what it replaces, so that only one of them can land:
-- add() keeps other nonces apart, under the write lock.
DROP INDEX txs_nonce;
CREATE INDEX txs_nonce ON txs (chain_id, signer, timeout_ns);
CREATE INDEX txs_gas ON txs (chain_id, message_types, created_at_ns) WHERE simulated_gas > 0;
CREATE TABLE cosigners (
    tx_hash TEXT NOT NULL,
    chain_id TEXT NOT NULL,
    signer TEXT NOT NULL,
    timeout_ns INTEGER NOT NULL,
    account_sequence TEXT,
    PRIMARY KEY (tx_hash, signer)
) STRICT;
CREATE INDEX cosigners_nonce ON cosigners (chain_id, signer, timeout_ns);
-- The sequence that a signer's next ordered transaction takes, as far as is known here.
CREATE TABLE sequences (
    chain_id TEXT NOT NULL,
    signer TEXT NOT NULL,
    next_sequence TEXT NOT NULL,
    PRIMARY KEY (chain_id, signer)
) STRICT;
-- Every block that a transaction was seen in.
CREATE TABLE sightings (
    tx_hash TEXT NOT NULL,
    height INTEGER NOT NULL,
    code INTEGER NOT NULL,
    codespace TEXT NOT NULL,
    PRIMARY KEY (tx_hash, height)
) STRICT;
"""

MIGRATIONS = (V1, V2)
