"""The text of config.toml: the networks this user knows, and which one is meant when none is named.

::

    version = 3
    default_network = "localnet"

    [networks.localnet]
    chain_id = "plurichain-local"
    bech32_prefix = "pluri"
    fee_denom = "upluri"
    gas_price = "0"
    keyring = "test"
    localnet = true

    [[networks.localnet.endpoints]]
    grpc = "127.0.0.1:9090"
    rpc = "http://127.0.0.1:26657"

A network may also have ``ca_file``, ``client_cert_file``, ``client_key_file`` (paths of
PEM files), ``genesis_hash`` and ``max_clock_skew_s``, which version 1 did not know, and
``max_fee`` and ``fee_granter``, which version 2 did not know (see ``Network``).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from plurichain.config.network import (
    DEFAULT_CLOCK_SKEW_S,
    Endpoint,
    Network,
    format_gas_price,
    parse_gas_price,
)
from plurichain.errors import ConfigError, InputError, NewerFormatError

VERSION = 3
_ADD_REMEDY = "plurichain localnet up makes one; plurichain network add FILE takes an existing one"

# key of the file: (field of Network, type, required)
_NETWORK_KEYS: dict[str, tuple[str, type, bool]] = {
    "chain_id": ("chain_id", str, True),
    "bech32_prefix": ("prefix", str, True),
    "fee_denom": ("fee_denom", str, True),
    "gas_price": ("gas_price", str, True),
    "keyring": ("keyring", str, False),
    "localnet": ("is_localnet", bool, False),
    "faucet_mnemonic_file": ("faucet_mnemonic_file", str, False),
    "ca_file": ("ca_file", str, False),
    "client_cert_file": ("client_cert_file", str, False),
    "client_key_file": ("client_key_file", str, False),
    "genesis_hash": ("genesis_hash", str, False),
    "max_clock_skew_s": ("max_clock_skew_s", int, False),
    "max_fee": ("max_fee", int, False),
    "fee_granter": ("fee_granter", str, False),
    "endpoints": ("endpoints", list, True),
}
_OPTIONAL_KEYS = (
    "faucet_mnemonic_file",
    "ca_file",
    "client_cert_file",
    "client_key_file",
    "genesis_hash",
    "fee_granter",
)


@dataclass(frozen=True, slots=True)
class Config:
    """Everything in config.toml; ``default_network`` is empty if there is none."""

    default_network: str = ""
    networks: Mapping[str, Network] = field(default_factory=dict)

    def get_network(self, name: str | None = None) -> Network:
        """Return the network called ``name``, or the default one. Raises ConfigError."""
        # A name that is empty is a slip, of a script mostly, and means no network.
        wanted = self.default_network if name is None else name
        if name is None and not wanted:
            raise ConfigError("no network is configured", remedy=_ADD_REMEDY)
        if wanted not in self.networks:
            known = ", ".join(sorted(self.networks))
            remedy = f"known networks: {known}" if known else _ADD_REMEDY
            raise ConfigError(f"no network is called {wanted!r}", remedy=remedy)
        return self.networks[wanted]


def format_config(config: Config) -> str:
    """Return the text of ``config`` that ``parse_config`` reads back."""
    import tomli_w

    content: dict[str, Any] = {"version": VERSION}
    if config.default_network:
        content["default_network"] = config.default_network
    content["networks"] = {}
    for name, network in sorted(config.networks.items()):
        entry: dict[str, Any] = {
            "chain_id": network.chain_id,
            "bech32_prefix": network.prefix,
            "fee_denom": network.fee_denom,
            "gas_price": format_gas_price(network.gas_price),
            "keyring": network.keyring,
            "localnet": network.is_localnet,
        }
        entry |= {key: getattr(network, key) for key in _OPTIONAL_KEYS if getattr(network, key)}
        if network.max_clock_skew_s != DEFAULT_CLOCK_SKEW_S:
            entry["max_clock_skew_s"] = network.max_clock_skew_s
        if network.max_fee is not None:
            entry["max_fee"] = network.max_fee
        entry["endpoints"] = [{"grpc": e.grpc, "rpc": e.rpc} for e in network.endpoints]
        content["networks"][name] = entry
    return tomli_w.dumps(content)


def parse_config(text: str, *, source: str) -> Config:
    """Return the configuration in ``text``; errors name source, line and key."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{source}: not valid TOML: {error}") from None
    version = content.get("version")
    if type(version) is not int or version < 1:
        raise _error(source, text, "version", f"{version!r} is not a version number")
    if version > VERSION:
        raise NewerFormatError(
            f"{source} is a configuration of version {version}; "
            f"this program knows versions up to {VERSION}",
            remedy="update plurichain; the file was left untouched",
        )
    for key in content:
        if key not in {"version", "default_network", "networks"}:
            raise _error(source, text, key, "is not a known key")
    tables = content.get("networks", {})
    default = content.get("default_network", "")
    if not isinstance(tables, dict):
        raise _error(source, text, "networks", "is not a table")
    networks = {name: _read_network(text, source, name, table) for name, table in tables.items()}
    if not isinstance(default, str) or (default and default not in networks):
        raise _error(source, text, "default_network", f"{default!r} is not one of the networks")
    return Config(default, networks)


def _read_network(text: str, source: str, name: str, table: object) -> Network:
    where = f"networks.{name}"
    if not isinstance(table, dict):
        raise _error(source, text, where, "is not a table")
    values: dict[str, Any] = {"name": name}
    for key, value in table.items():
        if key not in _NETWORK_KEYS:
            raise _error(source, text, f"{where}.{key}", "is not a known key")
        attribute, kind, _ = _NETWORK_KEYS[key]
        if type(value) is not kind:
            raise _error(source, text, f"{where}.{key}", f"{value!r} has the wrong type")
        values[attribute] = value
    for key, (attribute, _, required) in _NETWORK_KEYS.items():
        if required and attribute not in values:
            raise _error(source, text, where, f"{key} is missing")
    try:
        values["gas_price"] = parse_gas_price(values["gas_price"])
        values["endpoints"] = tuple(_read_endpoint(entry) for entry in values["endpoints"])
        return Network(**values)
    except (ConfigError, InputError) as error:
        # The rules of Network name their field first; the file may call it otherwise.
        named = error.cause.partition(":")[0]
        raise _error(source, text, f"{where}.{named}", error.cause.partition(": ")[2]) from error


def _read_endpoint(entry: object) -> Endpoint:
    if not isinstance(entry, dict) or set(entry) != {"grpc", "rpc"}:
        raise ConfigError("endpoints: each has the keys grpc and rpc")
    if not all(isinstance(value, str) for value in entry.values()):
        raise ConfigError("endpoints: grpc and rpc are text")
    return Endpoint(entry["grpc"], entry["rpc"])


def _error(source: str, text: str, key: str, rule: str) -> ConfigError:
    line = _find_line(text, key)
    place = f"{source}, line {line}" if line else source
    return ConfigError(f"{place}: {key}: {rule}", remedy="correct the file")


def _find_line(text: str, key: str) -> int | None:
    """Return the line (from 1) of the dotted ``key``; tomllib does not tell it."""
    table, _, leaf = key.rpartition(".")
    header = re.compile(r"^\s*\[\[?\s*(.*?)\s*\]\]?\s*(#.*)?$")
    current, table_line = "", None
    for number, content in enumerate(text.splitlines(), start=1):
        found = header.match(content)
        if found:
            current = found[1].replace('"', "").replace("'", "").replace(" ", "")
            if current == table:
                table_line = number
            if current == key:
                return number
        elif re.match(rf"""^\s*["']?{re.escape(leaf)}["']?\s*=""", content) and (
            current == table or (current.startswith(f"{table}.") and table)
        ):
            return number
    return table_line
