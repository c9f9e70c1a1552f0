"""Finding the data of packets that a chain's state knows only by hash.

The block that a packet left its mark in is found by halving: the mark (a commitment, an
acknowledgement) is absent in the states before and there in those after. That takes a
dozen cheap reads, needs no index, and the block's results show its neighbours as well.
Where old states are pruned the index of transactions is asked, and what that does not have
is looked for in the results of all blocks, from the newest down. An empty answer is never
taken for "none": what was not found is said, with the blocks that were not there.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from plurichain.errors import BadReply, HeightPruned, IndexerOff, NodeError, NotFound, WrongChain
from plurichain.ibc.events import PacketEvent, PacketEventKind, decode_packet_events
from plurichain.ibc.paths import STORE, packet_acknowledgement_key, packet_commitment_key

if TYPE_CHECKING:
    from plurichain.chain.nodes.client import ChainClient
    from plurichain.ibc.packet import Packet
    from plurichain.relayer.work import EndName

logger = logging.getLogger(__name__)

RANGE = 50
"""So many sequences are asked for at once: the index loads all that fits before it pages."""
PAGE = 100
TELL_EVERY = 1_000


@dataclass(frozen=True, slots=True)
class FoundPacket:
    """A packet as an event showed it, and the height of that event's block."""

    packet: Packet
    height: int
    acknowledgement: bytes = b""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found, by sequence; ``missing`` was not, ``unread`` are heights not readable."""

    found: dict[int, FoundPacket] = field(default_factory=dict)
    missing: tuple[int, ...] = ()
    unread: tuple[tuple[int, int], ...] = ()


def find_sent(
    client: ChainClient,
    end: EndName,
    sequences: Iterable[int],
    *,
    tell: Callable[[str], None] | None = None,
) -> Finding:
    """Return packets that were sent from ``end``. Raises NodeError."""
    keys = ("packet_src_port", "packet_src_channel")
    return _find(client, PacketEventKind.SEND, end, keys, sequences, tell)


def find_acknowledged(
    client: ChainClient,
    end: EndName,
    sequences: Iterable[int],
    *,
    tell: Callable[[str], None] | None = None,
) -> Finding:
    """Return packets received at ``end`` with their acknowledgements. Raises NodeError."""
    keys = ("packet_dst_port", "packet_dst_channel")
    return _find(client, PacketEventKind.WRITE_ACK, end, keys, sequences, tell)


def _find(
    client: ChainClient,
    kind: PacketEventKind,
    end: EndName,
    keys: tuple[str, str],
    sequences: Iterable[int],
    tell: Callable[[str], None] | None,
) -> Finding:
    wanted = set(sequences)
    found: dict[int, FoundPacket] = {}
    try:
        _halve(client, kind, end, wanted, found)
    except (HeightPruned, NotFound, BadReply) as error:
        logger.info("%s: %s; asking the index instead", client.network.chain_id, error.cause)
    try:
        for chunk in cut_ranges(sorted(wanted - found.keys()), RANGE):
            # One transaction may hold many packets: most of a range came with an earlier one.
            if found.keys() >= set(chunk):
                continue
            for height, events in _search(client, kind, end, keys, chunk):
                _collect(found, kind, end, wanted, height, events)
    except (IndexerOff, BadReply) as error:
        logger.info("%s: %s; reading blocks instead", client.network.chain_id, error.cause)
    unread: tuple[tuple[int, int], ...] = ()
    if len(found) < len(wanted):
        unread = _scan(client, kind, end, wanted, found, tell)
    missing = tuple(sorted(wanted - found.keys()))
    return Finding(found, missing, unread if missing else ())


def _halve(
    client: ChainClient,
    kind: PacketEventKind,
    end: EndName,
    wanted: set[int],
    found: dict[int, FoundPacket],
) -> None:
    """Find by the states of earlier blocks. Raises HeightPruned, BadReply, NodeError."""
    status = client.rpc.get_status()
    newest, oldest = client.rpc.get_committed_height(), max(status.first_height, 1)
    least = oldest
    for sequence in sorted(wanted):
        if sequence in found:
            least = found[sequence].height if kind is PacketEventKind.SEND else oldest
            continue
        make_key = (
            packet_commitment_key if kind is PacketEventKind.SEND else packet_acknowledgement_key
        )
        key = make_key(end.port, end.channel, sequence)
        has_key = functools.partial(_has_key, client, key)
        height = find_first_height(has_key, least=least, greatest=newest)
        if height is None:
            continue
        results = client.get_block_results(height)
        events = (
            *(result.events for result in results.tx_results if not result.code),
            results.events,
        )
        for each in events:
            decoded = decode_packet_events((event.type, event.attributes) for event in each)
            _collect(found, kind, end, wanted, height, decoded)
        if kind is PacketEventKind.SEND:
            least = height


def find_first_height(is_there: Callable[[int], bool], *, least: int, greatest: int) -> int | None:
    """Return the first height at which something is there that stays; None if nowhere.

    It is expected near the least one, or else anywhere: steps double, then halve.
    """
    step, low, high = 1, least, least
    while not is_there(high):
        if high >= greatest:
            return None
        low, high, step = high + 1, min(high + step, greatest), step * 2
    while low < high:
        middle = (low + high) // 2
        if is_there(middle):
            high = middle
        else:
            low = middle + 1
    return high


def _has_key(client: ChainClient, key: bytes, height: int) -> bool:
    """Tell whether the store has a key after a block. Raises HeightPruned."""
    result, _ = client.rpc.call(
        "abci_query", path=f"store/{STORE}/key", data=key.hex(), height=str(height), prove=False
    )
    response = result.get("response")
    if not isinstance(response, dict):
        raise BadReply(f"{client.rpc.url}: abci_query: no response")
    if int(response.get("code", 0)):
        raise HeightPruned(
            f"{client.rpc.url} has no state of block {height}: "
            f"{str(response.get('log', '')).partition(chr(10))[0]}"
        )
    return bool(response.get("value"))


def cut_ranges(sequences: Sequence[int], most: int) -> Iterator[Sequence[int]]:
    """Yield ascending ``sequences`` in pieces that span fewer than ``most`` numbers each."""
    start = 0
    for index in range(1, len(sequences) + 1):
        if index == len(sequences) or sequences[index] - sequences[start] >= most:
            yield sequences[start:index]
            start = index


def _search(
    client: ChainClient,
    kind: PacketEventKind,
    end: EndName,
    keys: tuple[str, str],
    sequences: Sequence[int],
) -> Iterator[tuple[int, tuple[PacketEvent, ...]]]:
    """Yield the packet events of transactions that the index finds, with their heights."""
    name = kind.value
    query = (
        f"{name}.{keys[0]}='{end.port}' AND {name}.{keys[1]}='{end.channel}' "
        f"AND {name}.packet_sequence>={sequences[0]} AND {name}.packet_sequence<={sequences[-1]}"
    )
    page, total = 1, 1
    while (page - 1) * PAGE < total:
        result, _ = client.rpc.call(
            "tx_search", query=query, page=str(page), per_page=str(PAGE), order_by="asc"
        )
        try:
            total = int(result["total_count"])
            for entry in result["txs"]:
                if not int(entry["tx_result"].get("code", 0)):
                    yield int(entry["height"]), _read_events(entry["tx_result"].get("events"))
        except (KeyError, TypeError, ValueError, AttributeError):
            raise BadReply(f"{client.rpc.url}: tx_search: fields are missing or wrong") from None
        page += 1


def _read_events(content: list[dict[str, Any]] | None) -> tuple[PacketEvent, ...]:
    return decode_packet_events(
        (
            str(event["type"]),
            tuple(
                (str(item["key"]), str(item.get("value") or ""))
                for item in event.get("attributes") or ()
            ),
        )
        for event in content or ()
    )


def _collect(
    found: dict[int, FoundPacket],
    kind: PacketEventKind,
    end: EndName,
    wanted: set[int],
    height: int,
    events: Iterable[PacketEvent],
) -> None:
    for event in events:
        packet = event.packet
        place = (
            (packet.source_port, packet.source_channel)
            if kind is PacketEventKind.SEND
            else (packet.destination_port, packet.destination_channel)
        )
        if event.kind is kind and place == end and packet.sequence in wanted:
            found[packet.sequence] = FoundPacket(packet, height, event.acknowledgement or b"")


def _scan(
    client: ChainClient,
    kind: PacketEventKind,
    end: EndName,
    wanted: set[int],
    found: dict[int, FoundPacket],
    tell: Callable[[str], None] | None,
) -> tuple[tuple[int, int], ...]:
    """Read blocks from the newest down until all is found; returns what could not be read."""
    status = client.rpc.get_status()
    height = status.height
    first = max(status.first_height, 1)
    unread: list[tuple[int, int]] = [(1, first - 1)] if first > 1 else []
    while len(found) < len(wanted) and height >= first:
        try:
            results = client.get_block_results(height)
        except WrongChain:
            raise
        except (HeightPruned, NotFound, NodeError) as error:
            logger.info("block %d: %s", height, error.cause)
            unread.append((height, height))
        else:
            for events in (
                *(result.events for result in results.tx_results if not result.code),
                results.events,
            ):
                decoded = decode_packet_events((each.type, each.attributes) for each in events)
                _collect(found, kind, end, wanted, height, decoded)
        height -= 1
        if tell is not None and (status.height - height) % TELL_EVERY == 0:
            tell(
                f"{client.network.chain_id}: blocks {height + 1} to {status.height} read, "
                f"{len(wanted) - len(found)} packets of {end} still to be found"
            )
    return tuple(_join(unread))


def _join(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return joined
