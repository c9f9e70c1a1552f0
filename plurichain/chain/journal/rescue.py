"""A journal whose file is damaged: transactions that can be read are kept, and people told.

What is lost with a page is the memory of a transaction, never its effect: the chain is
asked before anything is sent, and refuses the same commit or reveal a second time.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from plurichain.chain.journal.schema import MIGRATIONS
from plurichain.storage.rescue import Salvage, StoredRow, open_or_rescue

if TYPE_CHECKING:
    from pathlib import Path

    from plurichain.storage import Database


def open_journal_file(path: Path) -> tuple[Database, tuple[str, ...]]:
    """Return the journal's database, and lines for people about damage that was found.

    Raises NewerFormatError, LockedError, StorageError.
    """
    database, rescue = open_or_rescue(
        path, _SALVAGE, lock_path=path.with_name(f"{path.stem}.lock"), always_check=False
    )
    if rescue is None:
        return database, ()
    note = (
        f"the journal of transactions was damaged: {rescue.saved['txs']} are safe, the last ones "
        f"may be missing; the damaged file is kept as {rescue.aside.name}; openings are in the "
        "vault and not concerned; what is on the chain is not sent again"
    )
    return database, (note,)


def _is_sound(table: str, row: StoredRow) -> bool:
    """Tell whether a row is what was written: the bytes of a transaction hash to its name."""
    if table != "txs":
        return True
    tx_bytes = row.get("tx_bytes")
    return (
        isinstance(tx_bytes, bytes)
        and hashlib.sha256(tx_bytes).hexdigest().upper() == row["tx_hash"]
    )


# Sequences are left out: they are read from the chain again.
_SALVAGE = Salvage("journal", MIGRATIONS, ("txs", "cosigners", "sightings"), _is_sound)
