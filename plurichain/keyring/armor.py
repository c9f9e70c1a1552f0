"""Key exports of Cosmos SDK chains (`plurid keys export`): ASCII armor, both ways.

The format is that of cosmos-sdk crypto/armor.go: OpenPGP armor (RFC 4880, section 6) named
TENDERMINT PRIVATE KEY around the amino bytes of the key, encrypted by ChaCha20-Poly1305
under argon2id (1 pass, 64 MiB, 4 lanes; each export has a salt of its own, so the nonce is
zero), or, in exports of older chains, by XSalsa20-Poly1305 under bcrypt (cost 12).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets

from plurichain.errors import InputError, PassphraseError

_BLOCK = "TENDERMINT PRIVATE KEY"
_BEGIN, _END = f"-----BEGIN {_BLOCK}-----", f"-----END {_BLOCK}-----"
#: Amino's prefix of tendermint/PrivKeySecp256k1, then the length of the key.
_AMINO = bytes.fromhex("e1b0f79b20")
_SALT_BYTES = 16
_LINE_CHARS = 64
_REMEDY = "give the file that `keys export` of the other program wrote"


def format_armor(private_key: bytes, passphrase: str) -> str:
    """Return 32 private bytes as an export that `plurid keys import` takes.

    Raises PassphraseError for an empty passphrase.
    """
    if not passphrase:
        raise PassphraseError("the passphrase is empty", remedy="give at least eight characters")
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    salt = secrets.token_bytes(_SALT_BYTES)
    cipher = ChaCha20Poly1305(_derive_argon2(passphrase, salt))
    data = cipher.encrypt(bytes(12), _AMINO + private_key, None)
    headers = {"kdf": "argon2", "salt": salt.hex().upper(), "type": "secp256k1"}
    return _encode(headers, data)


def parse_armor(text: str, passphrase: str) -> bytes:
    """Return the 32 private bytes in an export.

    Raises InputError if it is none, PassphraseError for a wrong passphrase.
    """
    headers, data = _decode(text)
    kind = headers.get("type") or "secp256k1"
    if kind != "secp256k1":
        raise InputError(f"key export: a {kind} key; only secp256k1 keys are for accounts")
    try:
        salt = bytes.fromhex(headers.get("salt", ""))
    except ValueError:
        salt = b""
    kdf = headers.get("kdf", "")
    if len(salt) != _SALT_BYTES or kdf not in {"argon2", "bcrypt"}:
        raise InputError("key export: its headers name no kdf and salt known here", remedy=_REMEDY)
    plain = (_open_argon2 if kdf == "argon2" else _open_bcrypt)(data, passphrase, salt)
    if plain is None:
        raise PassphraseError(
            "key export: wrong passphrase, or the file was changed", remedy="try again"
        )
    if not plain.startswith(_AMINO) or len(plain) != len(_AMINO) + 32:
        raise InputError("key export: it holds no secp256k1 private key", remedy=_REMEDY)
    return plain[len(_AMINO) :]


def _derive_argon2(passphrase: str, salt: bytes) -> bytes:
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    kdf = Argon2id(salt=salt, length=32, iterations=1, lanes=4, memory_cost=64 * 1024)
    return kdf.derive(passphrase.encode())


def _open_argon2(data: bytes, passphrase: str, salt: bytes) -> bytes | None:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    try:
        return ChaCha20Poly1305(_derive_argon2(passphrase, salt)).decrypt(bytes(12), data, None)
    except InvalidTag:
        return None


def _open_bcrypt(data: bytes, passphrase: str, salt: bytes) -> bytes | None:
    from nacl.exceptions import CryptoError
    from nacl.secret import SecretBox

    try:
        return SecretBox(derive_bcrypt(passphrase, salt)).decrypt(data)
    except (CryptoError, ValueError, TypeError):
        return None


def derive_bcrypt(passphrase: str, salt: bytes) -> bytes:
    """Return the 32-byte key of an old export: SHA-256 of bcrypt's own text."""
    import bcrypt

    text = base64.b64encode(salt).rstrip(b"=").translate(_TO_BCRYPT)
    # bcrypt never read more than 72 bytes; the library wants them cut by its caller.
    return hashlib.sha256(bcrypt.hashpw(passphrase.encode()[:72], b"$2a$12$" + text)).digest()


_TO_BCRYPT = bytes.maketrans(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
)


def _encode(headers: dict[str, str], data: bytes) -> str:
    body = base64.b64encode(data).decode()
    lines = [body[start : start + _LINE_CHARS] for start in range(0, len(body), _LINE_CHARS)]
    check = base64.b64encode(_compute_crc24(data).to_bytes(3, "big")).decode()
    head = [f"{name}: {headers[name]}" for name in sorted(headers)]
    return "\n".join([_BEGIN, *head, "", *lines, f"={check}", _END]) + "\n"


def _decode(text: str) -> tuple[dict[str, str], bytes]:
    """Return headers and bytes of the armor. Raises InputError."""
    broken = InputError("key export: not an armored private key", remedy=_REMEDY)
    lines = [line.strip() for line in text.strip().splitlines()]
    if len(lines) < 4 or lines[0] != _BEGIN or lines[-1] != _END or "" not in lines:
        raise broken
    middle = lines.index("")
    headers = dict(line.split(": ", 1) for line in lines[1:middle] if ": " in line)
    body, check = lines[middle + 1 : -1], b""
    try:
        if body and body[-1].startswith("="):
            check = base64.b64decode(body.pop()[1:], validate=True)
        data = base64.b64decode("".join(body), validate=True)
    except (binascii.Error, ValueError):
        raise broken from None
    if check and int.from_bytes(check) != _compute_crc24(data):
        raise InputError("key export: its check sum is wrong: it was changed", remedy=_REMEDY)
    return headers, data


def _compute_crc24(data: bytes) -> int:
    """Return the CRC-24 of OpenPGP (RFC 4880, section 6.1)."""
    crc = 0xB704CE
    for byte in data:
        crc ^= byte << 16
        for _ in range(8):
            crc <<= 1
            if crc & 0x1000000:
                crc ^= 0x1864CFB
    return crc & 0xFFFFFF
