"""rly v2.6.0 on local chains, as a witness for our relayer: a home, keys and a path of its own."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

from plurichain.chain.transactions.messages import bank_send
from plurichain.harness import LocalChain
from plurichain.identifiers import Address
from plurichain.relayer.chain_end import RelayChain
from plurichain.relayer.link import Link, LinkEnd
from plurichain.units import Coin

BINARY = Path(__file__).resolve().parent.parent / "build" / "witness" / "rly"
MISSING = "rly is not built: scripts/build-witness"
KEY = "witness"
PATH = "witness"
COINS = 10**9
PREPARE_S = 60.0
END_S = 20.0


class Rly:
    """A home below ``folder`` that knows the chains of a link; its keys have no coins yet.

    ``addresses`` are those of its keys, by the names of the chains. rly makes the keys itself:
    its command takes words only on its command line. Raises RuntimeError with what it said.
    """

    def __init__(self, folder: Path, chains: Mapping[str, LocalChain], link: Link) -> None:
        if not BINARY.exists():
            raise RuntimeError(MISSING)
        self._home = folder
        self._log = folder / "rly.log"
        self._link = link
        (folder / "config").mkdir(mode=0o700, parents=True)
        # rly reads YAML, of which JSON is a part.
        content = json.dumps(_make_config(chains, link))
        (folder / "config" / "config.yaml").write_text(content, encoding="utf-8")
        self.addresses = {name: self._add_key(name) for name in chains}

    def fund(self, *chains: RelayChain) -> None:
        """Give its account on each of these chains coins, without which it is none."""
        for chain in chains:
            network = chain.client.network
            coins = [Coin(network.fee_denom, COINS)]
            gift = bank_send(chain.address, self.addresses[network.name], coins)
            chain.send([gift], purpose="witness")

    def start_flush(self, *, most_messages: int = 50) -> subprocess.Popen[bytes]:
        """Have it carry what waits, both ways, until nothing is left; returns its process."""
        channel = self._link.a.channel_id
        words = ["tx", "flush", PATH, channel, "--max-msgs", str(most_messages)]
        with self._log.open("ab") as log:
            return subprocess.Popen(
                self._make_command(*words), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def ask(self, *words: str) -> tuple[int, str]:
        """Run one of its queries; return the exit status and all that it printed."""
        done = subprocess.run(
            self._make_command("q", *words), stdin=subprocess.DEVNULL, capture_output=True,
            text=True, check=False, timeout=PREPARE_S,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    def start(self, metrics_address: str, *, flush_every: str) -> subprocess.Popen[bytes]:
        """Have it relay, with its metrics at an address; returns its process."""
        words = ["start", PATH, "--enable-metrics-server", "--metrics-listen-addr", metrics_address]
        with self._log.open("ab") as log:
            return subprocess.Popen(
                self._make_command(*words, "--flush-interval", flush_every),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip

    def read_log(self) -> str:
        """Return all that it said."""
        return self._log.read_text(encoding="utf-8") if self._log.exists() else ""

    def _add_key(self, chain: str) -> Address:
        command = self._make_command("keys", "add", chain, KEY)
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
            timeout=PREPARE_S,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"rly keys add: {done.stderr.strip()}")
        return Address.parse(json.loads(done.stdout)["address"])

    def _make_command(self, *words: str) -> list[str]:
        return [str(BINARY), *words, "--home", str(self._home)]


def end(process: subprocess.Popen[bytes]) -> None:
    """End a witness, at once if it does not by itself."""
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGINT)
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _make_config(chains: Mapping[str, LocalChain], link: Link) -> dict[str, object]:
    return {
        "global": {"timeout": "10s", "memo": "", "light-cache-size": 20, "log-level": "info"},
        "chains": {name: _make_chain(chain) for name, chain in chains.items()},
        "paths": {
            PATH: {
                "src": _make_end(link.a),
                "dst": _make_end(link.b),
                "src-channel-filter": {"rule": "", "channel-list": []},
            }
        },
    }


def _make_chain(chain: LocalChain) -> dict[str, object]:
    endpoints = chain.endpoints
    value = {
        "key": KEY,
        "chain-id": chain.chain_id,
        "rpc-addr": endpoints.nodes[0].rpc,
        "account-prefix": endpoints.bech32_prefix,
        "keyring-backend": "test",
        "gas-adjustment": 1.5,
        "gas-prices": f"0{endpoints.fee_denom}",
        "debug": False,
        "timeout": "20s",
        "output-format": "json",
        "sign-mode": "direct",
        "coin-type": 118,
    }
    return {"type": "cosmos", "value": value}


def _make_end(end: LinkEnd) -> dict[str, str]:
    return {
        "chain-id": end.chain_id,
        "client-id": end.client_id,
        "connection-id": end.connection_id,
    }
