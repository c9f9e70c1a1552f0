"""A hundred transfers as two real chains tell them, to make any number of recorded blocks of.

Two chains are started, a hundred transfers sent in one transaction and carried by our relayer,
and the blocks read as the tracker reads them. A recording repeats these transactions, event for
event, with other sequences, heights, times and hashes, through the writer of real recordings.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from plurichain.chain.ibc.queries import IbcQueries
from plurichain.chain.nodes.client import ChainClient
from plurichain.ibc.packet import ProtocolVersion
from plurichain.relayer.relay import Relayer, RelaySettings
from plurichain.tracker.block_lines import Header, write_header, write_news
from plurichain.tracker.blocks import RawEvent, TrackedBlock, TrackedTx
from plurichain.tracker.live import LiveSource, find_route
from plurichain.tracker.reading import End
from plurichain.tracker.store import Route
from scripts.bench_relay.stage import BATCH, Stage, queue_transfers, wait_settled

_BLOCK_NS = 1_000_000_000
_FIRST_HEIGHT = 1
_SEQUENCE = "packet_sequence"


@dataclass(frozen=True, slots=True)
class Template:
    """The transactions of one batch, whose packets have sequences from ``first`` on."""

    chain_ids: tuple[str, str]
    routes: tuple[Route, Route]
    first: int
    time_ns: int
    sent: tuple[TrackedTx, ...]
    received: tuple[TrackedTx, ...]
    ended: tuple[TrackedTx, ...]


def make_template(stage: Stage) -> Template:
    """Have a hundred transfers sent and carried, and read what the blocks tell of them."""
    a, b, end = stage.a, stage.b, stage.link.a
    first = a.queries.get_next_sequence_send(end.port, end.channel_id)
    starts = [chain.client.get_latest_header().height for chain in (a, b)]
    queue_transfers(stage.sender_a, end.channel_id, str(stage.sender_b.address), BATCH)
    relayer = Relayer([a, b], stage.keys, RelaySettings(most_messages=BATCH))
    thread = threading.Thread(target=relayer.run)
    thread.start()
    try:
        wait_settled(stage)
    finally:
        relayer.stop()
        thread.join()
    blocks_a, blocks_b = (
        list(_read(chain.client, start)) for chain, start in zip((a, b), starts, strict=True)
    )
    names = End(ProtocolVersion.CLASSIC, end.port, end.channel_id)
    peer = End(ProtocolVersion.CLASSIC, stage.link.b.port, stage.link.b.channel_id)
    return Template(
        chain_ids=(a.chain_id, b.chain_id),
        routes=(_ask_route(a.client, names), _ask_route(b.client, peer)),
        first=first,
        time_ns=blocks_a[0].time_ns or 0,
        sent=_choose(blocks_a, "send_packet"),
        received=_choose(blocks_b, "recv_packet"),
        ended=_choose(blocks_a, "acknowledge_packet"),
    )


def _read(client: ChainClient, start: int) -> Iterator[TrackedBlock]:
    source, height = LiveSource(client), start
    last = client.get_latest_header().height
    while height < last:
        news = source.read_after(height)
        if isinstance(news, TrackedBlock):
            yield news
            height = news.height


def _ask_route(client: ChainClient, end: End) -> Route:
    route = find_route(IbcQueries(client), client.network.chain_id, end)
    if route is None:
        raise RuntimeError(f"the chain does not tell where {end} leads")
    return route


def _choose(blocks: list[TrackedBlock], kind: str) -> tuple[TrackedTx, ...]:
    """Return the transactions with events of one kind; together they hold the whole batch."""
    found = tuple(
        tx for block in blocks for tx in block.txs if any(name == kind for name, _ in tx.events)
    )
    number = sum(name == kind for tx in found for name, _ in tx.events)
    if number != BATCH:
        raise RuntimeError(f"the chains told {number} events {kind}, not {BATCH}")
    return found


def write_recordings(template: Template, packets: int, folder: Path) -> tuple[Path, Path]:
    """Write both chains' blocks for so many packets, a hundred sent with each block.

    A packet is received with the block after the one that sent it, and acknowledged with the
    one after that, as on chains of equal pace.
    """
    batches = packets // BATCH
    none: tuple[TrackedTx, ...] = ()

    def of_a(number: int) -> tuple[TrackedTx, ...]:
        sent = _shift(template, template.sent, number) if number < batches else none
        done = _shift(template, template.ended, number - 2) if number >= 2 else none
        return sent + done

    def of_b(number: int) -> tuple[TrackedTx, ...]:
        return _shift(template, template.received, number - 1) if 1 <= number <= batches else none

    paths = (folder / f"a-{packets}.ndjson", folder / f"b-{packets}.ndjson")
    for path, chain_id, route, make in zip(
        paths, template.chain_ids, template.routes, (of_a, of_b), strict=True
    ):
        with path.open("wb") as file:
            file.write(write_header(Header(chain_id, (route,))))
            previous = ""
            for number in range(batches + 2):
                height = _FIRST_HEIGHT + number
                name = hashlib.sha256(f"{chain_id} {height}".encode()).hexdigest().upper()
                time_ns = template.time_ns + number * _BLOCK_NS
                file.write(
                    write_news(
                        TrackedBlock(
                            chain_id, height, height, time_ns, name, previous, make(number), ()
                        )
                    )
                )
                previous = name
    return paths


def _shift(template: Template, txs: tuple[TrackedTx, ...], batch: int) -> tuple[TrackedTx, ...]:
    """Return transactions as they would be of a later batch: other sequences, else the same."""
    by = 1 + batch * BATCH - template.first
    return tuple(
        replace(tx, events=tuple(_shift_event(event, by) for event in tx.events)) for tx in txs
    )


def _shift_event(event: RawEvent, by: int) -> RawEvent:
    kind, pairs = event
    if not any(key == _SEQUENCE for key, _ in pairs):
        return event
    return kind, tuple(
        (key, str(int(value) + by)) if key == _SEQUENCE else (key, value) for key, value in pairs
    )
