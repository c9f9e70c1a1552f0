"""Topologies as TOML; the keys of a chain are the fields of Topology.

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

Several chains are tables ``[[chain]]``, each with a ``name`` beside those keys, and what
joins them tables ``[[link]]``::

    [[chain]]
    name = "a"
    chain_id = "grid-a-1"
    …
    [[link]]
    a = "a"
    b = "b"
    trusting_period = "30s"          # port, version and order have defaults, too
"""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path
from typing import Any

from plurichain.errors import InputError
from plurichain.harness.links import LinkTopology, validate_links
from plurichain.harness.topology import Topology
from plurichain.ibc.packet import Order
from plurichain.identifiers import validate_network_name
from plurichain.units import parse_duration_ns

_FIELDS = {field.name: field for field in dataclasses.fields(Topology)}
_REQUIRED = [
    name
    for name, field in _FIELDS.items()
    if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
]
_ORDERS = {"unordered": Order.UNORDERED, "ordered": Order.ORDERED}
_LISTS = ("denoms", "start_arguments")
_TABLES = ("accounts", "genesis_patch", "config_patch", "app_patch")


def load_topology(path: Path, **changes: Any) -> Topology:
    """Return the topology of a file; ``changes`` win over it. Raises InputError with the file."""
    return parse_topology(_read_text(path), source=path, **changes)


def parse_topology(text: str, *, source: Path, **changes: Any) -> Topology:
    """Return the topology that a TOML text describes. Raises InputError with file, line or key."""
    return _make_topology(_parse_toml(text, source), source, source.parent, changes)


def load_topologies(
    path: Path, **changes: Any
) -> tuple[dict[str, Topology], list[LinkTopology]] | None:
    """Return the chains of a file by name, and their links; None for a file of one chain.

    ``changes`` win over what the file says of each chain. Raises InputError with the file.
    """
    content = _parse_toml(_read_text(path), path)
    return _make_topologies(content, path, changes) if "chain" in content else None


def parse_topologies(
    text: str, *, source: Path, **changes: Any
) -> tuple[dict[str, Topology], list[LinkTopology]]:
    """Return the chains and links that a TOML text describes. Raises InputError."""
    return _make_topologies(_parse_toml(text, source), source, changes)


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise InputError(f"{path}: {reason}", remedy="name a file that can be read") from error


def _parse_toml(text: str, source: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{source}: {error}") from error


def _make_topology(
    content: dict[str, Any], source: Path | str, base: Path, changes: dict[str, Any]
) -> Topology:
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
    values["binary"] = base / values["binary"]
    try:
        return Topology(**values)
    except InputError as error:
        raise InputError(f"{source}: {error.cause}", remedy=error.remedy) from error


def _make_topologies(
    content: dict[str, Any], source: Path, changes: dict[str, Any]
) -> tuple[dict[str, Topology], list[LinkTopology]]:
    for key in content:
        if key not in {"chain", "link"}:
            raise InputError(f"{source}: unknown key {key}", remedy="known keys: chain, link")
    topologies: dict[str, Topology] = {}
    for index, table in enumerate(_list_tables(content, "chain", source), start=1):
        where = f"{source}: chain {index}"
        values = dict(table)
        name = values.pop("name", None)
        if not isinstance(name, str):
            raise InputError(f"{where}: name {name!r} is not a text")
        validate_network_name(name, field=f"{where}: name")
        if name in topologies:
            raise InputError(f"{where}: there is another chain {name!r}")
        topologies[name] = _make_topology(values, where, source.parent, changes)
    links = [
        _make_link(table, f"{source}: link {index}")
        for index, table in enumerate(_list_tables(content, "link", source), start=1)
    ]
    try:
        validate_links(links, list(topologies))
    except InputError as error:
        raise InputError(f"{source}: {error.cause}", remedy=error.remedy) from error
    return topologies, links


def _list_tables(content: dict[str, Any], key: str, source: Path) -> list[dict[str, Any]]:
    tables = content.get(key, [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise InputError(f"{source}: {key} is not a list of tables", remedy=f"write [[{key}]]")
    return tables


def _make_link(table: dict[str, Any], where: str) -> LinkTopology:
    known = ("a", "b", "port", "version", "order", "trusting_period")
    for key, value in table.items():
        if key not in known:
            raise InputError(
                f"{where}: unknown key {key}", remedy=f"known keys: {', '.join(known)}"
            )
        if not isinstance(value, str):
            raise InputError(f"{where}: {key} {value!r} is not a text")
    for key in ("a", "b"):
        if key not in table:
            raise InputError(f"{where}: key {key} is missing")
    order = table.get("order", "unordered")
    if order not in _ORDERS:
        raise InputError(f"{where}: order {order!r} is not unordered or ordered")
    period = table.get("trusting_period")
    return LinkTopology(
        a=table["a"],
        b=table["b"],
        port=table.get("port", "transfer"),
        version=table.get("version", "ics20-1"),
        order=_ORDERS[order],
        trusting_period_ns=None
        if period is None
        else parse_duration_ns(period, field=f"{where}: trusting_period"),
    )


def _read_values(source: Path | str, values: dict[str, Any]) -> None:
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


def _read_list(source: Path | str, key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise InputError(f"{source}: {key} is not a list of texts")
    return tuple(value)
