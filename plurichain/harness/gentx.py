"""The genesis transaction that makes an account a validator, signed here.

It is what `<binary> genesis gentx` writes: one MsgCreateValidator, signed in SIGN_MODE_DIRECT with
account number and sequence 0, as proto-JSON. Signing it in Python saves three calls of the binary
a validator and makes it reproducible. The few protobuf fields are written by hand, because the
harness must not depend on the generated types that only the chain layer may import.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

from plurichain.harness.topology import SELF_DELEGATION

if TYPE_CHECKING:
    from plurichain.harness.accounts import Account, NodeKey

GAS_LIMIT = 200_000
#: Commission rates as decimals and as the 18-digit integers that stand in protobuf.
RATES = {"rate": "0.1", "max_rate": "0.2", "max_change_rate": "0.01"}
SIGN_MODE_DIRECT = 1


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _field(number: int, value: bytes | str | int) -> bytes:
    """Write one field; an empty or zero one is left out, as proto3 does."""
    if not value:
        return b""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _any(type_url: str, value: bytes) -> bytes:
    return _field(1, type_url) + _field(2, value)


def _decimal(text: str) -> str:
    """Return a decimal as protobuf carries it: an integer of 10^-18."""
    whole, _, fraction = text.partition(".")
    return str(int(whole + fraction.ljust(18, "0")))


def compute_gentx(
    *, chain_id: str, moniker: str, account: Account, consensus_key: NodeKey, bond_denom: str
) -> dict[str, Any]:
    """Return the proto-JSON of the signed transaction."""
    import coincurve

    rates = RATES.values()
    message = b"".join(
        [
            _field(1, _field(1, moniker)),
            _field(2, b"".join(_field(i, _decimal(rate)) for i, rate in enumerate(rates, 1))),
            _field(3, "1"),
            _field(5, account.operator_address),
            _field(6, _any("/cosmos.crypto.ed25519.PubKey", _field(1, consensus_key.public_key))),
            _field(7, _field(1, bond_denom) + _field(2, str(SELF_DELEGATION))),
        ]
    )
    body = _field(1, _any("/cosmos.staking.v1beta1.MsgCreateValidator", message))
    key = _any("/cosmos.crypto.secp256k1.PubKey", _field(1, account.public_key))
    signer = _field(1, key) + _field(2, _field(1, _field(1, SIGN_MODE_DIRECT)))
    auth_info = _field(1, signer) + _field(2, _field(2, GAS_LIMIT))
    sign_doc = _field(1, body) + _field(2, auth_info) + _field(3, chain_id)
    digest = hashlib.sha256(sign_doc).digest()
    secret = coincurve.PrivateKey(account.private_key)
    signature = secret.sign_recoverable(digest, hasher=None)[:64]
    return {
        "body": {
            "messages": [_write_message(moniker, account, consensus_key, bond_denom)],
            "memo": "",
            "timeout_height": "0",
            "extension_options": [],
            "non_critical_extension_options": [],
        },
        "auth_info": {
            "signer_infos": [
                {
                    "public_key": {
                        "@type": "/cosmos.crypto.secp256k1.PubKey",
                        "key": base64.b64encode(account.public_key).decode(),
                    },
                    "mode_info": {"single": {"mode": "SIGN_MODE_DIRECT"}},
                    "sequence": "0",
                }
            ],
            "fee": {"amount": [], "gas_limit": str(GAS_LIMIT), "payer": "", "granter": ""},
            "tip": None,
        },
        "signatures": [base64.b64encode(signature).decode()],
    }


def _write_message(
    moniker: str, account: Account, consensus_key: NodeKey, bond_denom: str
) -> dict[str, Any]:
    """Return MsgCreateValidator as JSON; the same content as the signed bytes."""
    return {
        "@type": "/cosmos.staking.v1beta1.MsgCreateValidator",
        "description": {
            "moniker": moniker,
            "identity": "",
            "website": "",
            "security_contact": "",
            "details": "",
        },
        "commission": {name: rate.ljust(20, "0") for name, rate in RATES.items()},
        "min_self_delegation": "1",
        "delegator_address": "",
        "validator_address": account.operator_address,
        "pubkey": {
            "@type": "/cosmos.crypto.ed25519.PubKey",
            "key": consensus_key.public_value,
        },
        "value": {"denom": bond_denom, "amount": str(SELF_DELEGATION)},
    }
