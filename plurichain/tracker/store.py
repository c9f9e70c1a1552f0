"""The tracker's database: every block in one transaction, with the cursor that says so.

Killed at any point, it holds whole blocks up to its cursor, and goes on after it. What two
chains told is kept apart, so that the order in which they are read leaves no mark.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from plurichain.errors import ChainReset, InputError
from plurichain.ibc.packet import ProtocolVersion
from plurichain.storage import Database
from plurichain.storage.database import Row
from plurichain.tracker.blocks import Missing, TrackedBlock
from plurichain.tracker.halves import write_word
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
from plurichain.tracker.tx_facts import find_signers

NAME = "packet tracker"
READ = "read"


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

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or make the database. Raises NewerFormatError, LockedError, StorageError."""
        return cls(Database.open(path, MIGRATIONS, name=NAME))

    @property
    def path(self) -> Path:
        """Where it is."""
        return self._database.path

    def query(self, statement: str, parameters: tuple[object, ...] = ()) -> list[Row]:
        """Return all rows of one reading statement."""
        return self._database.query(statement, parameters)

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Hold what is read still: one state of all chains, while other processes write.

        Not while another thread uses this very object.
        """
        self._database.execute("BEGIN")
        try:
            yield
        finally:
            self._database.execute("COMMIT")

    @contextlib.contextmanager
    def writing(self) -> Iterator[Database]:
        """Give the database within one write transaction."""
        with self._database.transaction() as database:
            yield database

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
                self._write_words(news)
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
            "INSERT OR IGNORE INTO route VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                route.chain_id, route.end.protocol.value, route.end.port, route.end.channel,
                route.peer_chain_id, route.peer.port, route.peer.channel,
            ),
        )  # fmt: skip

    def list_unrouted(self, chain_id: str) -> list[End]:
        """Return the ends of a chain of which it is not known where they lead."""
        found = self.query(
            "SELECT protocol, port, channel FROM channel_end WHERE chain_id = ?"
            " EXCEPT SELECT protocol, port, channel FROM route WHERE chain_id = ?"
            " ORDER BY 1, 2, 3",
            (chain_id, chain_id),
        )
        return [End(ProtocolVersion(protocol), *names) for protocol, *names in found]

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def _write_words(self, block: TrackedBlock) -> None:
        oddities = 0

        def note(reason: str, detail: str) -> None:
            nonlocal oddities
            self._database.execute(
                "INSERT INTO oddity VALUES (?, ?, ?, ?, ?)",
                (block.chain_id, block.height, oddities, reason, detail),
            )
            oddities += 1

        for word in read_block(block):
            self._write_word(word, note)

    def _write_word(self, word: Word, note: Callable[[str, str], None]) -> None:
        if isinstance(word, Oddity):
            note(word.reason, word.detail)
        elif isinstance(word, ChannelWord):
            self._write_channel(word)
        else:
            fault = write_word(self._database, word)
            if fault is not None:
                note(fault.value, _name_packet(word))

    def _write_channel(self, word: ChannelWord) -> None:
        key = (word.place.chain_id, word.end.protocol.value, word.end.port, word.end.channel)
        column = "closed_height" if word.is_closing else "opened_height"
        self._database.execute(
            f"INSERT INTO channel_end (chain_id, protocol, port, channel, {column})"  # noqa: S608
            f" VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
            f" {column} = coalesce({column}, excluded.{column})",
            (*key, word.place.height),
        )

    def _count_failed(self, block: TrackedBlock) -> None:
        for tx in block.txs:
            if tx.code:
                signer = find_signers(tx).get(None, "")
                self._database.execute(
                    "INSERT INTO failed VALUES (?, ?, ?, ?, 1)"
                    " ON CONFLICT DO UPDATE SET count = count + 1",
                    (block.chain_id, signer, clean_text(tx.codespace, most=80), tx.code),
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
        block_hash = news.block_hash if isinstance(news, TrackedBlock) else ""
        self._database.execute(
            "INSERT INTO chain VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
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
    if told and told != cursor.block_hash:
        raise ChainReset(
            f"{cursor.chain_id}: block {cursor.height} is {told[:16]}…, and was "
            f"{cursor.block_hash[:16]}… when it was read",
            remedy="the chain was begun anew: track it into another database",
        )


def _name_packet(word: PacketWord) -> str:
    end = word.source
    return f"{word.kind.value} {end.port}/{end.channel} {word.sequence}"
