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

V2: Final = """
ALTER TABLE sent ADD COLUMN sent_msg TEXT;      -- number of the message; NULL: the block itself
ALTER TABLE sent ADD COLUMN ended_msg TEXT;
ALTER TABLE sent ADD COLUMN ended_result TEXT;  -- success, noop, failure; NULL: not known
ALTER TABLE sent ADD COLUMN returned TEXT;      -- "amount denom,…" to the sender when it ended
ALTER TABLE received ADD COLUMN received_msg TEXT;
ALTER TABLE received ADD COLUMN received_result TEXT;
ALTER TABLE received ADD COLUMN answered_msg TEXT;
ALTER TABLE relaying ADD COLUMN inferred INTEGER NOT NULL DEFAULT 0;
CREATE INDEX sent_open ON sent (chain_id, sent_height) WHERE state = 'sent';
CREATE INDEX sent_ended ON sent (chain_id, protocol, port, channel, ended_height)
    WHERE ended_height IS NOT NULL;
CREATE INDEX received_open ON received (chain_id, received_height) WHERE state = 'received';
CREATE TABLE contact (               -- what a chain's node answered last
    chain_id TEXT PRIMARY KEY,
    network TEXT NOT NULL,
    asked_ns TEXT NOT NULL,          -- this and answered_ns: the local clock
    answered_ns TEXT,                -- NULL: never
    head_height INTEGER,
    head_time_ns TEXT,
    is_catching_up INTEGER,          -- 0 or 1
    error TEXT
) STRICT;
CREATE TABLE state_check (           -- what blocks told of a packet beside what state says
    chain_id TEXT NOT NULL,          -- of its source, as its other names
    protocol TEXT NOT NULL,
    port TEXT NOT NULL,
    channel TEXT NOT NULL,
    sequence TEXT NOT NULL,
    what TEXT NOT NULL,              -- sent, open, received
    height INTEGER NOT NULL,         -- of the state, on the chain that was asked
    verdict TEXT NOT NULL,           -- same, different, absent, pruned
    is_proven INTEGER NOT NULL,
    asked_ns TEXT NOT NULL,
    PRIMARY KEY (chain_id, protocol, port, channel, sequence, what)
) STRICT;
CREATE TABLE channel_state (
    chain_id TEXT NOT NULL,
    protocol TEXT NOT NULL,
    port TEXT NOT NULL,
    channel TEXT NOT NULL,
    peer_chain_id TEXT,
    state TEXT,
    height INTEGER,
    commitments INTEGER,             -- how many packets state holds as under way
    unread INTEGER,                  -- of these, how many were not seen sent
    asked_ns TEXT NOT NULL,
    answered_ns TEXT,
    error TEXT,
    PRIMARY KEY (chain_id, protocol, port, channel)
) STRICT;
CREATE TABLE client_state (
    chain_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    peer_chain_id TEXT,
    status TEXT,
    trusting_period_ns TEXT,
    latest_time_ns TEXT,
    expires_ns TEXT,
    asked_ns TEXT NOT NULL,
    answered_ns TEXT,
    error TEXT,
    PRIMARY KEY (chain_id, client_id)
) STRICT;
CREATE TABLE wallet (
    chain_id TEXT NOT NULL,
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    denom TEXT NOT NULL,
    amount TEXT,
    least TEXT,
    asked_ns TEXT NOT NULL,
    answered_ns TEXT,
    error TEXT,
    PRIMARY KEY (chain_id, name, address, denom)
) STRICT;
CREATE TABLE conservation (          -- the money of one token over one channel end
    chain_id TEXT NOT NULL,
    port TEXT NOT NULL,
    channel TEXT NOT NULL,
    denom TEXT NOT NULL,
    height INTEGER,
    peer_chain_id TEXT,
    peer_height INTEGER,
    escrow TEXT,
    supply TEXT,
    retired TEXT,
    in_flight TEXT,
    returning_amount TEXT,
    refunds_due TEXT,
    difference TEXT,
    verdict TEXT NOT NULL,           -- holds, broken, unknown
    asked_ns TEXT NOT NULL,
    PRIMARY KEY (chain_id, port, channel, denom)
) STRICT;
CREATE TABLE alarm (
    chain_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    since_ns TEXT,
    since_height INTEGER,
    text TEXT NOT NULL,
    PRIMARY KEY (chain_id, kind, subject)
) STRICT;
"""

V3: Final = """
-- What is looked for with every block must not take longer the more was ever sent.
CREATE INDEX sent_at ON sent (chain_id, sent_height);
DROP INDEX sent_open;                -- with the state in it, it is preferred to sent_at
CREATE INDEX sent_open ON sent (chain_id, state, sent_height) WHERE state = 'sent';
CREATE INDEX sent_open_end ON sent (chain_id, protocol, port, channel, sent_height)
    WHERE state = 'sent';
-- Of packets: which ones, so that an alarm ends with them whatever else is not known.
ALTER TABLE alarm ADD COLUMN first_sequence TEXT;
ALTER TABLE alarm ADD COLUMN last_sequence TEXT;
"""

V4: Final = """
CREATE TABLE unfollowed (            -- chains that are not to be followed any more
    chain_id TEXT PRIMARY KEY,
    since_ns TEXT NOT NULL           -- by the local clock of whoever said so
) STRICT;
"""

MIGRATIONS: Final = (V1, V2, V3, V4)

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
"""What blocks told: every table and what its rows are sorted by. A dump holds these."""

OBSERVED: Final = {
    "contact": ("chain_id",),
    "state_check": ("chain_id", "protocol", "port", "channel", "sequence", "what"),
    "channel_state": ("chain_id", "protocol", "port", "channel"),
    "client_state": ("chain_id", "client_id"),
    "wallet": ("chain_id", "name", "address", "denom"),
    "conservation": ("chain_id", "port", "channel", "denom"),
    "alarm": ("chain_id", "kind", "subject"),
}
"""What nodes were asked: every table and its key. It depends on when, so no dump holds it."""
