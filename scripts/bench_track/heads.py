"""When blocks were there: at a node, as it announced them, and in the tracker's database."""

from __future__ import annotations

import contextlib
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from plurichain.chain.nodes.feed import BlockFeed
from plurichain.harness import LocalChain
from plurichain.tracker.observations import Alarm, Observations
from plurichain.tracker.store import PacketStore

LOOK_S = 0.002
"""How often the database is looked at: what is measured is exact to this."""


@dataclass(slots=True)
class Seen:
    """Moments (of time.monotonic) by chain id and height, and the alarms there ever were."""

    announced: dict[str, dict[int, float]] = field(default_factory=dict)
    kept: dict[str, dict[int, float]] = field(default_factory=dict)
    alarms: list[Alarm] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)

    def get_head(self, chain_id: str) -> int:
        """Return the last height that a chain's node announced."""
        return max(self.announced[chain_id], default=0)

    def get_cursor(self, chain_id: str) -> int:
        """Return the last height in the database."""
        return max(self.kept[chain_id], default=0)


@contextlib.contextmanager
def watching(chains: Mapping[str, LocalChain], store: PacketStore) -> Iterator[Seen]:
    """Note when blocks of chains are announced and when they are in the database."""
    seen = Seen(
        {c.chain_id: {} for c in chains.values()}, {c.chain_id: {} for c in chains.values()}
    )
    ending = threading.Event()
    threads = [
        threading.Thread(
            target=_note_announced, args=(chain, seen.announced[chain.chain_id], ending)
        )
        for chain in chains.values()
    ]
    threads.append(threading.Thread(target=_note_kept, args=(store, seen, ending)))
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        ending.set()
        for thread in threads:
            thread.join()


def _note_announced(chain: LocalChain, moments: dict[int, float], ending: threading.Event) -> None:
    rpc = chain.endpoints.nodes[0].rpc
    feed = BlockFeed(lambda: rpc, ssl.create_default_context)
    try:
        height = 0
        while not ending.is_set():
            if feed.wait(height + 1, timeout_s=0.2):
                height = feed.height
                moments[height] = time.monotonic()
    finally:
        feed.close()


def _note_kept(store: PacketStore, seen: Seen, ending: threading.Event) -> None:
    observations = Observations(store)
    while not ending.wait(LOOK_S):
        for cursor in store.list_cursors():
            # A cursor that went on by several at once has them all from this moment.
            seen.kept[cursor.chain_id].setdefault(cursor.height, time.monotonic())
        seen.alarms = list(observations.list_alarms())
        seen.kinds.update(alarm.kind for alarm in seen.alarms)


def find_lags(seen: Seen, chain_id: str, since: float, until: float) -> list[float]:
    """Return for each block announced in this time how long it took into the database."""
    kept = sorted(seen.kept[chain_id].items())
    lags = []
    for height, moment in sorted(seen.announced[chain_id].items()):
        if since <= moment <= until:
            lags += [next((then - moment for at, then in kept if at >= height), float("inf"))]
    return lags
