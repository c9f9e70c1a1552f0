"""What programs show of four packets, in words for a table: what looking at each has in common.

Cells hold what was printed or exposed, shortened; nothing is concluded for anybody.
"""

from __future__ import annotations

import re
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass

REFUNDED, FORWARDED, EXPIRED = 1, 2, 3  # in the order in which A sends them; the fourth waits
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


def wait_until(ready: Callable[[], bool], what: str, *, timeout_s: float = START_S) -> None:
    """Wait for a condition. Raises TimeoutError that says for what."""
    deadline = time.monotonic() + timeout_s
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError(f"after {timeout_s:.0f} s still not: {what}")
        time.sleep(0.5)


def name_lists(sequence: int, lists: Mapping[str, list[int]]) -> str:
    """Return in which of a program's lists a packet stands."""
    names = [name for name, sequences in lists.items() if sequence in sequences]
    return ", ".join(names) or "in no list"
