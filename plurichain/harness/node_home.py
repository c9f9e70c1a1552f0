"""The home folder of a node: the files of the binary's `init`, with our keys and settings.

`init` is run once for each binary and process; every node's files are made from what it wrote, so
that settings of a chain's own (and of SDK versions not known here) are kept.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plurichain.errors import BinaryError
from plurichain.harness.accounts import compute_node_key
from plurichain.harness.genesis import merge
from plurichain.harness.ports import HOST

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plurichain.harness.topology import Topology

INIT_DEADLINE_S = 60.0


@dataclass(frozen=True, slots=True)
class InitFiles:
    """What `init` wrote: the genesis document and the settings, parsed."""

    genesis: dict[str, Any]
    config: dict[str, Any]
    app: dict[str, Any]
    client: dict[str, Any]


def get_init_files(binary: Path) -> InitFiles:
    """Return what the binary's `init` writes. Raises BinaryError."""
    try:
        found = binary.stat()
    except OSError:
        raise BinaryError(
            f"no chain binary at {binary}", remedy="build it, or name another one"
        ) from None
    if not os.access(binary, os.X_OK):
        raise BinaryError(f"{binary} is not executable", remedy=f"chmod +x {binary}")
    return _run_init(binary, found.st_mtime_ns, found.st_size)


@functools.lru_cache(maxsize=8)
def _run_init(binary: Path, _modified_ns: int, _size: int) -> InitFiles:
    with tempfile.TemporaryDirectory(prefix="plurichain-init-") as folder:
        command = [str(binary), "init", "base", "--chain-id", "base-1", "--home", folder]
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
                timeout=INIT_DEADLINE_S,
                env=compute_environment(Path(folder)),
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise BinaryError(f"{binary} init does not run: {error}") from error
        if done.returncode != 0:
            lines = [line for line in done.stderr.splitlines() if line.strip()]
            panic = next((line for line in lines if line.startswith("panic:")), None)
            raise BinaryError(
                f"{binary} init failed: {panic or (lines or ['no output'])[0]}",
                remedy="run it by hand to see all of its output",
            )
        config = Path(folder) / "config"
        return InitFiles(
            genesis=json.loads((config / "genesis.json").read_bytes()),
            config=tomllib.loads((config / "config.toml").read_text(encoding="utf-8")),
            app=tomllib.loads((config / "app.toml").read_text(encoding="utf-8")),
            client=_read_toml(config / "client.toml"),
        )


def _read_toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def compute_environment(home: Path) -> dict[str, str]:
    """Return a node's environment: nothing of the caller's but what programs cannot do without."""
    kept = {
        name: os.environ[name] for name in ("PATH", "TMPDIR", "LANG", "TZ") if name in os.environ
    }
    return {**kept, "HOME": str(home)}


def compute_config(
    topology: Topology,
    base: Mapping[str, Any],
    *,
    name: str,
    ports: Mapping[tuple[str, str], int],
) -> dict[str, Any]:
    """Return a node's config.toml."""
    others = [other for other in topology.node_names if other != name]
    peers = [
        f"{compute_node_key(topology, 'peer', other).address}@{HOST}:{ports[other, 'p2p']}"
        for other in others
    ]
    # With the defaults (100 ms each) gossip alone takes longer than a block of ours.
    quick = "10ms" if topology.block_time_ms < 1_000 else "100ms"
    ours = {
        "moniker": name,
        "proxy_app": f"tcp://{HOST}:0",
        "rpc": {"laddr": f"tcp://{HOST}:{ports[name, 'rpc']}", "pprof_laddr": ""},
        "p2p": {
            "laddr": f"tcp://{HOST}:{ports[name, 'p2p']}",
            "persistent_peers": ",".join(peers),
            "addr_book_strict": False,
            "allow_duplicate_ip": True,
            "pex": False,
            "flush_throttle_timeout": quick,
            # A killed peer is looked for again within a second, not after a growing pause.
            "persistent_peers_max_dial_period": "1s",
        },
        "consensus": {
            "timeout_commit": f"{topology.block_time_ms}ms",
            "timeout_propose": f"{max(1_000, 2 * topology.block_time_ms)}ms",
            "peer_gossip_sleep_duration": quick,
        },
        "tx_index": {"indexer": "kv"},
        "instrumentation": {"prometheus": False},
    }
    config: dict[str, Any] = merge(merge(base, ours), topology.config_patch)
    return config


def compute_app_config(
    topology: Topology,
    base: Mapping[str, Any],
    *,
    name: str,
    ports: Mapping[tuple[str, str], int],
) -> dict[str, Any]:
    """Return a node's app.toml."""
    ours: dict[str, Any] = {
        "minimum-gas-prices": f"{topology.gas_price}{topology.bond_denom}",
        "pruning": "nothing",
        "grpc": {"enable": True, "address": f"{HOST}:{ports[name, 'grpc']}"},
        "grpc-web": {"enable": False},
        "api": {"enable": topology.api},
        "telemetry": {"enabled": False},
    }
    if topology.api:
        ours["api"]["address"] = f"tcp://{HOST}:{ports[name, 'api']}"
    config: dict[str, Any] = merge(merge(base, ours), topology.app_patch)
    return config


def write_home(
    folder: Path,
    topology: Topology,
    *,
    name: str,
    init: InitFiles,
    genesis: bytes,
    ports: Mapping[tuple[str, str], int],
) -> None:
    """Write a node's home: config/ and the empty data/ with the validator's first state."""
    import tomli_w

    config = folder / "config"
    data = folder / "data"
    config.mkdir(parents=True)
    data.mkdir()
    client = {
        "chain-id": topology.chain_id,
        "node": f"tcp://{HOST}:{ports[name, 'rpc']}",
        "keyring-backend": "test",
    }
    settings = {
        "config.toml": compute_config(topology, init.config, name=name, ports=ports),
        "app.toml": compute_app_config(topology, init.app, name=name, ports=ports),
        "client.toml": merge(init.client, client),
    }
    for file_name, content in settings.items():
        (config / file_name).write_text(tomli_w.dumps(content), encoding="utf-8")
    (config / "genesis.json").write_bytes(genesis)
    _write_keys(config, topology, name)
    first_state = {"height": "0", "round": 0, "step": 0}
    (data / "priv_validator_state.json").write_text(json.dumps(first_state), encoding="utf-8")


def _write_keys(config: Path, topology: Topology, name: str) -> None:
    """Write node_key.json and priv_validator_key.json, mode 0600."""
    consensus = compute_node_key(topology, "consensus", name)
    peer = compute_node_key(topology, "peer", name)
    private = "tendermint/PrivKeyEd25519"
    public = "tendermint/PubKeyEd25519"
    _write_private(
        config / "priv_validator_key.json",
        {
            "address": consensus.address.upper(),
            "pub_key": {"type": public, "value": consensus.public_value},
            "priv_key": {"type": private, "value": consensus.private_value},
        },
    )
    _write_private(
        config / "node_key.json", {"priv_key": {"type": private, "value": peer.private_value}}
    )


def _write_private(path: Path, content: Mapping[str, Any]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file)
