"""A real Prometheus over a real tracker's exporter: what it wakes a person for, and what not."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from plurichain.config import save_network
from plurichain.harness import FaultyNetwork, LocalChains
from plurichain.relayer.chain_end import RelayChain
from tests.localnet.ibc.relaying import make_keys, relaying, send, wait_settled, wait_until
from tests.localnet.tracker.by_hand import Hand, find_sent
from tests.localnet.tracker.prometheus_server import PrometheusServer, running_prometheus

pytestmark = pytest.mark.prometheus

OVERDUE_S = 1
STUCK = "PlurichainPacketsNotReceived"
SILENT = "PlurichainChainSilent"


@dataclass
class Watched:
    """A tracker that sees two linked chains through proxies, its exporter, and a Prometheus."""

    chains: LocalChains
    pair: tuple[RelayChain, RelayChain]
    networks: dict[str, FaultyNetwork]
    metrics: str
    prometheus: PrometheusServer

    @property
    def channel(self) -> dict[str, str]:
        """Labels of the channel's end on chain a."""
        a, b = self.pair
        end = self.chains.links[0].a
        return {
            "chain": a.chain_id,
            "port": end.port,
            "channel": end.channel_id,
            "counterparty": b.chain_id,
        }

    def select(self, name: str, **labels: str) -> str:
        """Return the expression of one series of the channel."""
        chosen = ",".join(f'{key}="{value}"' for key, value in (self.channel | labels).items())
        return f"plurichain_ibc_{name}{{{chosen}}}"

    def send(self) -> int:
        """Send a packet from a to b; returns its height."""
        a, b = self.pair
        return send(a, self.chains.links[0].a.channel_id, str(b.address), [7])

    def receive(self, height: int) -> None:
        """Bring what was sent at a height to b, and nothing back."""
        a, b = self.pair
        hand = Hand(b, a, self.chains.links[0].b.client_id)
        messages = [hand.receive(packet, height) for packet in find_sent(a, height)]
        b.send([*hand.update(height), *messages], purpose="test")

    def carry(self) -> None:
        link = self.chains.links[0]
        with relaying(self.pair, make_keys(self.chains), link):
            wait_settled((self.pair[0], link.a.channel_id))

    def scrape(self) -> tuple[float, str]:
        """Return how long a scrape took, and what it gave."""
        begun = time.monotonic()
        with urllib.request.urlopen(self.metrics, timeout=30) as answer:
            page = answer.read().decode()
        return time.monotonic() - begun, page


@pytest.fixture
def watched(linked_chains: LocalChains, tmp_path: Path) -> Iterator[Watched]:
    home = tmp_path / "home"
    log = tmp_path / "track.err"
    with contextlib.ExitStack() as stack:
        networks = {
            name: stack.enter_context(FaultyNetwork(chain.network(name)))
            for name, chain in linked_chains.items()
        }
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PLURICHAIN_HOME", str(home))
            for network in networks.values():
                save_network(network.network)
        a, b = (stack.enter_context(linked_chains.open_relay_chain(name)) for name in "ab")
        process = stack.enter_context(_tracking(home, log))
        wait_until(lambda: _find_metrics(log) is not None, "the tracker serves metrics")
        metrics = _find_metrics(log)
        assert metrics is not None
        target = metrics.removeprefix("http://").removesuffix("/metrics")
        prometheus = stack.enter_context(running_prometheus(target, tmp_path / "prometheus"))
        yield Watched(linked_chains, (a, b), networks, metrics, prometheus)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0, log.read_text()


@contextlib.contextmanager
def _tracking(home: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [
        sys.executable, "-m", "plurichain", "ibc", "track", "a", "b", "--export", "127.0.0.1:0",
        "--receive-within", f"{OVERDUE_S}s", "--timeout", "1",
    ]  # fmt: skip
    with log.open("wb") as sink:
        process = subprocess.Popen(
            command, stdout=sink, stderr=sink,
            env={**os.environ, "PLURICHAIN_HOME": str(home)},
        )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _find_metrics(log: Path) -> str | None:
    found = re.search(r"metrics at (\S+)", log.read_text(errors="replace"))
    return found and found[1]


def test_a_stuck_packet_wakes_somebody_and_a_node_that_lags_does_not(watched: Watched) -> None:
    prometheus = watched.prometheus
    prometheus.wait_for(f"{watched.select('channel_current')} == 1")
    prometheus.wait_for(f"{watched.select('packets', **{'class': 'unreceived'})} == 0")
    for name, value in (("channel_open", 1), ("channel_complete", 1), ("unread_commitments", 0)):
        prometheus.wait_for(f"{watched.select(name)} == {value}")
    for chain in watched.pair:
        prometheus.wait_for(f'plurichain_ibc_client_active{{chain="{chain.chain_id}"}} == 1')
        prometheus.wait_for(f'plurichain_ibc_client_expiry_seconds{{chain="{chain.chain_id}"}} > 9')
        prometheus.wait_for(f'plurichain_ibc_wallet_balance{{chain="{chain.chain_id}"}} > 9')

    watched.send()
    prometheus.wait_for_alert(STUCK, **watched.channel, kind="stuck-receive", severity="page")
    # On a busy machine a figure may be unknown for a moment, while its chain is asked anew.
    prometheus.wait_for(f"{watched.select('packets', **{'class': 'unreceived'})} == 1")
    prometheus.wait_for(f"{watched.select('oldest_seconds', **{'class': 'unreceived'})} > 1")
    watched.carry()
    prometheus.wait_for_peace(STUCK)
    prometheus.wait_for(f"{watched.select('packets', **{'class': 'unreceived'})} == 0")

    # Its node says nothing to the tracker any more; the chain itself goes on, and receives.
    since_s = time.time()
    watched.networks["b"].cut(is_silent=True)
    watched.receive(watched.send())
    b = watched.pair[1].chain_id
    prometheus.wait_for_alert(SILENT, chain=b)
    chain_time = f'plurichain_ibc_chain_time_seconds{{chain="{watched.pair[0].chain_id}"}}'
    prometheus.wait_for(f"{chain_time} > {since_s + 3 * OVERDUE_S}")
    span_s = int(time.time() - since_s)  # not a moment before it: then the other one was firing
    assert prometheus.query(f'count_over_time(ALERTS{{alertname="{SILENT}"}}[{span_s}s])')
    assert not prometheus.query(f'count_over_time(ALERTS{{alertname="{STUCK}"}}[{span_s}s])')
    # A scrape that took too long leaves a moment without any figure.
    prometheus.wait_for(f"{watched.select('channel_current')} == 0")
    prometheus.wait_for(f"{watched.select('packets', **{'class': 'unreceived'})} == 1")
    watched.networks["b"].heal()
    prometheus.wait_for_peace(SILENT)
    prometheus.wait_for(f"{watched.select('channel_current')} == 1")
    prometheus.wait_for(f"{watched.select('packets', **{'class': 'ack-pending'})} == 1")
    assert STUCK not in prometheus.list_firing()

    _see_that_scrapes_do_not_wait(watched)


def _see_that_scrapes_do_not_wait(watched: Watched) -> None:
    """Have every node of every chain hang, then scrape."""
    for network in watched.networks.values():
        network.cut(is_silent=True)
    both = 'count(plurichain_ibc_chain_contact{state="fresh"} == 0) == 2'
    watched.prometheus.wait_for(both)
    scrapes = [watched.scrape() for _ in range(20)]
    assert max(took_s for took_s, _ in scrapes) < 1
    for _, page in scrapes:
        (age,) = re.findall(r"(?m)^plurichain_ibc_snapshot_age_seconds (\S+)$", page)
        assert 0 <= float(age) < 30
    for network in watched.networks.values():
        network.heal()
