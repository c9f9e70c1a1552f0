from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest

from plurichain.config import Endpoint, parse_network_file
from plurichain.errors import ConfigError, NewerFormatError

CHAIN: dict[str, Any] = {
    "$schema": "../chain.schema.json",
    "chain_name": "othergrid",
    "chain_id": "othergrid-4",
    "bech32_prefix": "other",
    "fees": {
        "fee_tokens": [
            {
                "denom": "uother",
                "fixed_min_gas_price": 0,
                "low_gas_price": 0.01,
                "average_gas_price": 0.025,
            }
        ]
    },
    "apis": {
        "rpc": [
            {"address": "https://rpc.other.example/", "provider": "x"},
            {"address": "https://r2.example"},
        ],
        "grpc": [
            {"address": "grpc.other.example:443"},
            {"address": "g2.example:9090"},
            {"address": "g3:1"},
        ],
    },
}
NODES: dict[str, Any] = {
    "version": 1,
    "chain_id": "c-1",
    "bech32_prefix": "pluri",
    "fee_denom": "upluri",
    "gas_price": "0",
    "localnet": True,
    "nodes": [{"name": "node0", "grpc": "127.0.0.1:1", "rpc": "http://127.0.0.1:2"}],
}


def parse(content: object, name: str | None = None) -> Any:
    return parse_network_file(json.dumps(content), source="chain.json", name=name)


def test_a_registry_chain_is_never_a_localnet() -> None:
    network = parse(CHAIN)

    assert network.name == "othergrid"
    assert network.gas_price == Fraction(1, 40)
    assert network.endpoints == (
        Endpoint("https://grpc.other.example:443", "https://rpc.other.example"),
        Endpoint("http://g2.example:9090", "https://r2.example"),
    )
    assert network.keyring == "file"
    assert not network.is_localnet


def test_tiny_prices_are_read_as_they_are_written() -> None:
    content = json.loads(json.dumps(CHAIN))
    content["fees"]["fee_tokens"][0]["average_gas_price"] = 5e-06
    assert parse(content).gas_price == Fraction(5, 1_000_000)
    content["fees"]["fee_tokens"][0]["average_gas_price"] = 20000000000
    assert parse(content).gas_price == 20_000_000_000


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.pop("chain_id"), "chain.json: chain_id is missing"),
        (lambda c: c.update(chain_id=7), "chain.json: chain_id: 7 is not text"),
        (lambda c: c.update(nodes=[]), "chain.json: endpoints: at least one node"),
        (lambda c: c["nodes"][0].pop("rpc"), r"chain.json: nodes\[0\].rpc is missing"),
        (lambda c: c.update(nodes=[3]), r"nodes\[0\] is not an object"),
        (lambda c: c.update(gas_price="much"), "gas_price: 'much' is not a decimal"),
        (lambda c: c.update(localnet="yes"), "localnet: 'yes' is not true or false"),
        (lambda c: c.update(bech32_prefix="1x"), "bech32_prefix: '1x'"),
        (lambda c: c.pop("nodes"), "neither an endpoints.json"),
    ],
)
def test_what_is_wrong_with_a_file_is_named(change: Any, message: str) -> None:
    content = json.loads(json.dumps(NODES))
    change(content)
    with pytest.raises(ConfigError, match=message):
        parse(content, name="n")


def test_texts_that_are_no_network() -> None:
    with pytest.raises(ConfigError, match=r"x.json, line 2: not valid JSON"):
        parse_network_file("{\n,}", source="x.json")
    with pytest.raises(ConfigError, match="not a JSON object"):
        parse([])
    with pytest.raises(ConfigError, match=r"x\.json: not valid JSON"):
        parse_network_file("[" * 100_000, source="x.json")
    with pytest.raises(NewerFormatError, match="endpoints of version 2"):
        parse({**NODES, "version": 2})
    with pytest.raises(ConfigError, match="at least one grpc and one rpc"):
        parse({**CHAIN, "apis": {"rpc": [], "grpc": []}})


def test_a_plain_key_file_is_never_chosen_for_a_real_network() -> None:
    network = parse({**NODES, "localnet": False, "faucet": {"mnemonic_file": "/x"}}, name="n")

    assert network.keyring == "file"
    assert network.faucet_mnemonic_file == ""
