"""What our tracker shows: `ibc track --export` and `ibc packets`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from plurichain.scenarios.processes import ProgramGroup
from scripts.bench_track.looking import PACKETS, Answers, find_port, scrape, wait_until


class OurEye:
    """A tracker of three networks, begun here."""

    name = "plurichain"

    def __init__(self, home: Path, programs: ProgramGroup, chain_id: str, channel: str) -> None:
        self._home = home
        self._end = {"chain": chain_id, "channel": channel}
        self._address = f"127.0.0.1:{find_port()}"
        words = ["ibc", "track", "a", "b", "c", "--export", self._address]
        programs.start("track", words, home, run="track")

    def look(self) -> Answers:
        """Show what is known once the forwarded packet is."""
        wait_until(
            lambda: self._read("packets", "received-unacked") not in {"", "0", "NaN"}, "tracked"
        )
        wait_until(lambda: self._read("channel_current") == "1", "current")
        return self._answer()

    def look_blind(self) -> Answers:
        """Show what is known once it is noticed that a node is silent."""
        wait_until(lambda: self._read("channel_current") not in {"", "1"}, "the silence is noticed")
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
