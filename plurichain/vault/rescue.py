"""A vault whose file is damaged, and what its owner is told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plurichain.storage.rescue import Salvage, open_or_rescue
from plurichain.vault.schema import LOCK_NAME, MIGRATIONS

if TYPE_CHECKING:
    from pathlib import Path

    from plurichain.storage import Database

_SALVAGE = Salvage("vault", MIGRATIONS, ("openings",))


def open_vault_file(path: Path) -> tuple[Database, tuple[str, ...]]:
    """Return the vault's database, and lines for people about damage that was found.

    Raises NewerFormatError, LockedError, StorageError.
    """
    database, rescue = open_or_rescue(
        path, _SALVAGE, lock_path=path.with_name(LOCK_NAME), always_check=True
    )
    if rescue is None:
        return database, ()
    note = (
        f"the vault was damaged: {rescue.saved['openings']} openings are safe; the damaged file "
        f"is kept as {rescue.aside.name}; `plurichain bid doctor` shows what is at stake, and "
        "`plurichain bid recover --bid FILE` rebuilds an opening that is missing"
    )
    return database, (note,)
