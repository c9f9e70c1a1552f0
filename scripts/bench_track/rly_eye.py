"""What rly shows: `rly q unrelayed-packets|unrelayed-acknowledgements`, metrics of `rly start`."""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Self

from plurichain.harness import LocalChain
from plurichain.relayer.link import Link
from scripts import witness_rly
from scripts.bench_track.looking import (
    BLIND_S,
    FLUSH_S,
    PACKETS,
    Answers,
    find_port,
    name_lists,
    scrape,
    wait_until,
)
from scripts.witness_rly import Rly


class RlyEye:
    """An rly of one link, which can pay for nothing."""

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
            wait_until(lambda: bool(self._read_gauges()), "rly's gauges", timeout_s=60)
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
        cells = {row: f"{name_lists(n, lists)}; {shown}" for row, n in PACKETS.items()}
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
