"""Keys that meters sign with: kept like others, never taken for an account's."""

from __future__ import annotations

import copy
import json
import pickle
import stat
from pathlib import Path

import pytest

from plurichain.energy.names import KeyType
from plurichain.energy.signature import is_signature
from plurichain.errors import KeyringError, PassphraseError
from plurichain.keyring import DeviceKey, Keyring
from plurichain.storage.encryption import CHEAPEST

SEED = bytes(range(32))
MESSAGE = b"the counter shows 7500 Wh"


def open_keyring(folder: Path, backend: str = "file", passphrase: str = "pass") -> Keyring:
    return Keyring.open(
        backend, folder, lambda _question: passphrase, is_localnet=True, parameters=CHEAPEST
    )


@pytest.mark.parametrize("backend", ["file", "test"])
def test_a_device_key_is_kept_and_signs(tmp_path: Path, backend: str) -> None:
    made = open_keyring(tmp_path, backend).create_device_key("meter")
    again = open_keyring(tmp_path, backend).get_device_key("meter")

    assert again.public_key == made.public_key
    assert again.key_type is KeyType.ED25519
    signature = again.sign(MESSAGE)
    assert is_signature(KeyType.ED25519, made.public_key, MESSAGE, signature)
    assert not is_signature(KeyType.ED25519, made.public_key, MESSAGE + b".", signature)
    path = tmp_path / backend / "meter.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_account_key_signs_for_a_device_too(tmp_path: Path) -> None:
    account, _ = open_keyring(tmp_path).create("alice")
    key = open_keyring(tmp_path).get_device_key("alice")

    assert (key.key_type, key.public_key) == (KeyType.SECP256K1, account.public_key)
    assert is_signature(KeyType.SECP256K1, key.public_key, MESSAGE, key.sign(MESSAGE))


def test_an_export_brings_a_device_key_back(tmp_path: Path) -> None:
    keyring = open_keyring(tmp_path)
    keyring.import_device_key("meter", SEED)

    assert keyring.export("meter") == SEED
    assert SEED.hex() not in (tmp_path / "file" / "meter.json").read_text()
    copied = keyring.import_device_key("copy", keyring.export("meter"))
    assert copied.public_key == keyring.get_device_key("meter").public_key


def test_a_device_key_is_no_account(tmp_path: Path) -> None:
    keyring = open_keyring(tmp_path)
    keyring.create_device_key("meter")
    keyring.create("alice")

    assert [info.name for info in keyring.list()] == ["alice"]
    assert [info.name for info in keyring.list_all()] == ["alice", "meter"]
    for take in (keyring.get, lambda name: keyring.get_info(name).address):
        with pytest.raises(KeyringError, match="it signs for a device and has no account"):
            take("meter")


def test_what_is_refused_leaves_the_key_as_it_was(tmp_path: Path) -> None:
    keyring = open_keyring(tmp_path)
    first = keyring.create_device_key("meter")

    with pytest.raises(KeyringError, match="exists already"):
        keyring.create_device_key("meter")
    with pytest.raises(KeyringError, match="has 32 bytes"):
        keyring.import_device_key("other", SEED[:31])
    with pytest.raises(PassphraseError, match="wrong passphrase"):
        open_keyring(tmp_path, passphrase="another").get_device_key("meter")
    assert keyring.get_device_key("meter").public_key == first.public_key
    assert [info.name for info in keyring.list_all()] == ["meter"]


def test_a_changed_type_or_public_key_is_found(tmp_path: Path) -> None:
    keyring = open_keyring(tmp_path, "test")
    keyring.import_device_key("meter", SEED)
    path = tmp_path / "test" / "meter.json"
    good = json.loads(path.read_text())
    for change in (
        {"key_type": "secp256k1"},
        {"key_type": None},
        {"public_key": "02" + "11" * 32},
        {"public_key": "11" * 31},
        {"version": 1},
    ):
        path.write_text(json.dumps({**good, **change}))
        with pytest.raises(KeyringError):
            keyring.get_device_key("meter")
    path.write_text(json.dumps({**good, "public_key": "11" * 32}))
    with pytest.raises(KeyringError, match="do not belong together"):
        keyring.get_device_key("meter")


def test_private_bytes_are_not_shown_or_pickled() -> None:
    key = DeviceKey.from_seed("meter", SEED)

    assert SEED.hex() not in repr(key)
    assert key.public_key.hex() in repr(key)
    for take in (pickle.dumps, copy.copy):
        with pytest.raises(KeyringError, match="not pickled"):
            take(key)
