"""Recorded blocks: the files of scripts/record-ibc-fixtures, read as a chain would be.

Such a file holds every block with events of IBC between the first and the last of its
``blocks``; those between hold none. Times are known where a header was recorded too.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from plurichain.errors import InputError
from plurichain.ibc.packet import ProtocolVersion
from plurichain.tracker.blocks import Absence, Missing, RawEvent, TrackedBlock, TrackedTx
from plurichain.tracker.reading import End
from plurichain.tracker.store import PacketStore, Route
from plurichain.units import parse_time_ns

FORMAT: Final = "plurichain/recorded/1"
_BROKEN: Final = (KeyError, ValueError, TypeError, AttributeError)


class RecordedChain:
    """The blocks of one chain, from one file or several. Raises InputError."""

    def __init__(self, documents: Sequence[Mapping[str, Any]]) -> None:
        self._documents = documents
        self._chain_id = str(documents[0]["chain_id"])
        self._blocks: dict[int, TrackedBlock] = {}
        for document in documents:
            for block in _read_blocks(document):
                # Two files may hold one block: nobody has to cut them apart.
                if self._blocks.setdefault(block.height, block).txs != block.txs:
                    raise InputError(
                        f"{self._chain_id}: two files tell block {block.height} differently"
                    )
        self._heights = sorted(self._blocks)

    @property
    def chain_id(self) -> str:
        """Whose blocks they are."""
        return self._chain_id

    @property
    def ends(self) -> list[tuple[End, End]]:
        """The ends of channels that the files name, each with the one it leads to."""
        return [
            (
                _make_end(document.get("port_id"), document["channel_id"]),
                _make_end(
                    document.get("counterparty_port_id"), document["counterparty_channel_id"]
                ),
            )
            for document in self._documents
            if "channel_id" in document
        ]

    def read_after(self, height: int | None) -> TrackedBlock | Missing | None:
        """Return the next block, what is missing before it, or None at the end."""
        later = next((each for each in self._heights if height is None or each > height), None)
        if later is None:
            return None
        block = self._blocks[later]
        if height is not None and block.since > height + 1:
            return Missing(self._chain_id, height + 1, block.since - 1, Absence.UNRECORDED)
        return block


def load_recordings(paths: Iterable[Path]) -> list[RecordedChain]:
    """Return the chains of some files, by chain id. Raises InputError."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for path in paths:
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise InputError(f"cannot read {path}: {error.strerror or error}") from error
        except (ValueError, RecursionError) as error:
            raise InputError(f"{path} is not JSON") from error
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise InputError(f"{path} does not hold recorded blocks (format {FORMAT})")
        if not isinstance(document.get("chain_id"), str) or not document.get("blocks"):
            raise InputError(f"{path} names no chain or no blocks")
        found.setdefault(document["chain_id"], []).append(document)
    return [RecordedChain(found[chain_id]) for chain_id in sorted(found)]


def list_routes(chains: Sequence[RecordedChain]) -> Iterator[Route]:
    """Yield where ends lead, as far as the files say it in only one way."""
    for chain in chains:
        for here, there in chain.ends:
            peers = [
                other.chain_id
                for other in chains
                if other.chain_id != chain.chain_id and (there, here) in other.ends
            ]
            if len(peers) == 1:
                yield Route(chain.chain_id, here, peers[0], there)


def replay(store: PacketStore, chains: Sequence[RecordedChain]) -> int:
    """Take in all recorded blocks that the store has not; returns how many."""
    for route in list_routes(chains):
        store.add_route(route)
    count = 0
    for chain in chains:
        cursor = store.get_cursor(chain.chain_id)
        height = None if cursor is None else cursor.height
        while (news := chain.read_after(height)) is not None:
            count += store.take_in(news) and isinstance(news, TrackedBlock)
            height = news.last if isinstance(news, Missing) else news.height
    return count


def _make_end(port: object, channel: object) -> End:
    return End(ProtocolVersion.CLASSIC, str(port or "transfer"), str(channel))


def _read_blocks(document: Mapping[str, Any]) -> Iterator[TrackedBlock]:
    heights = document["blocks"]
    answers = document.get("answers")
    before: int | None = None
    try:
        for height in sorted({int(each) for each in heights}):
            yield _read_block(str(document["chain_id"]), answers, height, before)
            before = height
    except _BROKEN as error:
        raise InputError(f"{document['chain_id']}: a recorded block lacks a field") from error


def _read_block(chain_id: str, answers: Any, height: int, before: int | None) -> TrackedBlock:
    results = answers[f"/block_results?height={height}"]
    commit = answers.get(f"/commit?height={height}")
    header = commit["signed_header"]["header"] if commit else None
    return TrackedBlock(
        chain_id=chain_id,
        height=height,
        since=height if before is None else before + 1,
        time_ns=parse_time_ns(header["time"]) if header else None,
        block_hash=str(commit["signed_header"]["commit"]["block_id"]["hash"]) if commit else "",
        previous_hash=str(header["last_block_id"]["hash"]) if header else "",
        txs=tuple(
            TrackedTx(
                int(tx["code"]),
                str(tx.get("codespace") or ""),
                _read_events(tx["events"]),
                base64.b64decode(tx.get("data") or "", validate=True),
            )
            for tx in results["txs_results"] or ()
        ),
        events=_read_events(results.get("finalize_block_events")),
    )


def _read_events(content: Any) -> tuple[RawEvent, ...]:
    return tuple(
        (
            str(event["type"]),
            tuple(
                (str(item["key"]), str(item.get("value") or ""))
                for item in event.get("attributes") or ()
            ),
        )
        for event in content or ()
    )
