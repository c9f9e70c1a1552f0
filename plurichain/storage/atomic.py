"""Files that are either wholly the old or wholly the new one, also after a power cut."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
from typing import TYPE_CHECKING

from plurichain.errors import DiskFull, StorageError
from plurichain.storage.effects import effect

if TYPE_CHECKING:
    from pathlib import Path

NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
KEPT = "what was there before is unchanged"


def write_atomic(path: Path, data: bytes | str, mode: int = 0o600) -> None:
    """Replace the file ``path`` by ``data``, created with ``mode``; text is written as UTF-8.

    The bytes are on disk before the name points at them, and the name is on disk
    before this returns. The folder must exist. Raises StorageError and then leaves the
    old file as it was.
    """
    content = data.encode() if isinstance(data, str) else data
    beside = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        with effect("create", path):
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            opened = os.fdopen(os.open(beside, flags, mode), "wb")
        try:
            with opened as file:
                with effect("write", path):
                    file.write(content)
                    file.flush()
                with effect("sync", path):
                    os.fsync(file.fileno())
            with effect("chmod", path):
                beside.chmod(mode)  # the umask may have taken bits away
            rename(beside, path)
        except BaseException:
            remove(beside)
            raise
        sync_folder(path.parent)
    except OSError as error:
        raise make_write_error(path, error) from error


def create(path: Path, mode: int = 0o600) -> None:
    """Make an empty file of this mode, or leave one that exists as it is. Raises OSError."""
    with effect("create", path):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, mode))


def rename(old: Path, new: Path) -> None:
    """Give a file another name, in place of what has that name now. Raises OSError."""
    with effect("rename", new):
        old.replace(new)


def remove(path: Path) -> None:
    """Remove a file if it is there. Raises OSError."""
    with effect("remove", path):
        path.unlink(missing_ok=True)


def copy(source: Path, target: Path, mode: int = 0o600) -> None:
    """Copy the bytes of a file to a new one of this mode. Raises OSError."""
    create(target, mode)
    with effect("copy", target):
        shutil.copyfile(source, target)


def make_write_error(path: Path, error: OSError) -> StorageError:
    """Return what a failure to write ``path`` is for its user."""
    reason = error.strerror or str(error)
    if error.errno in NO_SPACE:
        return DiskFull(
            f"cannot write {path}: {reason}", remedy=f"free some space for {path.parent}; {KEPT}"
        )
    return StorageError(
        f"cannot write {path}: {reason}",
        remedy="free some space, or make the folder writable",
    )


def sync_folder(folder: Path) -> None:
    """Bring the names in ``folder`` to disk, on systems where a folder can be opened."""
    flags = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0)
    try:
        descriptor = os.open(folder, flags)
    except PermissionError:  # Windows does not open folders
        return
    try:
        # Some network file systems do not sync folders; the rename itself was done.
        with contextlib.suppress(OSError), effect("sync", folder):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_private_folder(folder: Path) -> Path:
    """Make ``folder`` and its parents if they are missing, readable by this user only.

    An existing folder keeps its mode. Raises StorageError.
    """
    if folder.is_dir():
        return folder
    try:
        with effect("mkdir", folder):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        if error.errno in NO_SPACE:
            raise make_write_error(folder, error) from error
        raise StorageError(
            f"cannot make the folder {folder}: {error.strerror or error}",
            remedy="name another that you may write to: by its option, or PLURICHAIN_HOME",
        ) from error
    return folder
