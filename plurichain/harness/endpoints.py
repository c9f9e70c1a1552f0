"""endpoints.json: where a local chain can be reached, for programs.

`plurichain network add` and the config layer read it. Version 1.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plurichain.errors import HarnessError

FILE_NAME = "endpoints.json"
VERSION = 1


@dataclass(frozen=True, slots=True)
class NodeEndpoints:
    """Addresses of one node; ``api`` is empty where the REST server is off."""

    name: str
    grpc: str
    rpc: str
    api: str
    home: Path


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Addresses of a chain and what a client must know to use it."""

    chain_id: str
    bech32_prefix: str
    fee_denom: str
    gas_price: str
    nodes: tuple[NodeEndpoints, ...]
    faucet_mnemonic_file: Path

    def to_json(self) -> dict[str, Any]:
        """Return the content of endpoints.json."""
        return {
            "version": VERSION,
            "chain_id": self.chain_id,
            "bech32_prefix": self.bech32_prefix,
            "fee_denom": self.fee_denom,
            "gas_price": self.gas_price,
            "localnet": True,
            "nodes": [
                {
                    "name": node.name,
                    "grpc": node.grpc,
                    "rpc": node.rpc,
                    "api": node.api,
                    "home": str(node.home),
                }
                for node in self.nodes
            ],
            "faucet": {"mnemonic_file": str(self.faucet_mnemonic_file)},
        }


def parse_endpoints(content: object, *, source: str) -> Endpoints:
    """Return endpoints from the parsed JSON of a file. Raises HarnessError naming the source."""
    try:
        assert isinstance(content, dict)
        if content["version"] != VERSION:
            raise HarnessError(
                f"{source}: version {content['version']} is not {VERSION}",
                remedy="it was written by another version of plurichain",
            )
        return Endpoints(
            chain_id=content["chain_id"],
            bech32_prefix=content["bech32_prefix"],
            fee_denom=content["fee_denom"],
            gas_price=content["gas_price"],
            nodes=tuple(
                NodeEndpoints(
                    node["name"], node["grpc"], node["rpc"], node["api"], Path(node["home"])
                )
                for node in content["nodes"]
            ),
            faucet_mnemonic_file=Path(content["faucet"]["mnemonic_file"]),
        )
    except (AssertionError, KeyError, TypeError) as error:
        raise HarnessError(f"{source}: not the endpoints of a localnet ({error})") from error


def read_endpoints(folder: Path) -> Endpoints:
    """Return the endpoints of the chain in a folder. Raises HarnessError."""
    path = folder / FILE_NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise HarnessError(f"no chain in {folder}: {error}") from error
    return parse_endpoints(content, source=str(path))


def write_endpoints(folder: Path, endpoints: Endpoints) -> Path:
    """Write the chain's endpoints into its folder in one step."""
    path = folder / FILE_NAME
    temporary = path.with_suffix(".new")
    temporary.write_text(json.dumps(endpoints.to_json(), indent=2) + "\n", encoding="utf-8")
    temporary.replace(path)
    return path
