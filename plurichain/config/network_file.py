"""Networks from other programs' files: a localnet's endpoints.json, a registry's chain.json.

``endpoints.json`` is written by plurichain's harness. ``chain.json`` has the format of
the Cosmos chain registry (github.com/cosmos/chain-registry, ``chain.schema.json``).
"""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

from plurichain.config.network import Endpoint, Network, parse_gas_price
from plurichain.errors import ConfigError, InputError, NewerFormatError

ENDPOINTS_VERSION = 1
_TLS_PORT = ":443"


def parse_network_file(text: str, *, source: str, name: str | None = None) -> Network:
    """Return the network that ``text`` describes, called ``name``.

    ``source`` is the file's name for errors. Without ``name`` it is called as the file
    says: by chain_name, else by chain id. Raises ConfigError (or NewerFormatError) that
    names source and field.
    """
    try:
        content = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        line = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise ConfigError(f"{source}{line}: not valid JSON") from None
    if not isinstance(content, dict):
        raise ConfigError(f"{source}: not a JSON object")
    try:
        if "nodes" in content:
            return _read_endpoints(content, source, name)
        if "apis" in content:
            return _read_chain(content, name)
    except NewerFormatError:
        raise
    except (ConfigError, InputError) as error:
        raise ConfigError(f"{source}: {error.cause}", remedy=error.remedy) from error
    raise ConfigError(
        f"{source}: neither an endpoints.json (it has nodes) nor a chain.json (it has apis)",
        remedy="give the endpoints.json of a localnet, or a chain-registry chain.json",
    )


def _read_endpoints(content: dict[str, Any], source: str, name: str | None) -> Network:
    version = _take(content, "version", int)
    if version > ENDPOINTS_VERSION:
        raise NewerFormatError(
            f"{source}: endpoints of version {version}; "
            f"this program knows versions up to {ENDPOINTS_VERSION}",
            remedy="update plurichain",
        )
    nodes = _take(content, "nodes", list)
    endpoints = []
    for index, node in enumerate(nodes):
        where = f"nodes[{index}]"
        if not isinstance(node, dict):
            raise ConfigError(f"{where} is not an object")
        endpoints.append(
            Endpoint(_take(node, "grpc", str, where=where), _take(node, "rpc", str, where=where))
        )
    is_localnet = _take(content, "localnet", bool)
    faucet = content.get("faucet") or {}
    if not isinstance(faucet, dict):
        raise ConfigError("faucet is not an object")
    chain_id = _take(content, "chain_id", str)
    return Network(
        name=name or chain_id,
        chain_id=chain_id,
        prefix=_take(content, "bech32_prefix", str),
        endpoints=tuple(endpoints),
        fee_denom=_take(content, "fee_denom", str),
        gas_price=parse_gas_price(_take(content, "gas_price", str)),
        keyring="test" if is_localnet else "file",
        is_localnet=is_localnet,
        faucet_mnemonic_file=str(faucet.get("mnemonic_file", "")) if is_localnet else "",
    )


def _read_chain(content: dict[str, Any], name: str | None) -> Network:
    apis = _take(content, "apis", dict)
    grpc = _addresses(apis, "grpc")
    rpc = _addresses(apis, "rpc")
    # The registry lists both apart; the pairs need not be one node, only one chain.
    count = min(len(grpc), len(rpc))
    if count == 0:
        raise ConfigError("apis: needs at least one grpc and one rpc address")
    fee_denom, gas_price = _read_fees(content)
    chain_id = _take(content, "chain_id", str)
    chain_name = content.get("chain_name")
    return Network(
        name=name or (chain_name if isinstance(chain_name, str) else chain_id),
        chain_id=chain_id,
        prefix=_take(content, "bech32_prefix", str),
        endpoints=tuple(
            Endpoint(_state_scheme(g), r.rstrip("/"))
            for g, r in zip(grpc[:count], rpc[:count], strict=True)
        ),
        fee_denom=fee_denom,
        gas_price=gas_price,
    )


def _read_fees(content: dict[str, Any]) -> tuple[str, Fraction]:
    tokens = _take(_take(content, "fees", dict), "fee_tokens", list, where="fees")
    if not tokens or not isinstance(tokens[0], dict):
        raise ConfigError("fees: fee_tokens names no token")
    token = tokens[0]
    price = 0
    for key in ("average_gas_price", "low_gas_price", "fixed_min_gas_price"):
        if key in token:
            price = token[key]
            break
    # The registry writes prices as JSON numbers; their text is what was meant.
    return _take(token, "denom", str, where="fee_tokens[0]"), parse_gas_price(_plain(price))


def _plain(number: object) -> str:
    if isinstance(number, bool) or not isinstance(number, int | float):
        return str(number)
    if isinstance(number, int):
        return str(number)
    return f"{number:.18f}".rstrip("0").rstrip(".") if abs(number) < 1e-4 else repr(number)


def _addresses(apis: dict[str, Any], kind: str) -> list[str]:
    entries = apis.get(kind, [])
    if not isinstance(entries, list):
        raise ConfigError(f"apis.{kind} is not a list")
    return [
        entry["address"]
        for entry in entries
        if isinstance(entry, dict) and isinstance(entry.get("address"), str)
    ]


def _state_scheme(address: str) -> str:
    """The registry writes most gRPC addresses bare; port 443 is TLS there."""
    bare = address.rstrip("/")
    if "://" in bare:
        with_port = bare.rpartition(":")[2].isdigit()
        return bare if with_port else f"{bare}{_TLS_PORT}"
    return f"https://{bare}" if bare.endswith(_TLS_PORT) else f"http://{bare}"


def _take(content: dict[str, Any], key: str, kind: type, *, where: str = "") -> Any:
    label = f"{where}.{key}" if where else key
    if key not in content:
        raise ConfigError(f"{label} is missing")
    value = content[key]
    if type(value) is not kind:
        names = {str: "text", int: "a whole number", bool: "true or false", list: "a list"}
        raise ConfigError(f"{label}: {value!r} is not {names.get(kind, 'an object')}")
    return value
