"""Files that are either wholly the old or wholly the new one, also after a power cut."""

from __future__ import annotations

import contextlib
import os
import secrets
from typing import TYPE_CHECKING

from plurichain.errors import StorageError

if TYPE_CHECKING:
    from pathlib import Path


def write_atomic(path: Path, data: bytes | str, mode: int = 0o600) -> None:
    """Replace the file ``path`` by ``data``, created with ``mode``; text is written as UTF-8.

    The bytes are on disk before the name points at them, and the name is on disk
    before this returns. The folder must exist. Raises StorageError and then leaves the
    old file as it was.
    """
    content = data.encode() if isinstance(data, str) else data
    beside = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            beside.chmod(mode)  # the umask may have taken bits away
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
    except OSError as error:
        raise StorageError(
            f"cannot write {path}: {error.strerror or error}",
            remedy="free some space, or make the folder writable",
        ) from error


def sync_folder(folder: Path) -> None:
    """Bring the names in ``folder`` to disk, on systems where a folder can be opened."""
    flags = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0)
    try:
        descriptor = os.open(folder, flags)
    except PermissionError:  # Windows does not open folders
        return
    try:
        # Some network file systems do not sync folders; the rename itself was done.
        with contextlib.suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_private_folder(folder: Path) -> Path:
    """Make ``folder`` and its parents if they are missing, readable by this user only.

    An existing folder keeps its mode. Raises StorageError.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StorageError(
            f"cannot make the folder {folder}: {error.strerror or error}",
            remedy="set PLURICHAIN_HOME to a folder that you may write to",
        ) from error
    return folder
