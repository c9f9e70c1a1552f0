"""What Hermes shows: `hermes query packet pending`, and the telemetry of `hermes start`."""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

from plurichain.harness import LocalChain
from plurichain.relayer.link import Link
from scripts import witness_rly
from scripts.bench_relay.stage import WITNESS
from scripts.bench_track.looking import (
    BLIND_S,
    PACKETS,
    Answers,
    find_port,
    name_lists,
    scrape,
    wait_until,
)
from scripts.witness_hermes import Hermes


class HermesEye:
    """A Hermes that can pay for nothing."""

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
            wait_until(lambda: bool(self._read_gauges()), "Hermes's gauges", timeout_s=60)
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
        cells = {row: f"{name_lists(n, lists)}; {shown}" for row, n in PACKETS.items()}
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
