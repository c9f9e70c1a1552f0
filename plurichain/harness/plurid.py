"""The topology of our own chain, for callers; nothing else in the harness knows it."""

from __future__ import annotations

import string
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from plurichain.errors import InputError
from plurichain.harness.genesis import merge
from plurichain.harness.topology import FAUCET, Topology

CHAIN_ID = "plurichain-local-1"
PREFIX = "pluri"
BOND_DENOM = "upluri"
#: Energy in Wh and money in millionths of a euro.
DENOMS = ("ueur", "watthour")
#: The faucet, whose key everybody on a local chain has, names issuing bodies and paths. Readings
#: may be ten years old, the most that the module takes, so that days of examples can be handed in.
ENERGY_PARAMS = {"registrar": f"address:{FAUCET}", "max_reading_age_seconds": "316224000"}
ENERGY_PATCH = {"app_state": {"energy": {"params": ENERGY_PARAMS}}}


def make_plurid_topology(binary: Path, **changes: Any) -> Topology:
    """Return the topology of a plurid chain; ``changes`` are fields of Topology.

    Its faucet is the registrar of the energy module, unless a genesis patch names another.
    """
    accounts: Mapping[str, Mapping[str, int]] = changes.pop("accounts", {})
    defaults: dict[str, Any] = {
        "chain_id": CHAIN_ID,
        "prefix": PREFIX,
        "bond_denom": BOND_DENOM,
        "denoms": DENOMS,
    }
    patch = merge(ENERGY_PATCH, changes.pop("genesis_patch", {}))
    return Topology(
        binary=binary, accounts=accounts, genesis_patch=patch, **{**defaults, **changes}
    )


def make_plurid_topologies(
    binary: Path, count: int, *, chain_prefix: str = "plurichain", **changes: Any
) -> dict[str, Topology]:
    """Return topologies of chains "a", "b", …: ``changes`` are fields of all of them.

    Their ids are ``chain_prefix``-a-1 and so on. Raises InputError for more than 26.
    """
    if not 1 <= count <= len(string.ascii_lowercase):
        raise InputError(f"chains: {count} is not 1 to {len(string.ascii_lowercase)}")
    return {
        name: make_plurid_topology(binary, **{"chain_id": f"{chain_prefix}-{name}-1", **changes})
        for name in string.ascii_lowercase[:count]
    }
