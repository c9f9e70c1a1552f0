"""The genesis document, composed in memory from what the binary's `init` gives.

Equal topologies and equal binaries give equal bytes: keys come from the seed and the genesis time
is a constant. It lies in the past, so block 1 carries it and block 2 the time of day; that is why
a chain is called ready at height 2 and not before.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from plurichain.errors import InputError
from plurichain.harness.accounts import Account, compute_account, compute_node_key
from plurichain.harness.gentx import compute_gentx
from plurichain.harness.topology import FAUCET, FAUCET_AMOUNT, SELF_DELEGATION

if TYPE_CHECKING:
    from plurichain.harness.topology import Topology

#: In a genesis patch, what stands before the name of an account whose address is meant.
ADDRESS_OF = "address:"
GENESIS_TIME = "2025-01-01T00:00:00Z"


def compute_accounts(topology: Topology) -> dict[str, Account]:
    """Return all accounts by name: the faucet, the validators, then the named ones in order."""
    names = [FAUCET, *(f"validator{index}" for index in range(topology.validators))]
    return {name: compute_account(topology, name) for name in [*names, *sorted(topology.accounts)]}


def compute_holdings(topology: Topology) -> dict[str, dict[str, int]]:
    """Return what each account holds at genesis, by name."""
    holdings: dict[str, dict[str, int]] = {
        FAUCET: dict.fromkeys(topology.all_denoms, FAUCET_AMOUNT)
    }
    for index in range(topology.validators):
        holdings[f"validator{index}"] = {topology.bond_denom: SELF_DELEGATION}
    for name in sorted(topology.accounts):
        holdings[name] = dict(topology.accounts[name])
    return holdings


def compute_genesis(
    topology: Topology, accounts: Mapping[str, Account], base: Mapping[str, Any]
) -> bytes:
    """Return the genesis file; ``base`` is the document that the binary's `init` wrote."""
    genesis = copy.deepcopy(dict(base))
    genesis["chain_id"] = topology.chain_id
    genesis["genesis_time"] = GENESIS_TIME
    state = genesis["app_state"]
    _set_bond_denom(state, topology.bond_denom)
    _add_accounts(state, accounts)
    _add_balances(state, accounts, compute_holdings(topology))
    state["genutil"]["gen_txs"] = [
        compute_gentx(
            chain_id=topology.chain_id,
            moniker=f"node{index}",
            account=accounts[f"validator{index}"],
            consensus_key=compute_node_key(topology, "consensus", f"node{index}"),
            bond_denom=topology.bond_denom,
        )
        for index in range(topology.validators)
    ]
    patched = merge(genesis, _name_addresses(topology.genesis_patch, accounts))
    return (json.dumps(patched, indent=1, sort_keys=True) + "\n").encode()


def merge(base: Any, patch: Any) -> Any:
    """Return base with a patch laid over it: mappings merge, anything else replaces."""
    if not isinstance(base, Mapping) or not isinstance(patch, Mapping):
        return patch
    merged = dict(base)
    for key, value in patch.items():
        merged[key] = merge(merged[key], value) if key in merged else value
    return merged


def _name_addresses(patch: Any, accounts: Mapping[str, Account]) -> Any:
    """Return a patch with addresses for texts ``address:NAME``, which follow seed and chain id."""
    if isinstance(patch, Mapping):
        return {key: _name_addresses(value, accounts) for key, value in patch.items()}
    if isinstance(patch, list | tuple):
        return [_name_addresses(value, accounts) for value in patch]
    if not isinstance(patch, str) or not patch.startswith(ADDRESS_OF):
        return patch
    name = patch.removeprefix(ADDRESS_OF)
    if name not in accounts:
        raise InputError(
            f"topology: genesis_patch names the address of {name!r}, which is no account",
            remedy=f"accounts are {', '.join(accounts)}",
        )
    return accounts[name].address


def _set_bond_denom(state: dict[str, Any], denom: str) -> None:
    """Name the bond denom wherever a module of the SDK has a parameter for it."""
    state["staking"]["params"]["bond_denom"] = denom
    if "mint" in state:
        state["mint"]["params"]["mint_denom"] = denom
    if "crisis" in state:
        state["crisis"]["constant_fee"]["denom"] = denom
    for name in ("min_deposit", "expedited_min_deposit"):
        for coin in (state.get("gov", {}).get("params") or {}).get(name, []):
            coin["denom"] = denom


def _add_accounts(state: dict[str, Any], accounts: Mapping[str, Account]) -> None:
    known = state["auth"]["accounts"]
    for account in accounts.values():
        known.append(
            {
                "@type": "/cosmos.auth.v1beta1.BaseAccount",
                "address": account.address,
                "pub_key": None,
                "account_number": str(len(known)),
                "sequence": "0",
            }
        )


def _add_balances(
    state: dict[str, Any],
    accounts: Mapping[str, Account],
    holdings: Mapping[str, Mapping[str, int]],
) -> None:
    bank = state["bank"]
    supply = {coin["denom"]: int(coin["amount"]) for coin in bank["supply"]}
    for name, coins in holdings.items():
        bank["balances"].append({"address": accounts[name].address, "coins": _write_coins(coins)})
        for denom, amount in coins.items():
            supply[denom] = supply.get(denom, 0) + amount
    bank["supply"] = _write_coins(supply)


def _write_coins(coins: Mapping[str, int]) -> list[dict[str, str]]:
    return [{"denom": denom, "amount": str(coins[denom])} for denom in sorted(coins)]
