"""The topology of our own chain, for callers; nothing else in the harness knows it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from plurichain.harness.topology import Topology

CHAIN_ID = "plurichain-local-1"
PREFIX = "pluri"
BOND_DENOM = "upluri"
#: Energy in Wh and money in millionths of a euro.
DENOMS = ("ueur", "watthour")


def make_plurid_topology(binary: Path, **changes: Any) -> Topology:
    """Return the topology of a plurid chain; ``changes`` are fields of Topology."""
    accounts: Mapping[str, Mapping[str, int]] = changes.pop("accounts", {})
    defaults: dict[str, Any] = {
        "chain_id": CHAIN_ID,
        "prefix": PREFIX,
        "bond_denom": BOND_DENOM,
        "denoms": DENOMS,
    }
    return Topology(binary=binary, accounts=accounts, **{**defaults, **changes})
