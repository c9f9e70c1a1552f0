"""Where a user's files are. ``PLURICHAIN_HOME`` overrides all of it."""

from __future__ import annotations

import os
from pathlib import Path

from plurichain.storage.atomic import make_private_folder


def home_folder() -> Path:
    """The folder of this user's configuration, keys, journal and vault; it may not exist yet."""
    override = os.environ.get("PLURICHAIN_HOME")
    if override:
        return Path(override).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_config_dir("plurichain", appauthor=False))


def make_home_folder() -> Path:
    """Return ``home_folder()``, made if it was missing. Raises StorageError."""
    return make_private_folder(home_folder())


def config_path() -> Path:
    """The file of networks."""
    return home_folder() / "config.toml"


def keyring_folder() -> Path:
    """The folder that holds a folder of keys per keyring backend."""
    return home_folder() / "keys"


def journal_path() -> Path:
    """The journal of transactions (``plurichain.chain.journal.journal``)."""
    return home_folder() / "journal.db"


def tracker_path() -> Path:
    """The database of the packet tracker (``plurichain.tracker``)."""
    return home_folder() / "packets.db"
