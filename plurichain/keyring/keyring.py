"""The keys of a user.

Backends: ``test`` (plain files, localnets only), ``file`` (files under a passphrase) and
``os`` (the desktop's keyring).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from plurichain.errors import KeyringError, PassphraseError
from plurichain.identifiers import Address, validate_key_name
from plurichain.keyring.file_store import FileStore
from plurichain.keyring.key import Key, compute_address
from plurichain.keyring.key_file import KeyFile, format_key_file, open_key_file
from plurichain.keyring.mnemonic import (
    DERIVATION_PATH,
    derive_private_key,
    make_mnemonic,
    validate_mnemonic,
)
from plurichain.keyring.secret_service import SecretServiceStore
from plurichain.storage import ScryptParameters

PassphraseProvider = Callable[[str], str]
"""Asked with a question for the user; returns the passphrase."""

_BACKENDS = ("test", "file", "os")


class Store(Protocol):
    """Where the texts of keys are; each call is whole or not at all."""

    def has(self, name: str) -> bool:
        """Tell whether there is a key of that name."""
        ...

    def list(self) -> tuple[KeyFile, ...]:
        """Return all keys by name, public parts at least."""
        ...

    def read(self, name: str) -> KeyFile:
        """Return one key."""
        ...

    def write(self, name: str, public_key: bytes, text: str) -> bool:
        """Keep a new key; False if the name is taken."""
        ...

    def delete(self, name: str) -> None:
        """Remove a key."""
        ...


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
        store: Store,
        passphrase: PassphraseProvider | None,
        prefix: str,
        parameters: ScryptParameters | None,
    ) -> None:
        self.backend = backend
        self.prefix = prefix
        self._store = store
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
        """Open the keyring ``backend`` in ``folder`` (``os``: in the desktop's keyring).

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
        store: Store = SecretServiceStore() if backend == "os" else FileStore(folder, backend)
        return cls(backend, store, passphrase_provider, prefix, parameters)

    def create(self, name: str, *, words: int = 24, path: str = DERIVATION_PATH) -> tuple[Key, str]:
        """Make a key and return it with its mnemonic, which is kept nowhere."""
        mnemonic = make_mnemonic(words)
        return self.import_mnemonic(name, mnemonic, path=path), mnemonic

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
        validate_key_name(name)
        key = Key(name, private_key, prefix=self.prefix)
        if self._store.has(name):
            raise _make_taken(name)
        passphrase = self._ask(f"New passphrase for the key {name!r}")
        text = format_key_file(
            backend=self.backend,
            name=name,
            public_key=key.public_key,
            private_key=private_key,
            passphrase=passphrase,
            parameters=self._parameters,
        )
        if not self._store.write(name, key.public_key, text):
            raise _make_taken(name)
        return key

    def get(self, name: str) -> Key:
        """Return the key ``name``. Raises KeyringError, PassphraseError."""
        file = self._read(name)
        if file.name != name:
            raise KeyringError(
                f"key {name!r}: its file holds the key {file.name!r}", remedy="rename it back"
            )
        key = Key(
            name,
            open_key_file(file, self._ask(f"Passphrase of the key {name!r}")),
            prefix=self.prefix,
        )
        if key.public_key != file.public_key:
            raise KeyringError(
                f"key {name!r}: private and public key do not belong together",
                remedy="restore it from a backup, or import the mnemonic again",
            )
        return key

    def get_info(self, name: str) -> KeyInfo:
        """Return what is known of ``name`` without a passphrase. Raises KeyringError."""
        self._expect(name)
        if self.backend != "os":
            return self._info(self._store.read(name))
        return next(info for info in self.list() if info.name == name)

    def list(self) -> tuple[KeyInfo, ...]:
        """Return all keys by name, without any passphrase."""
        return tuple(self._info(file) for file in self._store.list())

    def delete(self, name: str) -> None:
        """Remove the key ``name`` for good. Raises KeyringError if there is none."""
        self._expect(name)
        self._store.delete(name)

    def export(self, name: str) -> bytes:
        """Return the 32 private bytes of ``name``: whoever has them owns the account."""
        return self.get(name).export_private_key()

    def _ask(self, question: str) -> str:
        if self.backend != "file":
            return ""
        if self._passphrase is None:
            raise PassphraseError(
                f"{question} is needed and nobody can be asked",
                remedy="run the command in a terminal, or give a passphrase file",
            )
        return self._passphrase(question)

    def _info(self, file: KeyFile) -> KeyInfo:
        return KeyInfo(file.name, file.public_key, compute_address(file.public_key, self.prefix))

    def _read(self, name: str) -> KeyFile:
        self._expect(name)
        return self._store.read(name)

    def _expect(self, name: str) -> None:
        validate_key_name(name)
        if not self._store.has(name):
            raise KeyringError(
                f"no key is called {name!r} in the {self.backend} keyring",
                remedy=f"plurichain keys add {name} makes one",
            )


def _make_taken(name: str) -> KeyringError:
    return KeyringError(f"a key called {name!r} exists already", remedy="choose another name")
