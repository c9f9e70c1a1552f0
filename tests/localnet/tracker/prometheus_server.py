"""A real Prometheus over our alert rules, hurried: half a second where the rules say minutes."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scripts.left_out import find_program
from tests.localnet.ibc.relaying import wait_until

MONITORING = Path(__file__).resolve().parents[3] / "scripts" / "monitoring"
DEADLINE_S = 120.0
TARGET = "127.0.0.1:9464"
HURRIED = "500ms"


class PrometheusServer:
    """What a running Prometheus is asked."""

    def __init__(self, url: str, log: Path) -> None:
        self.url = url
        self._log = log

    def get(self, path: str, **parameters: str) -> Any:
        address = f"{self.url}{path}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(address, timeout=10) as answer:
            return json.load(answer)["data"]

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the samples of an expression now."""
        return list(self.get("/api/v1/query", query=expression)["result"])

    def list_firing(self) -> dict[str, list[dict[str, str]]]:
        """Return the labels of every alert that fires, by name."""
        firing: dict[str, list[dict[str, str]]] = {}
        for alert in self.get("/api/v1/alerts")["alerts"]:
            if alert["state"] == "firing":
                firing.setdefault(alert["labels"]["alertname"], []).append(alert["labels"])
        return firing

    def wait_for_alert(self, name: str, **labels: str) -> None:
        def fires() -> bool:
            found = self.list_firing().get(name, [])
            return any(labels.items() <= each.items() for each in found)

        self._wait(fires, f"{name} fires for {labels}")

    def wait_for_peace(self, name: str) -> None:
        self._wait(lambda: name not in self.list_firing(), f"{name} is over")

    def wait_for(self, expression: str) -> None:
        """Wait until an expression gives anything."""
        self._wait(lambda: bool(self.query(expression)), expression)

    def _wait(self, condition: Any, what: str) -> None:
        try:
            wait_until(condition, what, timeout_s=DEADLINE_S)
        except AssertionError as error:
            error.add_note(f"firing: {sorted(self.list_firing())}")
            error.add_note(self._log.read_text(errors="replace")[-2_000:])
            raise


def hurry(rules: str) -> str:
    """Return rules that wait for half a second, not for minutes; nothing else changes."""
    hurried, count = re.subn(r"(?m)^( *(?:keep_firing_)?for): \d+m$", rf"\1: {HURRIED}", rules)
    assert count == rules.count("for: "), "a `for` that is not in minutes"
    return hurried


@contextlib.contextmanager
def running_prometheus(target: str, folder: Path) -> Iterator[PrometheusServer]:
    """Run Prometheus on a free port with the configuration that we ship, hurried."""
    program = find_program("prometheus")
    assert program is not None, "prometheus is missing: scripts/apt-packages"
    config = (MONITORING / "prometheus.yml").read_text()
    assert TARGET in config
    folder.mkdir()
    (folder / "alerts.yml").write_text(hurry((MONITORING / "alerts.yml").read_text()))
    for name, every in (("scrape", "1s"), ("evaluation", HURRIED)):
        assert f"{name}_interval: 15s" in config
        config = config.replace(f"{name}_interval: 15s", f"{name}_interval: {every}")
    (folder / "prometheus.yml").write_text(config.replace(f'"{TARGET}"', f'"{target}"'))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = folder / "log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [
                program, f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn",
            ],
            stdout=sink, stderr=sink,
        )  # fmt: skip
    try:
        server = PrometheusServer(f"http://127.0.0.1:{port}", log)
        wait_until(lambda: _is_ready(server, process), "Prometheus is ready", timeout_s=DEADLINE_S)
        yield server
    finally:
        process.terminate()
        process.wait(30)


def _is_ready(server: PrometheusServer, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, "Prometheus ended"
    with contextlib.suppress(OSError), urllib.request.urlopen(f"{server.url}/-/ready", timeout=5):
        return True
    return False
