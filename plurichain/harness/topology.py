"""What a local chain is made of: its program, coins, accounts and nodes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from plurichain.errors import InputError

#: Nodes of one machine vote over loopback; more than four validators prove nothing further.
MAX_VALIDATORS = 4
MAX_FULL_NODES = 16
#: A chain is ready after two blocks, and nobody waits longer for that.
MAX_BLOCK_TIME_MS = 60_000
#: Name of the account that holds every coin and gives it away.
FAUCET = "faucet"
FAUCET_AMOUNT = 10**18
#: A validator's own stake, in the smallest unit of the bond denom.
SELF_DELEGATION = 10**8

_NOTHING: Mapping[str, Any] = MappingProxyType({})
_CHAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,47}")
_PREFIX = re.compile(r"[a-z][a-z0-9]{0,19}")
_DENOM = re.compile(r"[a-zA-Z][a-zA-Z0-9/:._-]{2,127}")
_GAS_PRICE = re.compile(r"[0-9]{1,18}(\.[0-9]{1,18})?")
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Topology:
    """A chain to be made; equal topologies make byte-equal genesis files.

    ``denoms`` are the coins that the faucet holds beside the bond denom. ``accounts`` maps names to
    coins (denom to amount); keys of accounts, nodes and validators are derived from ``seed`` and
    ``chain_id``. ``genesis_patch`` is merged into the whole genesis document, where a text
    ``address:NAME`` stands for the address of an account; ``config_patch`` and ``app_patch`` are
    merged into config.toml and app.toml (a mapping merges, anything else replaces).
    ``gas_price`` is a decimal in the bond denom a unit of gas, below which nodes take nothing.
    ``block_time_ms`` is CometBFT's timeout_commit: a block takes some milliseconds longer.
    Raises InputError.
    """

    chain_id: str
    binary: Path
    prefix: str
    bond_denom: str
    denoms: tuple[str, ...] = ()
    accounts: Mapping[str, Mapping[str, int]] = field(default_factory=lambda: _NOTHING)
    validators: int = 1
    full_nodes: int = 0
    block_time_ms: int = 100
    seed: int = 0
    gas_price: str = "0"
    api: bool = False
    genesis_patch: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    config_patch: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    app_patch: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    start_arguments: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what no chain could be made of."""
        _validate_text("chain_id", self.chain_id, _CHAIN_ID)
        _validate_text("prefix", self.prefix, _PREFIX)
        _validate_text("bond_denom", self.bond_denom, _DENOM)
        for denom in self.denoms:
            _validate_text("denoms", denom, _DENOM)
        _validate_text("gas_price", self.gas_price, _GAS_PRICE)
        _validate_number("validators", self.validators, 1, MAX_VALIDATORS)
        _validate_number("full_nodes", self.full_nodes, 0, MAX_FULL_NODES)
        _validate_number("block_time_ms", self.block_time_ms, 1, MAX_BLOCK_TIME_MS)
        _validate_number("seed", self.seed, 0, 2**64 - 1)
        for name, coins in self.accounts.items():
            _validate_text("accounts", name, _NAME)
            if name == FAUCET or re.fullmatch(r"validator\d+", name):
                raise InputError(f"accounts: {name!r} is a name that the harness gives itself")
            for denom, amount in coins.items():
                _validate_text(f"accounts.{name}", denom, _DENOM)
                _validate_number(f"accounts.{name}.{denom}", amount, 1, 2**128 - 1)

    @property
    def node_names(self) -> tuple[str, ...]:
        """Names of the nodes, validators first."""
        return tuple(f"node{index}" for index in range(self.validators + self.full_nodes))

    @property
    def all_denoms(self) -> tuple[str, ...]:
        """Every coin of the faucet, each once, in ascending order."""
        return tuple(sorted({self.bond_denom, *self.denoms}))


def _validate_text(name: str, value: object, pattern: re.Pattern[str]) -> None:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise InputError(f"topology: {name} {value!r} does not match {pattern.pattern}")


def _validate_number(name: str, value: object, minimum: int, maximum: int) -> None:
    right = isinstance(value, int) and not isinstance(value, bool) and minimum <= value <= maximum
    if not right:
        raise InputError(
            f"topology: {name} {value!r} is not an integer from {minimum} to {maximum}"
        )
