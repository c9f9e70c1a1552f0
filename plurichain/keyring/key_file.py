"""One key at rest: a JSON text in a file that only its owner can read, or in the os keyring.

::

    {"version": 1, "backend": "file", "name": "alice", "public_key": "<hex, 33 bytes>",
     "sealed": {…storage.encryption…}}
    {"version": 1, "backend": "test", "name": "alice", "public_key": "<hex, 33 bytes>",
     "private_key": "<hex, 32 bytes>"}

A key of the ``os`` backend looks like one of ``test``; there the desktop encrypts it all.
The public part is plain, so that listing keys asks for no passphrase; in a ``file``
key it is authenticated together with the sealed part. Names carry no prefix of a
chain: one key has an address on each.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from plurichain.errors import KeyringError, NewerFormatError
from plurichain.storage import ScryptParameters, open_sealed, seal

VERSION = 1


@dataclass(frozen=True, slots=True)
class KeyFile:
    """What one file holds; ``content`` may hold a plain private key: never log it."""

    name: str
    public_key: bytes
    content: dict[str, Any]

    def __repr__(self) -> str:
        return f"KeyFile(name={self.name!r}, public_key={self.public_key.hex()})"


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
    head: dict[str, Any] = {
        "version": VERSION,
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
        if version != 1 or content["backend"] != backend:
            raise _unreadable(source)
        return KeyFile(str(content["name"]), bytes.fromhex(content["public_key"]), content)
    except (ValueError, KeyError, TypeError):
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
    return b"plurichain/keyring/key/v1\0" + name.encode() + b"\0" + public_key


def _unreadable(source: str) -> KeyringError:
    return KeyringError(
        f"{source} is not a key file of this keyring",
        remedy="restore it from a backup, or import the mnemonic again",
    )
