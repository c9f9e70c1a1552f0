"""What is kept on disk: atomic files, locks, SQLite with migrations, passphrase encryption."""

from plurichain.storage.atomic import make_private_folder, write_atomic
from plurichain.storage.database import Database
from plurichain.storage.encryption import ScryptParameters, open_sealed, seal
from plurichain.storage.engine import Engine
from plurichain.storage.locks import lock
from plurichain.storage.sqlite_schema import Migration

__all__ = [
    "Database",
    "Engine",
    "Migration",
    "ScryptParameters",
    "lock",
    "make_private_folder",
    "open_sealed",
    "seal",
    "write_atomic",
]
