"""A topology as TOML; its keys are the fields of Topology.

::

    chain_id = "alien-1"
    binary = "build/aliend"          # relative to the file
    prefix = "alien"
    bond_denom = "ustar"
    validators = 2
    [accounts.alice]
    ustar = 1000000
    [genesis_patch.app_state.staking.params]
    unbonding_time = "10s"
"""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path
from typing import Any

from plurichain.errors import InputError
from plurichain.harness.topology import Topology

_FIELDS = {field.name: field for field in dataclasses.fields(Topology)}
_REQUIRED = [
    name
    for name, field in _FIELDS.items()
    if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
]
_LISTS = ("denoms", "start_arguments")
_TABLES = ("accounts", "genesis_patch", "config_patch", "app_patch")


def load_topology(path: Path, **changes: Any) -> Topology:
    """Return the topology of a file; ``changes`` win over it. Raises InputError with the file."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise InputError(f"{path}: {reason}", remedy="name a file that can be read") from error
    return parse_topology(text, source=path, **changes)


def parse_topology(text: str, *, source: Path, **changes: Any) -> Topology:
    """Return the topology that a TOML text describes. Raises InputError with file, line or key."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{source}: {error}") from error
    for key in content:
        if key not in _FIELDS:
            raise InputError(
                f"{source}: unknown key {key}", remedy=f"known keys: {', '.join(_FIELDS)}"
            )
    values = {**content, **changes}
    for key in _REQUIRED:
        if key not in values:
            raise InputError(f"{source}: key {key} is missing")
    _read_values(source, values)
    values["binary"] = source.parent / values["binary"]
    try:
        return Topology(**values)
    except InputError as error:
        raise InputError(f"{source}: {error.cause}", remedy=error.remedy) from error


def _read_values(source: Path, values: dict[str, Any]) -> None:
    """Check the kinds of values that Topology takes as they are; lists become tuples."""
    for key in _LISTS:
        if key in values:
            values[key] = _read_list(source, key, values[key])
    for key in _TABLES:
        if not isinstance(values.get(key, {}), dict):
            raise InputError(f"{source}: {key} is not a table")
    for name, coins in values.get("accounts", {}).items():
        if not isinstance(coins, dict):
            raise InputError(f"{source}: accounts.{name} is not a table of denom = amount")
    if not isinstance(values.get("api", False), bool):
        raise InputError(f"{source}: api {values['api']!r} is not true or false")
    if not isinstance(values["binary"], str | Path):
        raise InputError(f"{source}: binary {values['binary']!r} is not a path")


def _read_list(source: Path, key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise InputError(f"{source}: {key} is not a list of texts")
    return tuple(value)
