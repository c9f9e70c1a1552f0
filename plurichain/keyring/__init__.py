"""Keys at rest: mnemonics, signing keys, and the backends that keep them."""

from plurichain.keyring.device_key import DeviceKey
from plurichain.keyring.key import Key
from plurichain.keyring.keyring import Keyring
from plurichain.keyring.mnemonic import (
    DERIVATION_PATH,
    derive_private_key,
    make_mnemonic,
    validate_mnemonic,
)

__all__ = [
    "DERIVATION_PATH",
    "DeviceKey",
    "Key",
    "Keyring",
    "derive_private_key",
    "make_mnemonic",
    "validate_mnemonic",
]
