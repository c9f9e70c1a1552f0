"""The tables of the tracker, version by version; a version that was on main never changes.

Numbers that may exceed SQLite's integers are text: sequences with 20 digits, so that they
sort; time-outs, times and amounts in decimal. Bytes of packets are kept as they came.
"""

from __future__ import annotations

from typing import Final

V1: Final = """
CREATE TABLE chain (
    chain_id TEXT PRIMARY KEY,
    height INTEGER NOT NULL,         -- the cursor: the last block taken in, or named missing
    time_ns TEXT,                    -- its block time; NULL: not known
    block_hash TEXT NOT NULL         -- upper-case hex; empty: not known
) STRICT;
CREATE TABLE coverage (
    chain_id TEXT NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    state TEXT NOT NULL,             -- read, pruned, unrecorded
    first_time_ns TEXT,              -- block time of the first; NULL: not known
    PRIMARY KEY (chain_id, first)
) STRICT;
CREATE TABLE channel_end (           -- of IBC v2: port empty, channel the client's id
    chain_id TEXT NOT NULL,
    protocol TEXT NOT NULL,
    port TEXT NOT NULL,
    channel TEXT NOT NULL,
    opened_height INTEGER,           -- where its opening was seen
    closed_height INTEGER,
    PRIMARY KEY (chain_id, protocol, port, channel)
) STRICT;
CREATE TABLE route (                 -- which end of which chain an end says it leads to
    chain_id TEXT NOT NULL,
    protocol TEXT NOT NULL,
    port TEXT NOT NULL,
    channel TEXT NOT NULL,
    peer_chain_id TEXT NOT NULL,
    peer_port TEXT NOT NULL,
    peer_channel TEXT NOT NULL,
    PRIMARY KEY (chain_id, protocol, port, channel)
) STRICT;
CREATE TABLE sent (                  -- the half of the chain that sent
    chain_id TEXT NOT NULL,
    protocol TEXT NOT NULL,
    port TEXT NOT NULL,
    channel TEXT NOT NULL,
    sequence TEXT NOT NULL,
    peer_port TEXT NOT NULL,
    peer_channel TEXT NOT NULL,
    state TEXT NOT NULL,
    commitment TEXT NOT NULL,        -- recomputed from the event, lower-case hex
    data BLOB NOT NULL,
    timeout_height TEXT NOT NULL,    -- revision-height
    timeout_ns TEXT NOT NULL,
    denom TEXT,                      -- of a token transfer, as the packet names it
    amount TEXT,
    sent_height INTEGER NOT NULL,
    sent_time_ns TEXT,
    sent_tx INTEGER,                 -- place in the block; NULL: an event of the block itself
    sent_by TEXT,
    ended_height INTEGER,
    ended_time_ns TEXT,
    ended_tx INTEGER,
    ended_by TEXT,
    repeats INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (chain_id, protocol, port, channel, sequence)
) STRICT;
CREATE TABLE received (              -- the half of the chain that it went to
    chain_id TEXT NOT NULL,
    protocol TEXT NOT NULL,
    port TEXT NOT NULL,
    channel TEXT NOT NULL,
    sequence TEXT NOT NULL,
    peer_port TEXT NOT NULL,
    peer_channel TEXT NOT NULL,
    state TEXT NOT NULL,
    commitment TEXT NOT NULL,
    answer BLOB,
    outcome TEXT,                    -- success, error, opaque
    received_height INTEGER,
    received_time_ns TEXT,
    received_tx INTEGER,
    received_by TEXT,
    answered_height INTEGER,
    answered_time_ns TEXT,
    answered_tx INTEGER,
    answered_by TEXT,
    repeats INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (chain_id, protocol, port, channel, sequence)
) STRICT;
CREATE TABLE relaying (              -- how often who brought what: first, or after a rival
    chain_id TEXT NOT NULL,
    signer TEXT NOT NULL,            -- empty: not known
    kind TEXT NOT NULL,
    first INTEGER NOT NULL DEFAULT 0,
    repeated INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (chain_id, signer, kind)
) STRICT;
CREATE TABLE failed (                -- transactions that changed nothing
    chain_id TEXT NOT NULL,
    signer TEXT NOT NULL,
    codespace TEXT NOT NULL,
    code INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (chain_id, signer, codespace, code)
) STRICT;
CREATE TABLE oddity (                -- events that cannot be read or have no place
    chain_id TEXT NOT NULL,
    height INTEGER NOT NULL,
    place INTEGER NOT NULL,          -- counted within the block
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (chain_id, height, place)
) STRICT;
"""

MIGRATIONS: Final = (V1,)

KEYS: Final = {
    "chain": ("chain_id",),
    "coverage": ("chain_id", "first"),
    "channel_end": ("chain_id", "protocol", "port", "channel"),
    "route": ("chain_id", "protocol", "port", "channel"),
    "sent": ("chain_id", "protocol", "port", "channel", "sequence"),
    "received": ("chain_id", "protocol", "port", "channel", "sequence"),
    "relaying": ("chain_id", "signer", "kind"),
    "failed": ("chain_id", "signer", "codespace", "code"),
    "oddity": ("chain_id", "height", "place"),
}
"""Every table and what its rows are sorted by."""
