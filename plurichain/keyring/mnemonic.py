"""From words to a private key: BIP-39 and BIP-32, at the path of Cosmos accounts."""

from __future__ import annotations

from plurichain.errors import KeyringError

DERIVATION_PATH = "m/44'/118'/0'/0/0"
"""BIP-44 with coin type 118 (SLIP-44: ATOM), the first account's first address."""

_WORD_COUNTS = (12, 15, 18, 21, 24)
_STRENGTH_BITS = {12: 128, 15: 160, 18: 192, 21: 224, 24: 256}


def make_mnemonic(words: int = 24) -> str:
    """Return a fresh English mnemonic of ``words`` words from the system's randomness."""
    from mnemonic import Mnemonic

    if words not in _STRENGTH_BITS:
        raise KeyringError(f"words: {words} is not one of {', '.join(map(str, _WORD_COUNTS))}")
    return str(Mnemonic("english").generate(strength=_STRENGTH_BITS[words]))


def validate_mnemonic(text: str) -> str:
    """Return ``text`` with single blanks and lower case.

    Raises KeyringError for a wrong number of words, a word that is not in the list (by
    its place, never by its text) or a wrong checksum.
    """
    from mnemonic import Mnemonic

    words = text.lower().split()
    remedy = "check the words and their order"
    if len(words) not in _WORD_COUNTS:
        raise KeyringError(
            f"mnemonic: {len(words)} words; it has 12, 15, 18, 21 or 24", remedy=remedy
        )
    rules = Mnemonic("english")
    known = set(rules.wordlist)
    for place, word in enumerate(words, start=1):
        if word not in known:
            raise KeyringError(f"mnemonic: word {place} is not in the BIP-39 list", remedy=remedy)
    plain = " ".join(words)
    if not rules.check(plain):
        raise KeyringError("mnemonic: the checksum is wrong", remedy=remedy)
    return plain


def derive_private_key(
    mnemonic: str, *, passphrase: str = "", path: str = DERIVATION_PATH
) -> bytes:
    """Return the 32-byte private key of ``mnemonic`` at ``path``.

    ``passphrase`` is BIP-39's own, usually empty; it is not that of a keyring. Raises
    KeyringError.
    """
    from embit import bip32
    from mnemonic import Mnemonic

    seed = Mnemonic.to_seed(validate_mnemonic(mnemonic), passphrase)
    try:
        return bytes(bip32.HDKey.from_seed(seed).derive(path).key.serialize())
    except (ValueError, IndexError) as error:
        raise KeyringError(f"path: {path!r} is not a BIP-32 path") from error
