"""Whether a device signed: secp256k1 with low S over SHA-256, or ed25519 (RFC 8032)."""

from __future__ import annotations

from typing import Final

from plurichain.energy.device import KEY_LENGTHS
from plurichain.energy.names import KeyType

SIGNATURE_LENGTH: Final = 64
# Of secp256k1's group.
_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
# Of ed25519's field, and the heights of its eight points of small order: under such a key
# everybody can sign.
_FIELD: Final = 2**255 - 19
_EIGHTH: Final = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL_ORDER: Final = frozenset({0, 1, _FIELD - 1, _EIGHTH, _FIELD - _EIGHTH})


def is_signature(key_type: KeyType, public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether ``signature`` is that of ``public_key`` over ``message``; never raises."""
    if len(signature) != SIGNATURE_LENGTH or len(public_key) != KEY_LENGTHS[key_type]:
        return False
    if key_type is KeyType.SECP256K1:
        return _is_secp256k1(public_key, message, signature)
    return _is_ed25519(public_key, message, signature)


def _is_secp256k1(public_key: bytes, message: bytes, signature: bytes) -> bool:
    import coincurve

    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    if not (0 < r < _ORDER and 0 < s <= _ORDER // 2):
        return False
    try:
        return bool(coincurve.PublicKey(public_key).verify(_encode_der(r, s), message))
    except ValueError:
        # Not a point of the curve.
        return False


def _encode_der(r: int, s: int) -> bytes:
    """Return r and s as the DER that the library takes; both are below 2^256."""
    # One bit more than the number needs: a leading 1 would read as a minus.
    parts = [part.to_bytes(part.bit_length() // 8 + 1, "big") for part in (r, s)]
    body = b"".join(bytes((2, len(part))) + part for part in parts)
    return bytes((0x30, len(body))) + body


def _is_ed25519(public_key: bytes, message: bytes, signature: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    height = int.from_bytes(public_key, "little") % 2**255
    if height >= _FIELD or height in _SMALL_ORDER:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
