from __future__ import annotations

import json
import threading
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plurichain.config import (
    Endpoint,
    Network,
    add_network,
    config_path,
    get_network,
    home_folder,
    load_config,
    remove_network,
    save_network,
    set_default_network,
)
from plurichain.config.config_toml import parse_config
from plurichain.config.network import format_gas_price, parse_gas_price
from plurichain.errors import ConfigError, InputError, NewerFormatError

ENDPOINTS = (Endpoint("127.0.0.1:9090", "http://127.0.0.1:26657"),)


def make_network(name: str = "local", **changes: object) -> Network:
    values: dict[str, object] = {
        "name": name,
        "chain_id": "chain-1",
        "prefix": "pluri",
        "endpoints": ENDPOINTS,
        "fee_denom": "upluri",
        "gas_price": Fraction("0.025"),
    }
    return Network(**{**values, **changes})  # type: ignore[arg-type]


def test_home_is_overridden_by_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PLURICHAIN_HOME", str(tmp_path / "here"))
    assert home_folder() == tmp_path / "here"
    monkeypatch.delenv("PLURICHAIN_HOME")
    assert home_folder().name == "plurichain"


def test_the_first_network_is_the_default_and_all_come_back() -> None:
    one, two = make_network("one"), make_network("two", is_localnet=True, keyring="test")
    save_network(one)
    save_network(two)

    assert load_config().networks == {"one": one, "two": two}
    assert get_network() == one
    assert get_network("two") == two

    set_default_network("two")
    assert get_network() == two
    remove_network("two")
    assert get_network() == one
    assert config_path().stat().st_mode & 0o077 == 0


def test_what_is_missing_says_which_command_makes_it() -> None:
    with pytest.raises(ConfigError, match="no network is configured") as caught:
        get_network()
    assert "plurichain network add" in caught.value.remedy
    save_network(make_network("one"))
    with pytest.raises(ConfigError, match="no network is called 'other'") as caught:
        get_network("other")
    assert caught.value.remedy == "known networks: one"
    with pytest.raises(ConfigError):
        remove_network("other")
    with pytest.raises(ConfigError):
        set_default_network("other")


def test_concurrent_changes_are_all_kept() -> None:
    threads = [
        threading.Thread(target=save_network, args=(make_network(f"n{i}"),)) for i in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sorted(load_config().networks) == sorted(f"n{i}" for i in range(12))


GOOD = """version = 1
default_network = "local"

[networks.local]
chain_id = "chain-1"
bech32_prefix = "pluri"
fee_denom = "upluri"
gas_price = "0.025"

[[networks.local.endpoints]]
grpc = "127.0.0.1:9090"
rpc = "http://127.0.0.1:26657"
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("version = 1", "version = ", r"c.toml: not valid TOML"),
        ("version = 1", 'version = "1"', r"c.toml, line 1: version: '1' is not a version number"),
        ('"local"\n', '"lokal"\n', r"line 2: default_network: 'lokal' is not one of the networks"),
        ('"0.025"', '"cheap"', r"line 8: networks.local.gas_price: 'cheap' is not a decimal"),
        ('"0.025"', "0.025", r"line 8: networks.local.gas_price: 0.025 has the wrong type"),
        ('"0.025"', '"-1"', r"line 8: networks.local.gas_price: '-1' is not a decimal"),
        ("gas_price", "gasprice", r"line 8: networks.local.gasprice: is not a known key"),
        ('fee_denom = "upluri"\n', "", r"line 4: networks.local: fee_denom is missing"),
        ('"chain-1"', '"chain 1"', r"line 5: networks.local.chain_id: 'chain 1' is not a chain id"),
        ('"upluri"', '"u"', r"line 7: networks.local.fee_denom: 'u' is not a denom"),
        ('"pluri"', '"Pluri"', r"line 6: networks.local.bech32_prefix: 'Pluri' is not lower-case"),
        ("127.0.0.1:9090", "127.0.0.1", r"line 11: networks.local.grpc: '127.0.0.1' is not host"),
        ('"http://127', '"ftp://127', r"line 12: networks.local.rpc: .* does not begin with http"),
        ('rpc = "http://127.0.0.1:26657"\n', "", r"line 10: networks.local.endpoints: each has"),
        ('"0.025"', '"0"\nkeyring = "test"', r"line 9: networks.local.keyring: 'test' keeps keys"),
        ('"0.025"', '"0"\nlocalnet = 1', r"line 9: networks.local.localnet: 1 has the wrong type"),
        ("[networks.local]", "extra = 1\n[networks.local]", r"line 4: extra: is not a known key"),
    ],
)
def test_a_broken_file_names_line_and_key(old: str, new: str, message: str) -> None:
    assert parse_config(GOOD, source="c.toml").get_network().gas_price == Fraction(1, 40)
    with pytest.raises(ConfigError, match=message):
        parse_config(GOOD.replace(old, new, 1), source="c.toml")


def test_a_newer_file_is_left_untouched() -> None:
    home_folder().mkdir(parents=True)
    config_path().write_text("version = 4\nshape = 'new'\n")
    with pytest.raises(NewerFormatError, match="configuration of version 4"):
        save_network(make_network())

    assert config_path().read_text() == "version = 4\nshape = 'new'\n"


def test_version_1_is_read_and_kept_beside_what_replaces_it(project_root: Path) -> None:
    sample = project_root / "tests" / "data" / "stored" / "config-v1.toml"
    home_folder().mkdir(parents=True)
    config_path().write_bytes(sample.read_bytes())
    set_default_network("town")

    assert config_path().read_text().startswith("version = 3")
    assert load_config().get_network().name == "town"
    copy = config_path().with_name("config.toml.v1")
    assert copy.read_bytes() == sample.read_bytes()
    set_default_network("localnet")
    assert copy.read_bytes() == sample.read_bytes()


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("genesis_hash", "ab", "upper-case hex"),
        ("max_clock_skew_s", 0, "is not 1 to 86400"),
        ("client_cert_file", "/x.pem", "go together"),
        ("max_fee", -1, "is negative"),
    ],
)
def test_settings_of_a_connection(field: str, value: object, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        make_network("local", **{field: value})


def test_who_pays_is_an_address_of_the_chain() -> None:
    with pytest.raises(InputError, match="fee_granter"):
        make_network("local", fee_granter="cosmos1qqqq")


def test_settings_of_a_connection_are_kept() -> None:
    network = make_network(
        ca_file="/ca.pem",
        client_cert_file="/c.pem",
        client_key_file="/k.pem",
        genesis_hash="AB" * 32,
        max_clock_skew_s=7,
        max_fee=0,
        fee_granter="pluri1uzm7z7vgaeypt9xquqwka9hlleypmul3f8wrwf",
    )
    save_network(network)
    assert get_network(network.name) == network


@given(st.decimals(min_value=0, max_value=10**9, places=12))
def test_gas_prices_stay_exact(price: object) -> None:
    exact = Fraction(str(price))
    assert parse_gas_price(format_gas_price(exact)) == exact


@pytest.mark.parametrize("value", ["1e3", "1_000", " 1", ".5", "0x1", "½", "nan", 0.5, True, None])
def test_a_price_is_a_plain_decimal_in_text(value: object) -> None:
    with pytest.raises(ConfigError, match="gas_price"):
        parse_gas_price(value)
    with pytest.raises(ConfigError):
        format_gas_price(Fraction(1, 3))


@pytest.mark.parametrize(
    ("grpc", "rpc"),
    [
        ("host", "http://host"),
        ("host:99999", "http://host"),
        ("https://host", "http://host"),
        ("user@host:1", "http://host"),
        ("host:1/path", "http://host"),
        ("host:1", "host:1"),
        ("host:1", "http://"),
        ("host:1", "http://ho st"),
    ],
)
def test_addresses_that_no_node_has(grpc: str, rpc: str) -> None:
    with pytest.raises(ConfigError, match=r"grpc|rpc|address"):
        Endpoint(grpc, rpc)


def test_network_names_are_checked() -> None:
    with pytest.raises((ConfigError, InputError), match="network"):
        make_network("../up")
    with pytest.raises(ConfigError, match="at least one node"):
        make_network(endpoints=())


def test_add_network_from_a_localnets_endpoints(tmp_path: Path) -> None:
    path = tmp_path / "endpoints.json"
    path.write_text(
        json.dumps(
            {
                "version": 1,
                "chain_id": "chain-9",
                "bech32_prefix": "pluri",
                "fee_denom": "upluri",
                "gas_price": "0",
                "localnet": True,
                "nodes": [
                    {
                        "name": "node0",
                        "grpc": "127.0.0.1:1",
                        "rpc": "http://127.0.0.1:2",
                        "api": "",
                        "home": "/x",
                    }
                ],
                "faucet": {"mnemonic_file": "/x/faucet"},
            }
        )
    )
    network = add_network(path, name="mine")

    assert network.keyring == "test"
    assert network.faucet_mnemonic_file == "/x/faucet"
    assert get_network("mine") == network
