"""One key at rest: a JSON text in a file that only its owner can read, or in the os keyring.

::

    {"version": 1, "backend": "file", "name": "alice", "public_key": "<hex, 33 bytes>",
     "sealed": {…storage.encryption…}}
    {"version": 1, "backend": "test", "name": "alice", "public_key": "<hex, 33 bytes>",
     "private_key": "<hex, 32 bytes>"}
    {"version": 2, "key_type": "ed25519", …, "public_key": "<hex, 32 bytes>", …}

Version 2 names the type of the key. Keys of accounts stay in version 1, which older
programs read.
A key of the ``os`` backend looks like one of ``test``; there the desktop encrypts it all.
The public part is plain, so that listing keys asks for no passphrase; in a ``file``
key it is authenticated together with the sealed part. Names carry no prefix of a
chain: one key has an address on each.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from plurichain.energy.names import KeyType
from plurichain.errors import KeyringError, NewerFormatError
from plurichain.storage import ScryptParameters, open_sealed, seal

VERSION = 2
_LENGTHS = {33: KeyType.SECP256K1, 32: KeyType.ED25519}


@dataclass(frozen=True, slots=True)
class KeyFile:
    """What one file holds; ``content`` may hold a plain private key: never log it."""

    name: str
    public_key: bytes
    content: dict[str, Any]

    @property
    def key_type(self) -> KeyType:
        """What kind of key it is; its length tells. Raises KeyringError."""
        return get_key_type(self.name, self.public_key)

    def __repr__(self) -> str:
        return f"KeyFile(name={self.name!r}, public_key={self.public_key.hex()})"


def get_key_type(name: str, public_key: bytes) -> KeyType:
    """Return what kind of key a public key is of. Raises KeyringError."""
    found = _LENGTHS.get(len(public_key))
    if found is None:
        raise _unreadable(f"key {name!r}")
    return found


def format_key_file(
    *,
    backend: str,
    name: str,
    public_key: bytes,
    private_key: bytes,
    passphrase: str,
    parameters: ScryptParameters | None,
) -> str:
    """Return the text of a key file; ``passphrase`` is used by ``file`` only."""
    key_type = get_key_type(name, public_key)
    kind = {} if key_type is KeyType.SECP256K1 else {"key_type": key_type.text}
    head: dict[str, Any] = {
        "version": VERSION if kind else 1,
        **kind,
        "backend": backend,
        "name": name,
        "public_key": public_key.hex(),
    }
    if backend in {"test", "os"}:
        head["private_key"] = private_key.hex()
    else:
        head["sealed"] = seal(
            private_key, passphrase, context=_context(name, public_key), parameters=parameters
        )
    return json.dumps(head, indent=2) + "\n"


def parse_key_file(text: str, *, source: str, backend: str) -> KeyFile:
    """Return what a text holds; ``source`` names it. Raises KeyringError, NewerFormatError."""
    try:
        content = json.loads(text)
        version = content["version"]
        if type(version) is int and version > VERSION:
            raise NewerFormatError(
                f"{source} is a key of version {version}; this program knows up to {VERSION}",
                remedy="update plurichain; the file was left untouched",
            )
        file = KeyFile(str(content["name"]), bytes.fromhex(content["public_key"]), content)
        key_type = KeyType.SECP256K1.text if version == 1 else content["key_type"]
        if version not in (1, 2) or content["backend"] != backend or file.key_type.text != key_type:
            raise _unreadable(source)
        return file
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _unreadable(source) from None


def open_key_file(file: KeyFile, passphrase: str) -> bytes:
    """Return the private key in ``file``. Raises PassphraseError, KeyringError."""
    if "sealed" in file.content:
        context = _context(file.name, file.public_key)
        return open_sealed(
            file.content["sealed"], passphrase, context=context, name=f"key {file.name!r}"
        )
    try:
        return bytes.fromhex(file.content["private_key"])
    except (ValueError, KeyError, TypeError):
        raise _unreadable(f"key {file.name!r}") from None


def _context(name: str, public_key: bytes) -> bytes:
    # A name holds no zero byte, and the length of the public key tells its type.
    return b"plurichain/keyring/key/v1\0" + name.encode() + b"\0" + public_key


def _unreadable(source: str) -> KeyringError:
    return KeyringError(
        f"{source} is not a key file of this keyring",
        remedy="restore it from a backup, or import the mnemonic again",
    )
