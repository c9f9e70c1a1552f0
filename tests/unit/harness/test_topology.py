"""What a topology refuses, and its TOML form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from plurichain.errors import InputError
from plurichain.harness.plurid import make_plurid_topology
from plurichain.harness.topology import Topology
from plurichain.harness.topology_file import load_topology, parse_topology

BINARY = Path("/bin/chaind")
SOURCE = Path("/nets/alien.toml")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"validators": 0}, "validators 0"),
        ({"validators": 5}, "validators 5"),
        ({"validators": True}, "validators True"),
        ({"full_nodes": -1}, "full_nodes -1"),
        ({"block_time_ms": 0}, "block_time_ms 0"),
        ({"block_time_ms": 0.5}, "block_time_ms 0.5"),
        ({"seed": 2**64}, f"seed {2**64}"),
        ({"chain_id": "no blanks"}, "chain_id 'no blanks'"),
        ({"prefix": "Pluri"}, "prefix 'Pluri'"),
        ({"bond_denom": "x"}, "bond_denom 'x'"),
        ({"denoms": ("1ueur",)}, "denoms '1ueur'"),
        ({"accounts": {"faucet": {"ueur": 1}}}, "'faucet'"),
        ({"accounts": {"validator0": {"ueur": 1}}}, "'validator0'"),
        ({"accounts": {"../x": {"ueur": 1}}}, "accounts '../x'"),
        ({"accounts": {"alice": {"ueur": 0}}}, "accounts.alice.ueur 0"),
        ({"accounts": {"alice": {"ueur": 1.5}}}, "accounts.alice.ueur 1.5"),
    ],
)
def test_topology_names_the_field_and_the_value_that_is_wrong(
    changes: dict[str, Any], named: str
) -> None:
    """A topology that no chain could be made of is refused before anything starts."""
    with pytest.raises(InputError) as caught:
        make_plurid_topology(BINARY, **changes)

    assert named in caught.value.cause


def test_nodes_are_validators_first() -> None:
    """The names of nodes follow from their numbers."""
    topology = make_plurid_topology(BINARY, validators=2, full_nodes=1)

    assert topology.node_names == ("node0", "node1", "node2")


def test_file_gives_the_topology_it_describes(tmp_path: Path) -> None:
    """Keys are the fields; the binary is found from the file's own folder."""
    path = tmp_path / "alien.toml"
    path.write_text(
        'chain_id = "alien-1"\nbinary = "bin/aliend"\nprefix = "alien"\nbond_denom = "ustar"\n'
        'denoms = ["udust"]\nvalidators = 2\n[accounts.alice]\nustar = 7\n'
        '[genesis_patch.app_state.staking.params]\nunbonding_time = "10s"\n'
    )

    topology = load_topology(path, seed=3)

    assert topology == Topology(
        chain_id="alien-1",
        binary=tmp_path / "bin" / "aliend",
        prefix="alien",
        bond_denom="ustar",
        denoms=("udust",),
        accounts={"alice": {"ustar": 7}},
        validators=2,
        seed=3,
        genesis_patch={"app_state": {"staking": {"params": {"unbonding_time": "10s"}}}},
    )


REQUIRED = 'chain_id = "a-1"\nbinary = "b"\nprefix = "a"\nbond_denom = "ustar"\n'


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("chain_id = \n", "line 1"),
        (f"{REQUIRED}color = 3", "unknown key color"),
        ('chain_id = "a-1"', "key binary is missing"),
        (f"{REQUIRED}validators = 9", "validators 9"),
        (f'{REQUIRED}validators = "2"', "validators '2'"),
        (f'{REQUIRED}denoms = "udust"', "denoms is not a list"),
        (f"{REQUIRED}denoms = [1]", "denoms is not a list"),
        (f"{REQUIRED}accounts = 1", "accounts is not a table"),
        (f"{REQUIRED}genesis_patch = 1", "genesis_patch is not a table"),
        (f"{REQUIRED}[accounts]\nalice = 3", "accounts.alice is not a table"),
        (f'{REQUIRED}api = "yes"', "api 'yes'"),
        (REQUIRED.replace('"b"', "1"), "binary 1"),
    ],
)
def test_file_errors_name_the_file_and_the_key(text: str, named: str) -> None:
    """Whatever is wrong in the file is said with its name."""
    with pytest.raises(InputError) as caught:
        parse_topology(text, source=SOURCE)

    assert str(SOURCE) in caught.value.cause
    assert named in caught.value.cause


def test_missing_file_is_named(tmp_path: Path) -> None:
    """A file that is not there is refused by its name."""
    with pytest.raises(InputError, match=r"nowhere\.toml"):
        load_topology(tmp_path / "nowhere.toml")
