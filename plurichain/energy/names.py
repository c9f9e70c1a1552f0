"""The words of metered energy; the numbers are those of ``plurichain.energy.v1``."""

from __future__ import annotations

from plurichain.encoding.words import NamedEnum


class KeyType(NamedEnum):
    """How a device signs: secp256k1 over SHA-256, ed25519 over the bytes themselves."""

    SECP256K1 = 1
    ED25519 = 2


class DeviceStatus(NamedEnum):
    """Whether a device's readings are taken."""

    PENDING = 1
    ACTIVE = 2
    SUSPENDED = 3


class RetirementPurpose(NamedEnum):
    """What energy was retired for; only the chain itself writes ``STORAGE``."""

    CONSUMPTION = 1
    DISCLOSURE = 2
    OBLIGATION = 3
    STORAGE = 4
