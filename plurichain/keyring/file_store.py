"""Keys as files in a folder, one each (key_file)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plurichain.errors import KeyringError
from plurichain.keyring.key_file import KeyFile, parse_key_file
from plurichain.storage import lock, make_private_folder, write_atomic

if TYPE_CHECKING:
    from pathlib import Path

_SUFFIX = ".json"


class FileStore:
    """The folder of the ``test`` or the ``file`` backend."""

    def __init__(self, folder: Path, backend: str) -> None:
        self._folder = folder / backend
        self._backend = backend

    def has(self, name: str) -> bool:
        """Tell whether there is a key of that name."""
        return self._path(name).exists()

    def list(self) -> tuple[KeyFile, ...]:
        """Return all keys by name. Raises KeyringError, NewerFormatError."""
        names = sorted(path.name for path in self._folder.glob(f"*{_SUFFIX}"))
        return tuple(self.read(name.removesuffix(_SUFFIX)) for name in names)

    def read(self, name: str) -> KeyFile:
        """Return one key. Raises KeyringError, NewerFormatError."""
        path = self._path(name)
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise KeyringError(f"cannot read {path}: {error.strerror or error}") from error
        except UnicodeDecodeError:
            text = ""
        return parse_key_file(text, source=str(path), backend=self._backend)

    def write(self, name: str, _public_key: bytes, text: str) -> bool:
        """Keep a new key; False if the name is taken. Raises StorageError."""
        make_private_folder(self._folder)
        with lock(self._folder / ".lock"):
            if self.has(name):
                return False
            write_atomic(self._path(name), text, 0o600)
            return True

    def delete(self, name: str) -> None:
        """Remove a key."""
        with lock(self._folder / ".lock"):
            self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}{_SUFFIX}"
