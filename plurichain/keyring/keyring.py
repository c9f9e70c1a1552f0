"""The keys of a user.

Backends: ``test`` (plain files, localnets only), ``file`` (files under a passphrase) and
``os`` (the desktop's keyring).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, Self

from plurichain.energy.names import KeyType
from plurichain.errors import KeyringError, PassphraseError
from plurichain.identifiers import validate_key_name
from plurichain.keyring.device_key import DeviceKey, make_seed
from plurichain.keyring.file_store import FileStore
from plurichain.keyring.key import Key
from plurichain.keyring.key_file import KeyFile, format_key_file, open_key_file
from plurichain.keyring.key_info import KeyInfo, make_accountless
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
        key = Key(name, private_key, prefix=self.prefix)
        self._keep(name, key.public_key, private_key)
        return key

    def create_device_key(self, name: str) -> DeviceKey:
        """Make an ed25519 key for a device; an export is its only backup."""
        return self.import_device_key(name, make_seed())

    def import_device_key(self, name: str, seed: bytes) -> DeviceKey:
        """Keep the ed25519 key of 32 private bytes as ``name``. Raises KeyringError."""
        key = DeviceKey.from_seed(name, seed)
        self._keep(name, key.public_key, seed)
        return key

    def get(self, name: str) -> Key:
        """Return the key ``name``. Raises KeyringError, PassphraseError."""
        if self.get_info(name).key_type is not KeyType.SECP256K1:
            raise make_accountless(name)
        file, private_key = self._open(name)
        key = Key(name, private_key, prefix=self.prefix)
        _validate_pair(file, key.public_key)
        return key

    def get_device_key(self, name: str) -> DeviceKey:
        """Return the key ``name`` of either type, to sign for a device."""
        if self.get_info(name).key_type is KeyType.SECP256K1:
            return DeviceKey.from_account(self.get(name))
        file, seed = self._open(name)
        key = DeviceKey.from_seed(name, seed)
        _validate_pair(file, key.public_key)
        return key

    def get_info(self, name: str) -> KeyInfo:
        """Return what is known of ``name`` without a passphrase. Raises KeyringError."""
        self._expect(name)
        if self.backend != "os":
            return self._info(self._store.read(name))
        return next(info for info in self.list_all() if info.name == name)

    def list(self) -> tuple[KeyInfo, ...]:
        """Return the keys of accounts by name, without any passphrase."""
        return tuple(info for info in self.list_all() if info.key_type is KeyType.SECP256K1)

    def list_all(self) -> tuple[KeyInfo, ...]:
        """Return all keys by name, those of devices alone among them."""
        return tuple(self._info(file) for file in self._store.list())

    def delete(self, name: str) -> None:
        """Remove the key ``name`` for good. Raises KeyringError if there is none."""
        self._expect(name)
        self._store.delete(name)

    def export(self, name: str) -> bytes:
        """Return the 32 private bytes of ``name``: whoever has them owns account or device."""
        if self.get_info(name).key_type is KeyType.SECP256K1:
            return self.get(name).export_private_key()
        return self._open(name)[1]

    def _keep(self, name: str, public_key: bytes, private_key: bytes) -> None:
        validate_key_name(name)
        if self._store.has(name):
            raise _make_taken(name)
        passphrase = self._ask(f"New passphrase for the key {name!r}")
        text = format_key_file(
            backend=self.backend,
            name=name,
            public_key=public_key,
            private_key=private_key,
            passphrase=passphrase,
            parameters=self._parameters,
        )
        if not self._store.write(name, public_key, text):
            raise _make_taken(name)

    def _open(self, name: str) -> tuple[KeyFile, bytes]:
        file = self._read(name)
        if file.name != name:
            raise KeyringError(
                f"key {name!r}: its file holds the key {file.name!r}", remedy="rename it back"
            )
        return file, open_key_file(file, self._ask(f"Passphrase of the key {name!r}"))

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
        return KeyInfo(file.name, file.public_key, self.prefix)

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


def _validate_pair(file: KeyFile, public_key: bytes) -> None:
    if public_key != file.public_key:
        raise KeyringError(
            f"key {file.name!r}: private and public key do not belong together",
            remedy="restore it from a backup, or import the mnemonic again",
        )
