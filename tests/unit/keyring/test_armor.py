from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plurichain.errors import InputError, PassphraseError
from plurichain.keyring.armor import _AMINO, _encode, derive_bcrypt, format_armor, parse_armor

PRIVATE = bytes(range(1, 33))


def format_old_armor(private_key: bytes, passphrase: str) -> str:
    """Return an export as chains before SDK 0.50 wrote it."""
    from nacl.secret import SecretBox

    salt = bytes(range(16))
    data = bytes(SecretBox(derive_bcrypt(passphrase, salt)).encrypt(_AMINO + private_key))
    headers = {"kdf": "bcrypt", "salt": salt.hex().upper(), "type": "secp256k1"}
    return _encode(headers, data)


@settings(max_examples=5, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.text(min_size=1, max_size=90))
def test_round_trip(private_key: bytes, passphrase: str) -> None:
    assert parse_armor(format_armor(private_key, passphrase), passphrase) == private_key


def test_old_exports_open() -> None:
    text = format_old_armor(PRIVATE, "correct horse")
    assert parse_armor(text, "correct horse") == PRIVATE
    with pytest.raises(PassphraseError):
        parse_armor(text, "other")


def test_no_two_exports_share_a_salt() -> None:
    salts = {
        re.search("salt: (.*)", format_armor(PRIVATE, "pass")).group(1)  # type: ignore[union-attr]
        for _ in range(3)
    }
    assert len(salts) == 3


def test_what_is_wrong_is_named_and_nothing_is_shown() -> None:
    good = format_armor(PRIVATE, "pass")
    lines = good.splitlines()
    body = lines[5]
    swapped = body[1] + body[0] + body[2:]
    wrong = {
        "not an armored": [
            "",
            "words",
            good.replace("PRIVATE", "PUBLIC"),
            good.replace("\n\n", "\n"),
        ],
        "check sum": [good.replace(body, swapped)],
        "no kdf and salt": [good.replace("argon2", "md5"), good.replace("salt: ", "salt: 0")],
        "a ed25519 key": [good.replace("secp256k1", "ed25519")],
    }
    for message, texts in wrong.items():
        for text in texts:
            with pytest.raises(InputError, match=message):
                parse_armor(text, "pass")
    with pytest.raises(PassphraseError, match="wrong passphrase") as caught:
        parse_armor(good, "secret word")
    assert "secret word" not in str(caught.value)
    with pytest.raises(PassphraseError, match="empty"):
        format_armor(PRIVATE, "")
