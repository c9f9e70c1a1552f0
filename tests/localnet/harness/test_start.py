"""Starting a chain: from a topology to a node that answers."""

from __future__ import annotations

import json
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from plurichain.chain.nodes.client import ChainClient
from plurichain.errors import BinaryError, HarnessError, PortInUse
from plurichain.harness import LocalChain, make_plurid_topology
from plurichain.harness.genesis import GENESIS_TIME
from plurichain.harness.ports import HOST
from plurichain.harness.registry import list_folders
from plurichain.identifiers import Address


def test_started_chain_is_usable_at_once(localnet_chain: LocalChain) -> None:
    """Height 2, block time of today, gRPC and the balances of the genesis."""
    with ChainClient(localnet_chain.network()) as client:
        header = client.get_latest_header()
        faucet = localnet_chain.get_account("faucet")
        balances = client.get_balances(Address.parse(faucet.address, prefix="pluri"))

    assert header.height >= 2
    assert header.chain_id == localnet_chain.chain_id
    assert header.time_ns > 1_735_776_000 * 10**9, f"{header.time_ns} is still about {GENESIS_TIME}"
    assert set(balances) == {"ueur", "upluri", "watthour"}


def test_secrets_of_a_chain_are_private(localnet_chain: LocalChain) -> None:
    """Others on the machine can read neither mnemonics nor keys."""
    assert stat.S_IMODE(localnet_chain.folder.stat().st_mode) == 0o700
    for name in ("faucet.mnemonic", "accounts.json"):
        assert stat.S_IMODE((localnet_chain.folder / name).stat().st_mode) == 0o600
    shown = (localnet_chain.folder / "endpoints.json").read_text()
    assert localnet_chain.faucet_mnemonic not in shown
    assert localnet_chain.get_account("faucet").mnemonic == localnet_chain.faucet_mnemonic


def test_several_nodes_agree(plurid_binary: Path, chain_folder: Path) -> None:
    """Two validators and a full node reach the same block."""
    topology = make_plurid_topology(plurid_binary, validators=2, full_nodes=1)
    with LocalChain.start(topology, chain_folder) as chain:
        height = chain.wait_for_height(4)
        hashes = {
            node.get_rpc(f"/block?height={height}")["block_id"]["hash"] for node in chain.nodes
        }
        powers = chain.nodes[2].get_rpc("/validators")["total"]

    assert len(hashes) == 1
    assert powers == "2"
    assert not chain_folder.exists()


COMPOSE = """\
import hashlib, sys, tempfile
from pathlib import Path
from plurichain.harness import LocalChain, make_plurid_topology
topology = make_plurid_topology(
    Path(sys.argv[1]), seed=int(sys.argv[2]), accounts={"alice": {"ueur": 7}}
)
with tempfile.TemporaryDirectory() as folder:
    with LocalChain.start(topology, Path(folder) / "chain") as chain:
        genesis = (chain.nodes[0].home / "config/genesis.json").read_bytes()
print(hashlib.sha256(genesis).hexdigest())
"""


def test_equal_seeds_give_equal_genesis_in_other_processes(plurid_binary: Path) -> None:
    """The file that a node reads is the same to the byte for a seed, and another for another."""

    def compose(seed: int) -> str:
        command = [sys.executable, "-c", COMPOSE, str(plurid_binary), str(seed)]
        return subprocess.run(command, check=True, stdout=-1, text=True, timeout=120).stdout

    assert compose(5) == compose(5) != compose(6)


def test_port_in_use_is_named_and_nothing_is_left(plurid_binary: Path, chain_folder: Path) -> None:
    """A wanted port that is taken: said with the node, before anything is started."""
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortInUse) as caught:
            LocalChain.start(
                make_plurid_topology(plurid_binary), chain_folder, ports={("node0", "rpc"): port}
            )

    assert caught.value.cause == f"port {port} is in use, and node0 needs it for rpc"
    assert not chain_folder.exists()
    assert chain_folder not in list_folders().values()


def test_wanted_ports_are_used(plurid_binary: Path, chain_folder: Path) -> None:
    """The user's port is the node's, and the REST server answers where it is asked to."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    topology = make_plurid_topology(plurid_binary, api=True)
    with LocalChain.start(topology, chain_folder, ports={("node0", "rpc"): port}) as chain:
        assert chain.nodes[0].rpc == f"http://{HOST}:{port}"
        host, _, api_port = chain.nodes[0].api.removeprefix("http://").partition(":")
        socket.create_connection((host, int(api_port)), timeout=5).close()


def test_folder_with_something_in_it_is_not_touched(plurid_binary: Path, tmp_path: Path) -> None:
    """Nothing of the user's is overwritten or removed."""
    (tmp_path / "mine").write_text("x")

    with pytest.raises(HarnessError, match="is not empty"):
        LocalChain.start(make_plurid_topology(plurid_binary), tmp_path)

    assert (tmp_path / "mine").read_text() == "x"


def test_missing_binary_is_named(tmp_path: Path) -> None:
    """No chain without its program."""
    with pytest.raises(BinaryError, match="no chain binary at"):
        LocalChain.start(make_plurid_topology(tmp_path / "nothing"), tmp_path / "chain")


def test_file_tells_other_programs_everything(localnet_chain: LocalChain) -> None:
    """endpoints.json is what the config layer reads."""
    text = (localnet_chain.folder / "endpoints.json").read_text()
    content = json.loads(text)

    assert content["version"] == 1
    assert content["localnet"] is True
    assert content["nodes"][0]["grpc"] == localnet_chain.nodes[0].grpc
    network = localnet_chain.network("other")
    assert (network.name, network.prefix, network.keyring) == ("other", "pluri", "test")
