"""Hermes 1.10.5 on local chains, as a witness in benchmarks: its configuration and keys."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from plurichain.harness import LocalChain

BINARY = Path(__file__).resolve().parent.parent / "build" / "witness" / "hermes"
MISSING = "hermes is not built: scripts/build-witness hermes"
KEY = "witness"
LEAST_S = 900.0
_CHANNEL = re.compile(r'"?(channel-\d+)"?')


class Hermes:
    """Its configuration below ``folder``, with the account ``account`` of every chain's genesis.

    Its metrics are at ``metrics_port`` of this machine, if that is given. Raises RuntimeError
    with what it said, subprocess.TimeoutExpired.
    """

    def __init__(
        self,
        folder: Path,
        chains: Mapping[str, LocalChain],
        account: str,
        *,
        metrics_port: int | None = None,
    ) -> None:
        if not BINARY.exists():
            raise RuntimeError(MISSING)
        folder.mkdir(mode=0o700, parents=True)
        self._folder = folder
        self._config = folder / "config.toml"
        text = _GLOBAL + "".join(_make_chain(folder, chain) for chain in chains.values())
        if metrics_port is not None:
            text = text.replace(_NO_METRICS, _METRICS.format(port=metrics_port))
        self._config.write_text(text, encoding="utf-8")
        for chain in chains.values():
            self._add_key(chain, account)

    def run(self, *words: str, timeout_s: float = LEAST_S) -> str:
        """Run a command to its end and return what it printed."""
        command = self._make_command(*words)
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
            timeout=timeout_s, env=self._environment,
        )  # fmt: skip
        if done.returncode:
            said = (done.stdout + done.stderr).strip().splitlines()[-3:]
            raise RuntimeError(f"hermes {' '.join(words[:2])}: {' | '.join(said)}")
        return done.stdout

    def create_channel(self, a: str, b: str) -> tuple[str, str]:
        """Make clients, connection and transfer channel; returns the channel on each chain."""
        out = self.run(
            "create", "channel", "--a-chain", a, "--b-chain", b, "--a-port", "transfer",
            "--b-port", "transfer", "--new-client-connection", "--yes",
        )  # fmt: skip
        found = list(dict.fromkeys(_CHANNEL.findall(out.rpartition("SUCCESS")[2])))
        if not found:
            raise RuntimeError(f"hermes create channel named no channel: {out[-300:]}")
        return found[0], found[-1]

    def clear(self, chain_id: str, channel: str) -> None:
        """Carry what waits on a transfer channel to its end, both ways."""
        self.run(
            "clear", "packets", "--chain", chain_id, "--port", "transfer", "--channel", channel
        )

    def start(self) -> subprocess.Popen[bytes]:
        """Have it relay until its process is ended."""
        with self._log.open("ab") as log:
            return subprocess.Popen(
                self._make_command("start"),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._environment,
            )  # fmt: skip

    def read_log(self) -> str:
        """Return all that it said since it was started."""
        return self._log.read_text(encoding="utf-8") if self._log.exists() else ""

    @property
    def _log(self) -> Path:
        return self._folder / "hermes.log"

    @property
    def _environment(self) -> dict[str, str]:
        return {**os.environ, "HOME": str(self._folder), "NO_COLOR": "1"}

    def _make_command(self, *words: str) -> list[str]:
        return [str(BINARY), "--config", str(self._config), *words]

    def _add_key(self, chain: LocalChain, account: str) -> None:
        words = self._folder / "words"
        descriptor = os.open(words, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(chain.get_account(account).mnemonic)
            self.run("keys", "add", "--chain", chain.chain_id, "--mnemonic-file", str(words))
        finally:
            words.unlink()


_GLOBAL = """\
[global]
log_level = "info"
[mode.clients]
enabled = true
refresh = true
misbehaviour = false
[mode.connections]
enabled = false
[mode.channels]
enabled = false
[mode.packets]
enabled = true
clear_interval = 100
clear_on_start = true
tx_confirmation = false
[rest]
enabled = false
host = "127.0.0.1"
port = 3000
[telemetry]
"""
_NO_METRICS = """\
enabled = false
host = "127.0.0.1"
port = 3001
"""
_METRICS = """\
enabled = true
host = "127.0.0.1"
port = {port}
"""
_GLOBAL += _NO_METRICS


def _make_chain(folder: Path, chain: LocalChain) -> str:
    """Return a chain's part of the configuration.

    Batches are as large as ours, and events are pushed. In a handshake it sleeps for a fifth of
    ``max_block_time`` before every step: 6 s as it is by default, here what fast blocks allow.
    """
    endpoints = chain.endpoints
    node = endpoints.nodes[0]
    websocket = node.rpc.replace("http://", "ws://") + "/websocket"
    return f"""
[[chains]]
id = "{chain.chain_id}"
type = "CosmosSdk"
rpc_addr = "{node.rpc}"
grpc_addr = "http://{node.grpc}"
event_source = {{ mode = "push", url = "{websocket}", batch_delay = "100ms" }}
rpc_timeout = "10s"
trusted_node = false
account_prefix = "{endpoints.bech32_prefix}"
key_name = "{KEY}"
key_store_type = "Test"
key_store_folder = "{folder / "keys"}"
store_prefix = "ibc"
default_gas = 300000
max_gas = 30000000
gas_multiplier = 1.3
max_msg_num = 100
max_tx_size = 2000000
clock_drift = "5s"
max_block_time = "2s"
compat_mode = "0.38"
memo_prefix = ""
gas_price = {{ price = 0.0, denom = "{endpoints.fee_denom}" }}
address_type = {{ derivation = "cosmos" }}
trust_threshold = {{ numerator = "1", denominator = "3" }}
"""
