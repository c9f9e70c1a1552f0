"""What each of three programs shows of four packets, in words for a table.

Cells hold what was printed or exposed, shortened; nothing is concluded for anybody.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from plurichain.harness import LocalChain
from plurichain.relayer.link import Link
from plurichain.scenarios.processes import ProgramGroup
from scripts import witness_rly
from scripts.bench_relay.stage import WITNESS
from scripts.witness_hermes import Hermes
from scripts.witness_rly import Rly

REFUNDED, FORWARDED, EXPIRED, WAITING = 1, 2, 3, 4
PACKETS = {"received-unacked": FORWARDED, "expired": EXPIRED, "refunded": REFUNDED}
START_S = 180.0
FLUSH_S = 5
BLIND_S = 4 * FLUSH_S
_SAMPLE = re.compile(r"(\w+)(?:\{(.*)\})? (\S+)")
_LABEL = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Answers:
    """What a program shows, by row of the table."""

    name: str
    cells: dict[str, str]


def find_port() -> int:
    """Return a port of this machine that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def scrape(url: str) -> list[tuple[str, dict[str, str], str]]:
    """Return name, labels and value of every sample, nothing if there is no answer."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            text = answer.read().decode()
    except (urllib.error.URLError, OSError):
        return []
    found = (_SAMPLE.fullmatch(line) for line in text.splitlines() if not line.startswith("#"))
    return [(m[1], dict(_LABEL.findall(m[2] or "")), m[3]) for m in found if m]


def _wait(ready: Callable[[], bool], what: str, *, timeout_s: float = START_S) -> None:
    deadline = time.monotonic() + timeout_s
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError(f"after {timeout_s:.0f} s still not: {what}")
        time.sleep(0.5)


class OurEye:
    """`ibc track --export` and `ibc packets`."""

    name = "plurichain"

    def __init__(self, home: Path, programs: ProgramGroup, chain_id: str, channel: str) -> None:
        self._home = home
        self._end = {"chain": chain_id, "channel": channel}
        self._address = f"127.0.0.1:{find_port()}"
        words = ["ibc", "track", "a", "b", "c", "--export", self._address]
        programs.start("track", words, home, run="track")

    def look(self) -> Answers:
        """Show what is known once the forwarded packet is."""
        _wait(lambda: self._read("packets", "received-unacked") not in {"", "0", "NaN"}, "tracked")
        _wait(lambda: self._read("channel_current") == "1", "current")
        return self._answer()

    def look_blind(self) -> Answers:
        """Show what is known once it is noticed that a node is silent."""
        _wait(lambda: self._read("channel_current") not in {"", "1"}, "the silence is noticed")
        return self._answer()

    def _answer(self) -> Answers:
        rows = self._list_packets()
        cells = {}
        for row in (*PACKETS, "unknown"):
            listed = [int(each["sequence"]) for each in rows if each["class"] == row]
            cells[row] = f"metric {self._read('packets', row)}; packets {listed}"
        contacts = [
            f"{labels['chain']} {labels['state']}"
            for name, labels, value in self._samples()
            if name == "plurichain_ibc_chain_contact" and value in {"1", "1.0"}
        ]
        cells["unknown"] += (
            f"; channel_current {self._read('channel_current')}; {', '.join(contacts)}"
        )
        return Answers(self.name, cells)

    def _samples(self) -> list[tuple[str, dict[str, str], str]]:
        return scrape(f"http://{self._address}/metrics")

    def _read(self, name: str, story: str | None = None) -> str:
        for each, labels, value in self._samples():
            is_ours = self._end.items() <= labels.items() and labels.get("class") == story
            if each == f"plurichain_ibc_{name}" and is_ours:
                return value.removesuffix(".0")
        return ""

    def _list_packets(self) -> list[dict[str, Any]]:
        done = subprocess.run(
            [sys.executable, "-m", "plurichain", "ibc", "packets", "--output", "json"],
            check=True, capture_output=True, text=True,
            env={"PATH": "/usr/bin:/bin", "PLURICHAIN_HOME": str(self._home)},
        )  # fmt: skip
        rows: list[dict[str, Any]] = json.loads(done.stdout)
        place = f"transfer/{self._end['channel']}"
        return [
            row for row in rows if (row["chain_id"], row["channel"]) == (self._end["chain"], place)
        ]


def _name_lists(sequence: int, lists: Mapping[str, list[int]]) -> str:
    names = [name for name, sequences in lists.items() if sequence in sequences]
    return ", ".join(names) or "in no list"


class RlyEye:
    """`rly q unrelayed-packets|unrelayed-acknowledgements`, and the metrics of `rly start`."""

    name = "rly 2.6.0"

    def __init__(self, rly: Rly, channel: str, address: str) -> None:
        self._rly = rly
        self._channel = channel
        self._url = f"http://{address}/relayer/metrics"

    @classmethod
    @contextlib.contextmanager
    def open(cls, folder: Path, chains: Mapping[str, LocalChain], link: Link) -> Iterator[Self]:
        """Start it; its account has no coins, so that it changes nothing."""
        rly, address = Rly(folder, chains, link), f"127.0.0.1:{find_port()}"
        process = rly.start(address, flush_every=f"{FLUSH_S}s")
        try:
            yield cls(rly, link.a.channel_id, address)
        finally:
            witness_rly.end(process)

    def look(self) -> Answers:
        """Ask it after it has flushed."""
        with contextlib.suppress(TimeoutError):
            _wait(lambda: bool(self._read_gauges()), "rly's gauges", timeout_s=60)
        return self._answer()

    def look_blind(self) -> Answers:
        """Ask it after it would have flushed again."""
        time.sleep(BLIND_S)
        return self._answer()

    def _answer(self) -> Answers:
        lists, said = {}, []
        for kind in ("unrelayed-packets", "unrelayed-acknowledgements"):
            status, out, found = self._ask(kind)
            lists[kind] = found
            said.append(f"{kind}: exit {status} {out}")
        gauges = self._read_gauges()
        shown = " ".join(f"{name} {value}" for name, value in gauges.items()) or "no gauges"
        cells = {row: f"{_name_lists(n, lists)}; {shown}" for row, n in PACKETS.items()}
        cells["unknown"] = "; ".join([*said, shown])
        return Answers(self.name, cells)

    def _ask(self, kind: str) -> tuple[int, str, list[int]]:
        try:
            status, text = self._rly.ask(kind, witness_rly.PATH, self._channel, "-o", "json")
        except subprocess.TimeoutExpired:
            return -1, "no answer in time", []
        line = next((each for each in text.splitlines() if each.startswith('{"src')), "")
        if not line:
            return status, text.strip()[-160:], []
        return status, line, [int(each) for each in json.loads(line)["src"] or []]

    def _read_gauges(self) -> dict[str, str]:
        wanted = {"cosmos_relayer_unrelayed_packets", "cosmos_relayer_unrelayed_acks"}
        return {
            name.removeprefix("cosmos_relayer_"): value
            for name, labels, value in scrape(self._url)
            if name in wanted
            and labels.get("src_channel") == self._channel
            and labels.get("src_chain", "").endswith("-a-1")
        }


class HermesEye:
    """`hermes query packet pending`, and the telemetry of `hermes start`."""

    name = "hermes 1.10.5"

    def __init__(self, hermes: Hermes, link: Link, port: int) -> None:
        self._hermes = hermes
        self._end = link.a
        self._url = f"http://127.0.0.1:{port}/metrics"

    @classmethod
    @contextlib.contextmanager
    def open(cls, folder: Path, chains: Mapping[str, LocalChain], link: Link) -> Iterator[Self]:
        """Start it; its account has no coins for fees, so that it changes nothing."""
        port = find_port()
        hermes = Hermes(folder, chains, WITNESS, metrics_port=port)
        process = hermes.start()
        try:
            yield cls(hermes, link, port)
        finally:
            witness_rly.end(process)

    def look(self) -> Answers:
        """Ask it after it has looked for a backlog."""
        with contextlib.suppress(TimeoutError):
            _wait(lambda: bool(self._read_gauges()), "Hermes's gauges", timeout_s=60)
        return self._answer()

    def look_blind(self) -> Answers:
        """Ask it again, later."""
        time.sleep(BLIND_S)
        return self._answer()

    def _answer(self) -> Answers:
        end = self._end
        try:
            out = self._hermes.run(
                "--json", "query", "packet", "pending", "--chain", end.chain_id, "--port",
                end.port, "--channel", end.channel_id, timeout_s=60,
            )  # fmt: skip
            source = _find_result(out)["src"]
            said = json.dumps(source)
        except (RuntimeError, subprocess.TimeoutExpired) as error:
            source, said = {}, f"failed: {error}"[-200:]
        lists = {name: _spread(ranges) for name, ranges in source.items()}
        gauges = self._read_gauges()
        shown = " ".join(f"{name} {value}" for name, value in gauges.items()) or "no gauges"
        cells = {row: f"{_name_lists(n, lists)}; {shown}" for row, n in PACKETS.items()}
        cells["unknown"] = f"pending: {said}; {shown}"
        return Answers(self.name, cells)

    def _read_gauges(self) -> dict[str, str]:
        return {
            name: value
            for name, labels, value in scrape(self._url)
            if name in {"backlog_size", "backlog_oldest_sequence"}
            and (labels.get("chain"), labels.get("channel"))
            == (self._end.chain_id, self._end.channel_id)
        }


def _find_result(out: str) -> dict[str, Any]:
    """Return what the last line of Hermes's JSON says came out."""
    for line in reversed(out.splitlines()):
        content = json.loads(line) if line.startswith("{") else {}
        if isinstance(content.get("result"), dict):
            found: dict[str, Any] = content["result"]
            return found
    raise RuntimeError(f"no result: {out[-200:]}")


def _spread(ranges: object) -> list[int]:
    """Return the sequences of ranges as Hermes writes them."""
    found: list[int] = []
    for each in ranges if isinstance(ranges, list) else []:
        first, last = (each["start"], each["end"]) if isinstance(each, dict) else (each, each)
        found += range(int(first), int(last) + 1)
    return found
