from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plurichain.errors import NewerFormatError, PassphraseError, StorageError
from plurichain.storage import ScryptParameters, open_sealed, seal
from plurichain.storage.encryption import CHEAPEST


@given(st.binary(max_size=200), st.text(min_size=1, max_size=20), st.binary(max_size=20))
def test_what_was_sealed_opens_again(secret: bytes, passphrase: str, context: bytes) -> None:
    try:
        passphrase.encode()
    except UnicodeEncodeError:
        return
    sealed = json.loads(json.dumps(seal(secret, passphrase, context=context, parameters=CHEAPEST)))

    assert open_sealed(sealed, passphrase, context=context, name="note") == secret
    assert len(secret) < 4 or secret.hex() not in json.dumps(sealed)


def test_another_passphrase_place_or_parameter_does_not_open_it() -> None:
    sealed = seal(b"secret", "right", context=b"here", parameters=CHEAPEST)
    with pytest.raises(PassphraseError, match="note: wrong passphrase"):
        open_sealed(sealed, "wrong", context=b"here", name="note")
    with pytest.raises(PassphraseError):
        open_sealed(sealed, "right", context=b"there", name="note")
    with pytest.raises(PassphraseError):
        open_sealed({**sealed, "note": 1}, "right", context=b"here", name="note")


def test_two_seals_of_one_secret_share_nothing() -> None:
    one, two = (seal(b"secret", "p", context=b"", parameters=CHEAPEST) for _ in range(2))

    assert one["salt"] != two["salt"]
    assert one["nonce"] != two["nonce"]
    assert one["ciphertext"] != two["ciphertext"]


def test_headers_are_checked_before_memory_is_taken() -> None:
    sealed = seal(b"secret", "p", context=b"", parameters=CHEAPEST)
    with pytest.raises(StorageError, match="out of range"):
        open_sealed({**sealed, "n": 1 << 40}, "p", context=b"", name="note")
    with pytest.raises(NewerFormatError, match="version 2"):
        open_sealed({**sealed, "version": 2}, "p", context=b"", name="note")
    for broken in ({**sealed, "kdf": "md5"}, {**sealed, "nonce": "00"}, {}, "text", None):
        with pytest.raises(StorageError, match="not a sealed text"):
            open_sealed(broken, "p", context=b"", name="note")


def test_an_empty_passphrase_is_refused() -> None:
    with pytest.raises(PassphraseError, match="empty"):
        seal(b"secret", "", context=b"")


def test_guessing_costs_64_mib_by_default() -> None:
    assert ScryptParameters().memory_bytes >= 64 << 20
