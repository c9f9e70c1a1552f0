"""A folder of keys. Backends: ``test`` (plain, localnets only) and ``file`` (passphrase)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from plurichain.errors import KeyringError, PassphraseError
from plurichain.identifiers import Address, validate_key_name
from plurichain.keyring.key import Key, compute_address
from plurichain.keyring.key_file import KeyFile, format_key_file, open_key_file, read_key_file
from plurichain.keyring.mnemonic import (
    DERIVATION_PATH,
    derive_private_key,
    make_mnemonic,
    validate_mnemonic,
)
from plurichain.storage import ScryptParameters, lock, make_private_folder, write_atomic

PassphraseProvider = Callable[[str], str]
"""Asked with a question for the user; returns the passphrase."""

_BACKENDS = ("test", "file")
_SUFFIX = ".json"


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """What is known of a key without its passphrase."""

    name: str
    public_key: bytes
    address: Address


class Keyring:
    """The keys of one backend, with addresses under one prefix."""

    def __init__(
        self,
        backend: str,
        folder: Path,
        passphrase: PassphraseProvider | None,
        prefix: str,
        parameters: ScryptParameters | None,
    ) -> None:
        self.backend = backend
        self.prefix = prefix
        self._folder = folder / backend
        self._passphrase = passphrase
        self._parameters = parameters

    @classmethod
    def open(
        cls,
        backend: str,
        folder: Path,
        passphrase_provider: PassphraseProvider | None = None,
        *,
        prefix: str = "pluri",
        is_localnet: bool = False,
        parameters: ScryptParameters | None = None,
    ) -> Self:
        """Open the keyring ``backend`` in ``folder``; nothing is made until a key is.

        ``passphrase_provider`` is called whenever the ``file`` backend needs one.
        ``is_localnet`` says that the keys are for a network of no value, without which
        ``test`` is refused. ``parameters`` is the cost of guessing a passphrase, for new
        keys. Raises KeyringError.
        """
        if backend not in _BACKENDS:
            raise KeyringError(f"keyring: {backend!r} is not one of {', '.join(_BACKENDS)}")
        if backend == "test" and not is_localnet:
            raise KeyringError(
                "the test keyring keeps keys in plain text and is only for localnets",
                remedy="use the file keyring, which asks for a passphrase",
            )
        return cls(backend, folder, passphrase_provider, prefix, parameters)

    def create(self, name: str, *, words: int = 24) -> tuple[Key, str]:
        """Make a key and return it with its mnemonic, which is kept nowhere."""
        mnemonic = make_mnemonic(words)
        return self.import_mnemonic(name, mnemonic), mnemonic

    def import_mnemonic(
        self,
        name: str,
        mnemonic: str,
        *,
        bip39_passphrase: str = "",
        path: str = DERIVATION_PATH,
    ) -> Key:
        """Keep the key of ``mnemonic`` as ``name``. Raises KeyringError."""
        words = validate_mnemonic(mnemonic)
        return self.import_private_key(
            name, derive_private_key(words, passphrase=bip39_passphrase, path=path)
        )

    def import_private_key(self, name: str, private_key: bytes) -> Key:
        """Keep 32 private bytes as ``name``. Raises KeyringError if the name is taken."""
        key = Key(name, private_key, prefix=self.prefix)
        path = self._path(name)
        self._refuse_taken(path, name)
        passphrase = self._ask(f"New passphrase for the key {name!r}")
        text = format_key_file(
            backend=self.backend,
            name=name,
            public_key=key.public_key,
            private_key=private_key,
            passphrase=passphrase,
            parameters=self._parameters,
        )
        make_private_folder(self._folder)
        with lock(self._folder / ".lock"):
            self._refuse_taken(path, name)
            write_atomic(path, text, 0o600)
        return key

    def get(self, name: str) -> Key:
        """Return the key ``name``. Raises KeyringError, PassphraseError."""
        path = self._existing(name)
        file = read_key_file(path, backend=self.backend)
        if file.name != name:
            raise KeyringError(f"{path} holds the key {file.name!r}", remedy="rename it back")
        key = Key(
            name,
            open_key_file(file, path, self._ask(f"Passphrase of the key {name!r}")),
            prefix=self.prefix,
        )
        if key.public_key != file.public_key:
            raise KeyringError(
                f"{path}: private and public key do not belong together",
                remedy="restore it from a backup, or import the mnemonic again",
            )
        return key

    def get_info(self, name: str) -> KeyInfo:
        """Return what is known of ``name`` without a passphrase. Raises KeyringError."""
        return self._info(read_key_file(self._existing(name), backend=self.backend))

    def list(self) -> tuple[KeyInfo, ...]:
        """Return all keys by name, without any passphrase."""
        paths = sorted(self._folder.glob(f"*{_SUFFIX}"))
        return tuple(self._info(read_key_file(path, backend=self.backend)) for path in paths)

    def delete(self, name: str) -> None:
        """Remove the key ``name`` for good. Raises KeyringError if there is none."""
        path = self._existing(name)
        with lock(self._folder / ".lock"):
            path.unlink(missing_ok=True)

    def export(self, name: str) -> bytes:
        """Return the 32 private bytes of ``name``: whoever has them owns the account."""
        return self.get(name).export_private_key()

    def _ask(self, question: str) -> str:
        if self.backend == "test":
            return ""
        if self._passphrase is None:
            raise PassphraseError(
                f"{question} is needed and nobody can be asked",
                remedy="run the command in a terminal, or give a passphrase file",
            )
        return self._passphrase(question)

    def _info(self, file: KeyFile) -> KeyInfo:
        return KeyInfo(file.name, file.public_key, compute_address(file.public_key, self.prefix))

    def _path(self, name: str) -> Path:
        validate_key_name(name)
        return self._folder / f"{name}{_SUFFIX}"

    def _existing(self, name: str) -> Path:
        path = self._path(name)
        if not path.exists():
            raise KeyringError(
                f"no key is called {name!r} in the {self.backend} keyring",
                remedy=f"plurichain keys add {name} makes one",
            )
        return path

    @staticmethod
    def _refuse_taken(path: Path, name: str) -> None:
        if path.exists():
            raise KeyringError(
                f"a key called {name!r} exists already", remedy="choose another name"
            )
