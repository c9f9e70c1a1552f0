"""One transaction of the journal, and how a row of the database becomes one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plurichain.chain.transactions.outcome import Outcome, OutcomeStatus
from plurichain.chain.types import Event

if TYPE_CHECKING:
    from plurichain.storage.database import Row

COLUMNS = (
    "tx_hash, chain_id, signer, purpose, auction_id, tx_bytes, timeout_ns, first_height, "
    "read_height, status, is_final, height, code, codespace, log, events, gas_used, "
    "gas_wanted, created_at_ns, account_sequence, follows, message_types, simulated_gas, "
    "was_handed"
)


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One transaction and what is known of it.

    ``account_sequence`` is None if it is unordered. ``follows`` is the hash of the
    transaction that it was sent instead of, or empty. ``simulated_gas`` is 0 if no
    simulation was asked. ``was_handed`` says that a node was asked to take it.
    """

    tx_hash: str
    chain_id: str
    signer: str
    purpose: str
    auction_id: int | None
    tx_bytes: bytes
    timeout_ns: int
    first_height: int
    read_height: int
    created_at_ns: int
    outcome: Outcome
    account_sequence: int | None = None
    follows: str = ""
    message_types: str = ""
    simulated_gas: int = 0
    was_handed: bool = False

    @property
    def log_fields(self) -> dict[str, object]:
        """What every line of the log about it carries (``extra=``)."""
        return {"tx_hash": self.tx_hash, "auction_id": self.auction_id}

    def __repr__(self) -> str:
        # The bytes may hold an opening that is not public yet.
        return f"JournalEntry({self.tx_hash}, {self.purpose}, {self.outcome.status})"


def read_row(row: Row) -> JournalEntry:
    """Return the entry in a row of ``COLUMNS``."""
    (tx_hash, chain_id, signer, purpose, auction_id, tx_bytes, timeout_ns, first_height) = row[:8]
    (read_height, status, is_final, height, code, codespace, log, events) = row[8:16]
    (gas_used, gas_wanted, created_at_ns) = row[16:19]
    (account_sequence, follows, message_types, simulated_gas, was_handed) = row[19:]
    return JournalEntry(
        tx_hash=tx_hash,
        chain_id=chain_id,
        signer=signer,
        purpose=purpose,
        auction_id=None if auction_id is None else int(auction_id),
        tx_bytes=tx_bytes,
        timeout_ns=timeout_ns,
        first_height=first_height,
        read_height=read_height,
        created_at_ns=created_at_ns,
        outcome=Outcome(
            tx_hash=tx_hash,
            status=OutcomeStatus(status),
            height=height,
            code=code,
            codespace=codespace,
            log=log,
            events=tuple(
                Event(kind, tuple((key, value) for key, value in attributes))
                for kind, attributes in json.loads(events)
            ),
            gas_used=gas_used,
            gas_wanted=gas_wanted,
            timeout_ns=timeout_ns,
            is_final=bool(is_final),
        ),
        account_sequence=None if account_sequence is None else int(account_sequence),
        follows=follows or "",
        message_types=message_types,
        simulated_gas=simulated_gas,
        was_handed=bool(was_handed),
    )
