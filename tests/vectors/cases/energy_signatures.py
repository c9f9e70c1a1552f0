"""Signatures of devices: whose are taken."""

from __future__ import annotations

from tests.vectors.cases.common import Vector, vector
from tests.vectors.cases.energy_common import PUBLIC_KEYS, SIGNED, sign

RFC8032 = "RFC 8032, 7.1"
SEC2 = "SEC 2, secp256k1: the group has n elements, and s and n - s sign alike"
ORDER_SECP256K1 = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
ORDER_ED25519 = 2**252 + 27742317777372353535851937790883648493
SMALL = "the points of ed25519 whose order divides 8"
SMALL_ORDER = (
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
)
MESSAGE = b"the counter shows 7500 Wh"


def _make(
    name: str, provenance: str, key_type: int, key: bytes, message: bytes, sig: bytes, good: bool
) -> Vector:
    given = {
        "key_type": str(key_type),
        "public_key": key.hex(),
        "message": message.hex(),
        "signature": sig.hex(),
    }
    return vector(
        f"{'secp256k1' if key_type == 1 else 'ed25519'}: {name}", provenance, given, {"valid": good}
    )


def _make_secp256k1() -> list[Vector]:
    key, good = PUBLIC_KEYS[1], sign(1, MESSAGE)
    half, n = good[:32], ORDER_SECP256K1
    s = int.from_bytes(good[32:], "big")
    flipped = bytes((key[0] ^ 1,)) + key[1:]
    rows = [
        ("as it should be", SIGNED, key, MESSAGE, good, True),
        ("another message", SIGNED, key, MESSAGE + b".", good, False),
        ("another key", SIGNED, flipped, MESSAGE, good, False),
        ("s above n/2", SEC2, key, MESSAGE, half + (n - s).to_bytes(32, "big"), False),
        ("s of 0", SEC2, key, MESSAGE, half + bytes(32), False),
        ("r of 0", SEC2, key, MESSAGE, bytes(32) + good[32:], False),
        ("r of n", SEC2, key, MESSAGE, n.to_bytes(32, "big") + good[32:], False),
        ("63 bytes", SIGNED, key, MESSAGE, good[:-1], False),
        ("65 bytes", SIGNED, key, MESSAGE, good + b"\0", False),
        ("no signature", SIGNED, key, MESSAGE, b"", False),
        ("a key that is not compressed", SEC2, b"\x04" + bytes(64), MESSAGE, good, False),
        ("a key off the curve", SEC2, b"\x02" + b"\xff" * 32, MESSAGE, good, False),
        ("a key with another prefix", SEC2, b"\x05" + key[1:], MESSAGE, good, False),
        ("an ed25519 signature", SIGNED, key, MESSAGE, sign(2, MESSAGE), False),
    ]
    return [_make(name, why, 1, *rest) for name, why, *rest in rows]


def _make_ed25519() -> list[Vector]:
    key, good = PUBLIC_KEYS[2], sign(2, MESSAGE)
    s = int.from_bytes(good[32:], "little") + ORDER_ED25519
    first = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    first_signature = (
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )
    second = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    second_signature = (
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    # R the neutral element and s = 0: true under the neutral element for every message.
    nobody = b"\x01" + bytes(63)
    rows = [
        ("test 1", RFC8032, bytes.fromhex(first), b"", bytes.fromhex(first_signature), True),
        ("test 2", RFC8032, bytes.fromhex(second), b"\x72", bytes.fromhex(second_signature), True),
        ("as it should be", SIGNED, key, MESSAGE, good, True),
        ("another message", SIGNED, key, MESSAGE + b".", good, False),
        ("another key", SIGNED, bytes.fromhex(first), MESSAGE, good, False),
        ("s of one order more", RFC8032, key, MESSAGE, good[:32] + s.to_bytes(32, "little"), False),
        ("63 bytes", SIGNED, key, MESSAGE, good[:-1], False),
        ("65 bytes", SIGNED, key, MESSAGE, good + b"\0", False),
        ("a key of 31 bytes", SIGNED, key[:-1], MESSAGE, good, False),
        ("a secp256k1 signature", SIGNED, key, MESSAGE, sign(1, MESSAGE), False),
        *(
            (
                f"a key of small order, {point[:4]}",
                SMALL,
                bytes.fromhex(point),
                MESSAGE,
                nobody,
                False,
            )
            for point in SMALL_ORDER
        ),
        (
            "a key that is not below p",
            RFC8032,
            b"\xee" + b"\xff" * 30 + b"\x7f",
            MESSAGE,
            good,
            False,
        ),
    ]
    return [_make(name, why, 2, *rest) for name, why, *rest in rows]


def make_vectors() -> list[Vector]:
    """Return vectors of both key types."""
    return [*_make_secp256k1(), *_make_ed25519()]
