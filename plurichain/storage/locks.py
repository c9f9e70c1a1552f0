"""One process at a time: advisory locks that die with their holder."""

from __future__ import annotations

import contextlib
import importlib
import os
import threading
import time
from typing import IO, TYPE_CHECKING

from plurichain.errors import LockedError, StorageError
from plurichain.storage.atomic import NO_SPACE, make_write_error
from plurichain.storage.effects import effect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType


def _find_module(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


_fcntl = _find_module("fcntl")  # POSIX
_msvcrt = _find_module("msvcrt") if _fcntl is None else None

_RETRY_S = 0.02

# POSIX locks belong to a process: threads of one process need one of their own.
_thread_locks: dict[str, threading.Lock] = {}
_thread_locks_guard = threading.Lock()


def _forget_threads() -> None:
    """In a forked child the other threads are gone; locks that they held stay behind."""
    global _thread_locks_guard  # noqa: PLW0603 - a new process begins anew
    _thread_locks_guard = threading.Lock()
    _thread_locks.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_threads)


@contextlib.contextmanager
def lock(path: Path, *, timeout_s: float = 10.0) -> Iterator[None]:
    """Hold the lock file ``path`` while the block runs.

    Excludes other processes and other threads; it is not reentrant. The file stays
    behind, empty; the lock itself ends with its holder, even after SIGKILL. Raises
    LockedError after ``timeout_s`` seconds, StorageError if the file cannot be made.
    """
    deadline = time.monotonic() + timeout_s
    with _thread_locks_guard:
        thread_lock = _thread_locks.setdefault(os.path.realpath(path), threading.Lock())
    if not thread_lock.acquire(timeout=max(timeout_s, 0.0)):
        raise _locked(path, timeout_s)
    try:
        with _open_lock_file(path) as file:
            while not _try_lock(file):
                if time.monotonic() >= deadline:
                    raise _locked(path, timeout_s)
                time.sleep(_RETRY_S)
            try:
                yield
            finally:
                _unlock(file)
    finally:
        thread_lock.release()


def make_held_error(place: str, name: str) -> LockedError:
    """Return what it is for a user that another process holds ``name`` in a database."""
    return LockedError(
        f"another process writes {name} into {place}",
        remedy="wait for the other plurichain command to end, or take another database",
    )


def _locked(path: Path, timeout_s: float) -> LockedError:
    return LockedError(
        f"another process has held {path} for {timeout_s:g} s",
        remedy="wait for the other plurichain command to end, then try again",
    )


def _open_lock_file(path: Path) -> IO[bytes]:
    try:
        with effect("lock", path):
            return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
    except OSError as error:
        if error.errno in NO_SPACE:
            raise make_write_error(path, error) from error
        raise StorageError(
            f"cannot make the lock file {path}: {error.strerror or error}",
            remedy="make the folder writable",
        ) from error


def _try_lock(file: IO[bytes]) -> bool:
    try:
        if _fcntl is not None:
            _fcntl.flock(file.fileno(), _fcntl.LOCK_EX | _fcntl.LOCK_NB)
        elif _msvcrt is not None:
            _msvcrt.locking(file.fileno(), _msvcrt.LK_NBLCK, 1)
    except OSError:
        return False
    return True


def _unlock(file: IO[bytes]) -> None:
    if _fcntl is not None:
        _fcntl.flock(file.fileno(), _fcntl.LOCK_UN)
    elif _msvcrt is not None:
        file.seek(0)
        _msvcrt.locking(file.fileno(), _msvcrt.LK_UNLCK, 1)
