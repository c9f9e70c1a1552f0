from __future__ import annotations

import copy
import json
import pickle
import stat
from pathlib import Path

import pytest
from cosmpy.aerial.wallet import LocalWallet
from cosmpy.crypto.keypairs import PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from plurichain.errors import InputError, KeyringError, NewerFormatError, PassphraseError
from plurichain.keyring import Key, Keyring, derive_private_key, make_mnemonic, validate_mnemonic
from plurichain.storage.encryption import CHEAPEST

ABANDON = "abandon " * 11 + "about"
# Address: `plurid keys add --recover` with that mnemonic.
ABANDON_ADDRESS = "pluri19rl4cm2hmr8afy4kldpxz3fka4jguq0a9a997v"


def open_file_keyring(folder: Path, passphrase: str = "pass") -> Keyring:
    return Keyring.open("file", folder, lambda _question: passphrase, parameters=CHEAPEST)


def test_the_published_mnemonic_has_the_address_that_plurid_gives_it() -> None:
    assert str(Key("a", derive_private_key(ABANDON)).address) == ABANDON_ADDRESS


def test_keys_and_addresses_are_those_of_cosmpy() -> None:
    for words in (12, 15, 18, 21, 24):
        mnemonic = make_mnemonic(words)
        key = Key("a", derive_private_key(mnemonic))
        wallet = LocalWallet.from_mnemonic(mnemonic, prefix="pluri")
        assert key.export_private_key() == wallet.signer().private_key_bytes
        assert key.public_key == wallet.public_key().public_key_bytes
        assert str(key.address) == str(wallet.address())


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=300))
def test_signatures_are_the_bytes_of_cosmpys_deterministic_ones(
    private: bytes, message: bytes
) -> None:
    if not 0 < int.from_bytes(private) < 2**256 - 2**129:
        return
    expected = PrivateKey(private).sign(message, deterministic=True)

    assert Key("a", private).sign(message) == expected


def test_bip39_vectors() -> None:
    # trezor/python-mnemonic vectors.json, passphrase "TREZOR", and BIP-32 of its seed.
    from embit import bip32

    key = derive_private_key(ABANDON, passphrase="TREZOR", path="m")
    root = (
        "xprv9s21ZrQH143K3h3fDYiay8mocZ3afhfULfb5GX8kCBdno77K4HiA15Tg23wpbeF1pLfs1c5SPmYHrEpTuuRhxM"
        "wvKDwqdKiGJS9XFKzUsAF"
    )
    assert key == bip32.HDKey.from_string(root).key.serialize()


@pytest.mark.parametrize(
    ("mnemonic", "message"),
    [
        ("abandon " * 12, "the checksum is wrong"),
        ("abandon " * 11, "11 words; it has 12, 15, 18, 21 or 24"),
        ("", "0 words"),
        ("abandon " * 10 + "secretword about", "word 11 is not in the BIP-39 list"),
    ],
)
def test_wrong_mnemonics_are_refused_without_being_shown(mnemonic: str, message: str) -> None:
    with pytest.raises(KeyringError, match=message) as caught:
        derive_private_key(mnemonic)
    assert "secretword" not in str(caught.value) + caught.value.remedy


def test_case_and_blanks_of_a_mnemonic_do_not_matter() -> None:
    assert validate_mnemonic(f"  {ABANDON.upper()}\n") == ABANDON
    with pytest.raises(KeyringError, match="not a BIP-32 path"):
        derive_private_key(ABANDON, path="m/x")


def test_a_file_key_opens_with_its_passphrase_only(tmp_path: Path) -> None:
    keyring = open_file_keyring(tmp_path)
    key, mnemonic = keyring.create("alice")

    assert open_file_keyring(tmp_path).get("alice").public_key == key.public_key
    assert derive_private_key(mnemonic) == keyring.export("alice")
    with pytest.raises(PassphraseError, match="key 'alice': wrong passphrase"):
        open_file_keyring(tmp_path, "other").get("alice")
    with pytest.raises(PassphraseError, match="nobody can be asked"):
        Keyring.open("file", tmp_path).get("alice")
    path = tmp_path / "file" / "alice.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert keyring.export("alice").hex() not in path.read_text()


def test_listing_asks_for_no_passphrase(tmp_path: Path) -> None:
    keyring = open_file_keyring(tmp_path)
    keys = [keyring.create(name)[0] for name in ("b", "a")]

    infos = Keyring.open("file", tmp_path, prefix="other").list()
    assert [info.name for info in infos] == ["a", "b"]
    assert infos[1].address.raw == keys[0].address.raw
    assert infos[1].address.prefix == "other"


def test_the_test_backend_is_for_localnets(tmp_path: Path) -> None:
    with pytest.raises(KeyringError, match="only for localnets"):
        Keyring.open("test", tmp_path)
    keyring = Keyring.open("test", tmp_path, is_localnet=True)
    assert str(keyring.import_mnemonic("a", ABANDON).address) == ABANDON_ADDRESS
    assert str(keyring.get("a").address) == ABANDON_ADDRESS
    assert stat.S_IMODE((tmp_path / "test" / "a.json").stat().st_mode) == 0o600
    with pytest.raises(KeyringError, match="'kwallet' is not one of"):
        Keyring.open("kwallet", tmp_path)


def test_names_are_kept_apart_and_safe(tmp_path: Path) -> None:
    keyring = open_file_keyring(tmp_path)
    keyring.create("alice")
    before = (tmp_path / "file" / "alice.json").read_bytes()
    with pytest.raises(KeyringError, match="exists already"):
        keyring.create("alice")
    assert (tmp_path / "file" / "alice.json").read_bytes() == before
    with pytest.raises(InputError, match="key"):
        keyring.create("../alice")
    with pytest.raises(KeyringError, match="no key is called 'bob'") as caught:
        keyring.get("bob")
    assert "plurichain keys" in caught.value.remedy
    keyring.delete("alice")
    assert keyring.list() == ()
    with pytest.raises(KeyringError):
        keyring.delete("alice")


def test_changed_files_are_refused(tmp_path: Path) -> None:
    keyring = open_file_keyring(tmp_path)
    keyring.create("alice")
    other = keyring.create("bob")[0]
    path = tmp_path / "file" / "alice.json"
    good = json.loads(path.read_text())

    path.write_text(json.dumps({**good, "public_key": other.public_key.hex()}))
    with pytest.raises(PassphraseError):
        keyring.get("alice")
    path.write_text(json.dumps({**good, "version": 3}))
    with pytest.raises(NewerFormatError, match="key of version 3"):
        keyring.get("alice")
    for text in ("", "{}", "[]", "[" * 100_000, json.dumps({**good, "backend": "test"})):
        path.write_text(text)
        with pytest.raises(KeyringError, match="not a key file"):
            keyring.get("alice")
    path.write_text((tmp_path / "file" / "bob.json").read_text())
    with pytest.raises(KeyringError, match="holds the key 'bob'"):
        keyring.get("alice")


def test_private_bytes_do_not_show() -> None:
    private = derive_private_key(ABANDON)
    key = Key("a", private)

    assert private.hex() not in repr(key)
    assert str(int.from_bytes(private)) not in repr(key)
    for leak in (lambda: pickle.dumps(key), lambda: copy.deepcopy(key)):
        with pytest.raises(KeyringError, match="not pickled"):
            leak()
    with pytest.raises(KeyringError, match="not in the curve's range") as caught:
        Key("a", b"\xff" * 32)
    assert caught.value.__suppress_context__
    with pytest.raises(KeyringError, match="has 32 bytes"):
        Key("a", b"short")


def test_bid_keys_follow_from_the_private_key_alone() -> None:
    private = derive_private_key(ABANDON)

    assert Key("a", private).compute_bid_key() == Key("b", private, prefix="x").compute_bid_key()
    assert len(Key("a", private).compute_bid_key()) == 32
