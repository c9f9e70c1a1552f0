"""The tracker's database: every block in one transaction, with the cursor that says so.

Killed at any point, it holds whole blocks up to its cursor, and goes on after it. What two
chains told is kept apart, so that the order in which they are read leaves no mark.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from plurichain.errors import ChainReset, InputError
from plurichain.ibc.packet import ProtocolVersion
from plurichain.storage import Database, Engine
from plurichain.storage.engine import Row
from plurichain.storage.server import ServerDatabase, is_server_url
from plurichain.tracker.blocks import Missing, TrackedBlock
from plurichain.tracker.halves import BlockHalves
from plurichain.tracker.reading import (
    ChannelWord,
    End,
    Oddity,
    PacketWord,
    Word,
    clean_text,
    read_block,
)
from plurichain.tracker.schema import MIGRATIONS
from plurichain.tracker.tx_facts import find_relayer

NAME = "packet tracker"
READ = "read"
_LONGEST_CHAIN_ID: Final = 200
_GREATEST_HEIGHT: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a chain was read: the last block, its time (None: not known) and its hash."""

    chain_id: str
    height: int
    time_ns: int | None
    block_hash: str


@dataclass(frozen=True, slots=True)
class Route:
    """Which end of which chain the end of ``chain_id`` leads to, as that chain says."""

    chain_id: str
    end: End
    peer_chain_id: str
    peer: End


class PacketStore:
    """What is known of packets; usable from several threads. Methods raise StorageError."""

    def __init__(self, database: Engine) -> None:
        self._database = database

    @classmethod
    def open(cls, place: Path | str) -> Self:
        """Open or make the database: a file, or what a ``postgresql://`` URL leads to.

        Raises NewerFormatError, LockedError, StorageError; MissingExtra and ServerUnreachable
        for a server.
        """
        if is_server_url(str(place)):
            return cls(ServerDatabase.open(str(place), MIGRATIONS, name=NAME))
        # It can be read from the chains again, and a block is worth no wait for the disk.
        return cls(Database.open(Path(place), MIGRATIONS, name=NAME, is_rebuildable=True))

    @property
    def place(self) -> str:
        """Where it is, as people may read it: without a password."""
        return self._database.place

    def list_columns(self, table: str) -> list[str]:
        """Return the columns of a table, in order."""
        return self._database.list_columns(table)

    @contextlib.contextmanager
    def hold(self, chain_ids: Iterable[str]) -> Iterator[None]:
        """Keep other processes from tracking these chains into this database meanwhile.

        Raises LockedError if one does, StorageError.
        """
        with contextlib.ExitStack() as stack:
            for chain_id in sorted(set(chain_ids)):
                stack.enter_context(self._database.hold(chain_id))
            yield

    def query(self, statement: str, parameters: tuple[object, ...] = ()) -> list[Row]:
        """Return all rows of one reading statement."""
        return self._database.query(statement, parameters)

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Hold what is read still: one state of all chains, while other processes write.

        Other threads that use this very object wait; they may open one of their own.
        """
        with self._database.reading():
            yield

    @contextlib.contextmanager
    def writing(self) -> Iterator[Engine]:
        """Give the database within one write transaction."""
        with self._database.transaction():
            yield self._database

    def get_cursor(self, chain_id: str) -> Cursor | None:
        """Return how far a chain was read, None if not at all."""
        rows = self.query("SELECT * FROM chain WHERE chain_id = ?", (chain_id,))
        return _read_cursor(rows[0]) if rows else None

    def list_cursors(self) -> list[Cursor]:
        """Return all chains, by their ids."""
        return [_read_cursor(row) for row in self.query("SELECT * FROM chain ORDER BY chain_id")]

    def take_in(self, news: TrackedBlock | Missing) -> bool:
        """Take in what comes next of a chain; returns False if it was there already.

        Raises InputError if blocks lie between, ChainReset if the block belongs to another
        history than those before it.
        """
        first, last, state = _get_span(news)
        _validate_names(news, last)
        # Read before the transaction: nobody else has to wait for it.
        words = [*read_block(news)] if isinstance(news, TrackedBlock) else []
        with self._database.transaction():
            cursor = self.get_cursor(news.chain_id)
            if cursor is not None:
                if last <= cursor.height:
                    _refuse_other(cursor, news)
                    return False
                if first != cursor.height + 1:
                    raise InputError(
                        f"{news.chain_id}: block {first} does not follow block {cursor.height}",
                        remedy="give all files of the chain, or begin with an empty database",
                    )
                _refuse_other(cursor, news)
            if isinstance(news, TrackedBlock):
                self._write_words(news, words)
                self._count_failed(news)
            self._cover(news, first, last, state)
            self._move_cursor(news, last)
        return True

    def add_route(self, route: Route) -> None:
        """Keep where an end leads; the first that was said stays."""
        for end in (route.end, route.peer):
            if not end.is_clean:
                raise InputError(f"{end.port!r}, {end.channel!r} is not the name of a channel")
        self._database.execute(
            "INSERT INTO route VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (
                clean_text(route.chain_id), route.end.protocol.value, route.end.port,
                route.end.channel, clean_text(route.peer_chain_id, most=_LONGEST_CHAIN_ID),
                route.peer.port, route.peer.channel,
            ),
        )  # fmt: skip

    def list_unrouted(self, chain_id: str) -> list[End]:
        """Return the ends that a chain told of and of which it is not known where they lead."""
        found = self.query(
            "SELECT protocol, port, channel FROM channel_end WHERE chain_id = ?"
            " EXCEPT SELECT protocol, port, channel FROM route WHERE chain_id = ?"
            " ORDER BY 1, 2, 3",
            (chain_id, chain_id),
        )
        return [End(ProtocolVersion(protocol), *names) for protocol, *names in found]

    def list_named(self, chain_id: str) -> list[End]:
        """Return the ends that only routes of other chains name, and that have none themselves."""
        found = self.query(
            "SELECT protocol, peer_port, peer_channel FROM route WHERE peer_chain_id = ?"
            " EXCEPT SELECT protocol, port, channel FROM route WHERE chain_id = ?"
            " EXCEPT SELECT protocol, port, channel FROM channel_end WHERE chain_id = ?"
            " ORDER BY 1, 2, 3",
            (chain_id, chain_id, chain_id),
        )
        return [End(ProtocolVersion(protocol), *names) for protocol, *names in found]

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def _write_words(self, block: TrackedBlock, words: Sequence[Word]) -> None:
        halves, oddities = BlockHalves(), list[tuple[str, str]]()
        halves.load(self._database, (word for word in words if isinstance(word, PacketWord)))
        ends: dict[tuple[str, ...], list[int | None]] = {}
        for word in words:
            if isinstance(word, Oddity):
                oddities.append((word.reason, word.detail))
            elif isinstance(word, ChannelWord):
                end = word.end
                heights = ends.setdefault(
                    (block.chain_id, end.protocol.value, end.port, end.channel), [None, None]
                )
                heights[word.is_closing] = heights[word.is_closing] or block.height
            elif fault := halves.take(word):
                oddities.append((fault.value, _name_packet(word)))
        for key in halves.list_ends():
            ends.setdefault(key, [None, None])
        self._database.execute_many(
            "INSERT INTO channel_end VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (chain_id, protocol, port, channel) DO UPDATE SET"
            " opened_height = coalesce(channel_end.opened_height, excluded.opened_height),"
            " closed_height = coalesce(channel_end.closed_height, excluded.closed_height)",
            [(*key, *heights) for key, heights in sorted(ends.items())],
        )
        self._database.execute_many(
            "INSERT INTO oddity VALUES (?, ?, ?, ?, ?)",
            [(block.chain_id, block.height, place, *each) for place, each in enumerate(oddities)],
        )
        halves.write(self._database)

    def _count_failed(self, block: TrackedBlock) -> None:
        counts = Counter(
            (signer, clean_text(tx.codespace, most=80), tx.code)
            for tx in block.txs
            if tx.code and (signer := find_relayer(tx)) is not None
        )
        self._database.execute_many(
            "INSERT INTO failed VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (chain_id, signer, codespace, code) DO UPDATE SET"
            " count = failed.count + excluded.count",
            [(block.chain_id, *key, count) for key, count in sorted(counts.items())],
        )

    def _cover(self, news: TrackedBlock | Missing, first: int, last: int, state: str) -> None:
        grown = self._database.execute(
            "UPDATE coverage SET last = ? WHERE chain_id = ? AND last = ? AND state = ?",
            (last, news.chain_id, first - 1, state),
        )
        if not grown:
            time_ns = _get_time(news) if first == last else None
            self._database.execute(
                "INSERT INTO coverage VALUES (?, ?, ?, ?, ?)",
                (news.chain_id, first, last, state, time_ns),
            )

    def _move_cursor(self, news: TrackedBlock | Missing, last: int) -> None:
        block_hash = clean_text(news.block_hash) if isinstance(news, TrackedBlock) else ""
        self._database.execute(
            "INSERT INTO chain VALUES (?, ?, ?, ?) ON CONFLICT (chain_id) DO UPDATE SET"
            " height = excluded.height, time_ns = excluded.time_ns,"
            " block_hash = excluded.block_hash",
            (news.chain_id, last, _get_time(news), block_hash),
        )


def _read_cursor(row: Row) -> Cursor:
    chain_id, height, time_ns, block_hash = row
    return Cursor(chain_id, height, None if time_ns is None else int(time_ns), block_hash)


def _get_span(news: TrackedBlock | Missing) -> tuple[int, int, str]:
    if isinstance(news, Missing):
        return news.first, news.last, news.reason.value
    return news.since, news.height, READ


def _validate_names(news: TrackedBlock | Missing, last: int) -> None:
    """No database takes others, and they come from nodes and files that may be anybody's."""
    chain_id = clean_text(news.chain_id, most=_LONGEST_CHAIN_ID)
    if not chain_id or chain_id != news.chain_id:
        raise InputError(f"{chain_id!r} is not the id of a chain")
    if last > _GREATEST_HEIGHT:
        raise InputError(f"{chain_id}: no chain has a block {last}")


def _get_time(news: TrackedBlock | Missing) -> str | None:
    known = isinstance(news, TrackedBlock) and news.time_ns is not None
    return str(news.time_ns) if known and isinstance(news, TrackedBlock) else None


def _refuse_other(cursor: Cursor, news: TrackedBlock | Missing) -> None:
    """Two histories under one chain id must never be mixed."""
    if not isinstance(news, TrackedBlock) or not cursor.block_hash:
        return
    is_same = news.height == cursor.height
    is_next = news.height == cursor.height + 1
    told = news.block_hash if is_same else news.previous_hash if is_next else ""
    if told and clean_text(told) != cursor.block_hash:
        raise ChainReset(
            f"{cursor.chain_id}: block {cursor.height} is {clean_text(told)[:16]}…, and was "
            f"{cursor.block_hash[:16]}… when it was read",
            remedy="the chain was begun anew: track it into another database",
        )


def _name_packet(word: PacketWord) -> str:
    end = word.source
    return f"{word.kind.value} {end.port}/{end.channel} {word.sequence}"
