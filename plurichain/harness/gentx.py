"""The genesis transaction that makes an account a validator, signed here.

It is what `<binary> genesis gentx` writes: one MsgCreateValidator, signed in SIGN_MODE_DIRECT with
account number and sequence 0, as proto-JSON. Signing it in Python saves three calls of the binary
a validator and makes it reproducible. The few protobuf fields are written by hand, because only
the chain layer may import the generated types.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

from plurichain.encoding.protobuf import MessageWriter
from plurichain.harness.topology import SELF_DELEGATION

if TYPE_CHECKING:
    from plurichain.harness.accounts import Account, NodeKey

GAS_LIMIT = 200_000
#: Commission rates as decimals and as the 18-digit integers that stand in protobuf.
RATES = {"rate": "0.1", "max_rate": "0.2", "max_change_rate": "0.01"}
SIGN_MODE_DIRECT = 1


def _message(*fields: tuple[int, bytes | str | int]) -> bytes:
    """Return a message of these fields, in ascending order of their numbers."""
    writer = MessageWriter()
    for number, value in fields:
        if isinstance(value, int):
            writer.write_uint(number, value)
        elif isinstance(value, str):
            writer.write_text(number, value)
        else:
            writer.write_bytes(number, value)
    return writer.finish()


def _any(type_url: str, value: bytes) -> bytes:
    return _message((1, type_url), (2, value))


def _decimal(text: str) -> str:
    """Return a decimal as protobuf carries it: an integer of 10^-18."""
    whole, _, fraction = text.partition(".")
    return str(int(whole + fraction.ljust(18, "0")))


def compute_gentx(
    *, chain_id: str, moniker: str, account: Account, consensus_key: NodeKey, bond_denom: str
) -> dict[str, Any]:
    """Return the proto-JSON of the signed transaction."""
    import coincurve

    message = _message(
        (1, _message((1, moniker))),
        (2, _message(*enumerate(map(_decimal, RATES.values()), start=1))),
        (3, "1"),
        (5, account.operator_address),
        (6, _any("/cosmos.crypto.ed25519.PubKey", _message((1, consensus_key.public_key)))),
        (7, _message((1, bond_denom), (2, str(SELF_DELEGATION)))),
    )
    body = _message((1, _any("/cosmos.staking.v1beta1.MsgCreateValidator", message)))
    key = _any("/cosmos.crypto.secp256k1.PubKey", _message((1, account.public_key)))
    mode = _message((1, _message((1, SIGN_MODE_DIRECT))))
    auth_info = _message((1, _message((1, key), (2, mode))), (2, _message((2, GAS_LIMIT))))
    sign_doc = _message((1, body), (2, auth_info), (3, chain_id))
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
