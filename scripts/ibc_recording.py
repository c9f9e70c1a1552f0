"""Asking a node and keeping its answers, for scripts/record-ibc-fixtures."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from plurichain.harness.node import Node
from plurichain.ibc.events import IbcEvent, PacketEvent, PacketEventKind, decode_ibc_events

ROOT = Path(__file__).resolve().parent.parent
FORMAT = "plurichain/recorded/1"
FOLDER = ROOT / "tests" / "data" / "ibc"


class Recorder:
    """Asks a node and keeps every answer under its path."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.answers: dict[str, Any] = {}

    def ask(self, path: str) -> Any:
        """Return the node's answer, from the record if it is there."""
        if path not in self.answers:
            self.answers[path] = self.node.get_rpc(path)
        return self.answers[path]

    def write(self, name: str, about: Mapping[str, Any]) -> None:
        """Write the record with what is known about it."""
        document = {"format": FORMAT, "made_by": "scripts/record-ibc-fixtures", **about}
        head = json.dumps(document, indent=1).removesuffix("\n}")
        # An answer a line: they are compared with others of their kind, not read.
        lines = [
            f" {json.dumps(path)}: {json.dumps(answer, separators=(',', ':'))}"
            for path, answer in sorted(self.answers.items())
        ]
        FOLDER.mkdir(parents=True, exist_ok=True)
        path = FOLDER / f"{name}.json"
        text = head + ',\n "answers": {\n' + ",\n".join(lines) + "\n }\n}\n"
        path.write_text(text, encoding="utf-8")
        print(f"{path.relative_to(ROOT)}: {len(self.answers)} answers, {path.stat().st_size} bytes")


def make_path(method: str, **parameters: object) -> str:
    """Return the path of a GET over the RPC, parameters in the order given."""
    return f"/{method}?" + "&".join(f"{key}={value}" for key, value in parameters.items())


def query_path(store: str, key: bytes, height: int) -> str:
    """Return the path of a proven read of a store."""
    return make_path(
        "abci_query",
        path=f'"/store/{store}/key"',
        data=f"0x{key.hex()}",
        height=height,
        prove="true",
    ).replace('"', "%22")


def find_blocks(node: Node, first: int, last: int) -> dict[int, list[IbcEvent]]:
    """Return the IBC events of every block of a chain that has some."""
    found = {}
    for height in range(first, last + 1):
        result = node.get_rpc(make_path("block_results", height=height))
        raw = [
            (event["type"], [(item["key"], item["value"]) for item in event["attributes"]])
            for tx in result["txs_results"] or []
            for event in tx["events"]
        ]
        if events := decode_ibc_events(raw).events:
            found[height] = list(events)
    return found


def find_height(blocks: Mapping[int, list[IbcEvent]], kind: PacketEventKind, sequence: int) -> int:
    """Return the block in which something first happened to a packet."""
    return next(
        height
        for height, events in blocks.items()
        for event in events
        if isinstance(event, PacketEvent)
        and (event.kind, event.packet.sequence) == (kind, sequence)
    )


def versions(binary: Path, node: Node) -> dict[str, str]:
    """Return what answered."""
    program = subprocess.run([binary, "version"], check=True, capture_output=True, text=True)
    return {
        "plurid": (program.stdout or program.stderr).strip(),
        "cometbft": str(node.get_status()["node_info"]["version"]),
    }
