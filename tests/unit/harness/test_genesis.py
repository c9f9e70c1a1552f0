"""Genesis, keys and the signed genesis transaction: reproducible, and right to the byte."""

from __future__ import annotations

import base64
import copy
import hashlib
import importlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import coincurve
import pytest

from plurichain.errors import InputError
from plurichain.harness.accounts import compute_account, compute_node_key
from plurichain.harness.genesis import compute_accounts, compute_genesis, merge
from plurichain.harness.gentx import compute_gentx
from plurichain.harness.plurid import make_plurid_topology
from plurichain.harness.topology import FAUCET_AMOUNT, SELF_DELEGATION, Topology

BASE: dict[str, Any] = {
    "chain_id": "base-1",
    "genesis_time": "2026-01-02T03:04:05Z",
    "app_state": {
        "auth": {"accounts": []},
        "bank": {"balances": [], "supply": []},
        "genutil": {"gen_txs": []},
        "staking": {"params": {"bond_denom": "stake", "max_validators": 100}},
        "mint": {"params": {"mint_denom": "stake"}},
        "gov": {"params": {"min_deposit": [{"denom": "stake", "amount": "1"}]}},
    },
}


def make_topology(**changes: Any) -> Topology:
    return make_plurid_topology(Path("/bin/plurid"), **changes)


def make_genesis(topology: Topology) -> bytes:
    return compute_genesis(topology, compute_accounts(topology), BASE)


def test_equal_topologies_give_equal_bytes() -> None:
    """Nothing in the genesis is random, and the base is left as it was."""
    before = copy.deepcopy(BASE)
    changes: dict[str, Any] = {"validators": 3, "accounts": {"b": {"ueur": 2}, "a": {"ueur": 1}}}
    reordered = {**changes, "accounts": {"a": {"ueur": 1}, "b": {"ueur": 2}}}

    first, second = make_genesis(make_topology(**changes)), make_genesis(make_topology(**reordered))

    assert first == second
    assert before == BASE


@pytest.mark.parametrize("changes", [{"seed": 1}, {"chain_id": "other-1"}, {"validators": 2}])
def test_other_topologies_give_other_bytes(changes: dict[str, Any]) -> None:
    """Seed, chain id and nodes all show in the genesis."""
    assert make_genesis(make_topology()) != make_genesis(make_topology(**changes))


def test_key_of_a_name_does_not_depend_on_other_names() -> None:
    """An account added to a topology moves nobody else's address."""
    alone = compute_accounts(make_topology(accounts={"zoe": {"ueur": 1}}))["zoe"]
    among = compute_accounts(make_topology(accounts={"zoe": {"ueur": 1}, "amy": {"ueur": 1}}))

    assert among["zoe"] == alone
    assert among["amy"].mnemonic != alone.mnemonic


def test_account_is_the_one_its_mnemonic_gives() -> None:
    """Importing the words into a keyring gives the same address."""
    from plurichain.keyring.key import Key
    from plurichain.keyring.mnemonic import derive_private_key

    account = compute_account(make_topology(), "alice")
    key = Key("alice", derive_private_key(account.mnemonic), prefix="pluri")

    assert str(key.address) == account.address
    assert account.operator_address.startswith("plurivaloper1")
    assert account.mnemonic not in repr(account)
    assert account.private_key.hex() not in repr(account)


def test_supply_is_the_sum_of_balances() -> None:
    """Bank's genesis check would refuse anything else."""
    topology = make_topology(validators=2, accounts={"alice": {"ueur": 5, "watthour": 7}})

    bank = json.loads(make_genesis(topology))["app_state"]["bank"]

    sums: dict[str, int] = {}
    for balance in bank["balances"]:
        for coin in balance["coins"]:
            sums[coin["denom"]] = sums.get(coin["denom"], 0) + int(coin["amount"])
    assert {coin["denom"]: int(coin["amount"]) for coin in bank["supply"]} == sums
    assert sums == {
        "ueur": FAUCET_AMOUNT + 5,
        "upluri": FAUCET_AMOUNT + 2 * SELF_DELEGATION,
        "watthour": FAUCET_AMOUNT + 7,
    }


def test_bond_denom_reaches_every_module() -> None:
    """Modules that have a denom of their own are told; missing modules are not invented."""
    state = json.loads(make_genesis(make_topology()))["app_state"]

    assert state["staking"]["params"]["bond_denom"] == "upluri"
    assert state["mint"]["params"]["mint_denom"] == "upluri"
    assert state["gov"]["params"]["min_deposit"][0]["denom"] == "upluri"
    assert "crisis" not in state


def test_patch_has_the_last_word() -> None:
    """A patch merges mappings and replaces everything else."""
    patch = {"app_state": {"staking": {"params": {"bond_denom": "umine"}}}}

    params = json.loads(make_genesis(make_topology(genesis_patch=patch)))["app_state"]["staking"]

    assert params["params"] == {"bond_denom": "umine", "max_validators": 100}
    assert merge({"a": [1, 2], "b": {"c": 1}}, {"a": [3], "b": {"d": 2}}) == {
        "a": [3],
        "b": {"c": 1, "d": 2},
    }


def test_gentx_is_what_was_signed() -> None:
    """Protobuf's own encoding of the JSON, signed anew, has the same signature."""
    # cosmpy puts these on the path; importing them registers the types that the JSON names.
    importlib.import_module("cosmpy.protos")
    for name in ("cosmos.crypto.ed25519.keys_pb2", "cosmos.crypto.secp256k1.keys_pb2"):
        importlib.import_module(name)
    importlib.import_module("cosmos.staking.v1beta1.tx_pb2")
    tx_pb2 = importlib.import_module("cosmos.tx.v1beta1.tx_pb2")
    json_format = importlib.import_module("google.protobuf.json_format")

    topology = make_topology()
    account = compute_account(topology, "validator0")
    gentx = compute_gentx(
        chain_id=topology.chain_id,
        moniker="node0",
        account=account,
        consensus_key=compute_node_key(topology, "consensus", "node0"),
        bond_denom="upluri",
    )
    tx = tx_pb2.Tx()
    # The SDK's JSON has decimals where protobuf has integers of 10^-18.
    message = gentx["body"]["messages"][0]
    message["commission"] = {
        name: str(int(rate.replace(".", ""))) for name, rate in message["commission"].items()
    }
    json_format.ParseDict(gentx, tx)
    sign_doc = tx_pb2.SignDoc(
        body_bytes=tx.body.SerializeToString(deterministic=True),
        auth_info_bytes=tx.auth_info.SerializeToString(deterministic=True),
        chain_id=topology.chain_id,
    ).SerializeToString(deterministic=True)
    expected = coincurve.PrivateKey(account.private_key).sign_recoverable(sign_doc)[:64]

    assert base64.b64decode(gentx["signatures"][0]) == expected


def test_node_id_is_cometbfts() -> None:
    """A node's id is the first 20 bytes of the hash of its public key."""
    key = compute_node_key(make_topology(), "peer", "node0")

    assert key.address == hashlib.sha256(key.public_key).hexdigest()[:40]
    assert key.private_key.hex() not in repr(key)


def test_the_faucet_is_the_registrar_whatever_the_chain_is_called() -> None:
    """An address in a patch follows the account's name, so a renamed topology stays right."""
    for chain_id in ("one-1", "two-1"):
        topology = replace(make_topology(), chain_id=chain_id)
        accounts = compute_accounts(topology)
        params = json.loads(make_genesis(topology))["app_state"]["energy"]["params"]

        assert params["registrar"] == accounts["faucet"].address
    patch = {"app_state": {"energy": {"params": {"registrar": "address:town"}}}}
    topology = make_topology(genesis_patch=patch, accounts={"town": {"ueur": 1}})
    params = json.loads(make_genesis(topology))["app_state"]["energy"]["params"]
    assert params["registrar"] == compute_accounts(topology)["town"].address


def test_an_address_of_nobody_is_refused() -> None:
    """A name that is no account is said with those that are."""
    patch = {"app_state": {"list": ["address:nobody"]}}
    with pytest.raises(InputError, match="'nobody', which is no account"):
        make_genesis(make_topology(genesis_patch=patch))
