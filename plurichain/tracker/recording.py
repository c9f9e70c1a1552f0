"""Recording chains: their blocks into a file each, in the place of a database.

A recording follows chains as the tracker does and can be begun again at any time: it goes on
after the last block that its file holds whole.
"""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, Self

from plurichain.errors import ChainReset, InputError
from plurichain.ibc.event_types import PacketEventKind
from plurichain.storage.atomic import make_private_folder
from plurichain.storage.locks import lock
from plurichain.tracker.block_lines import Header, write_header, write_news, write_route
from plurichain.tracker.blocks import Missing, TrackedBlock
from plurichain.tracker.line_files import SUFFIX, LineReader, LineWriter
from plurichain.tracker.reading import ChannelWord, End, PacketWord, Word, read_block
from plurichain.tracker.recorded import LinesFile, get_span, load_recording
from plurichain.tracker.store import Cursor, Route

FLUSH_EVERY_S: Final = 1.0
"""How much of a recording, in time, a killed process may have to read anew."""
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_ENDING: Final = ".ndjson"
_AT_DESTINATION: Final = frozenset({PacketEventKind.RECV, PacketEventKind.WRITE_ACK})


class ChainRecording:
    """The file of one chain. Methods raise StorageError.

    What stands in it already is read through once when it is opened, so that a damaged file
    is named before anything is added to it.
    """

    def __init__(self, folder: Path, chain_id: str, *, is_packed: bool) -> None:
        self.path = find_file(folder, chain_id, is_packed=is_packed)
        self.chain_id = chain_id
        self.cursor: Cursor | None = None
        self.routes: dict[End, Route] = {}
        self.ends: set[End] = set()
        self._validate_file()
        self._writer = LineWriter(self.path, is_packed=self.path.suffix == SUFFIX)
        try:
            if self._writer.is_empty:
                self._writer.write(write_header(Header(chain_id)))
            else:
                self._read_again()
        except BaseException:
            self._writer.close()
            raise

    def _validate_file(self) -> None:
        """Refuse a file that is not this chain's before anything of it is cut off."""
        if self.path.exists() and next(iter(LineReader(self.path)), None) is not None:
            self._load()

    def _load(self) -> LinesFile:
        file = load_recording(self.path)
        if not isinstance(file, LinesFile) or file.chain_id != self.chain_id:
            raise InputError(
                f"{self.path} is not a recording of {self.chain_id}",
                remedy="record into another folder",
            )
        return file

    def _read_again(self) -> None:
        file = self._load()
        for route in file.routes:
            self.routes[route.end] = route
        for news in file.read(self._keep_route, lambda _note: None):
            self._note(news)

    def _keep_route(self, route: Route) -> None:
        self.routes[route.end] = route

    def _note(self, news: TrackedBlock | Missing) -> None:
        if isinstance(news, Missing):
            self.cursor = Cursor(self.chain_id, news.last, None, "")
            return
        self.ends.update(_list_ends(read_block(news)))
        self.cursor = Cursor(self.chain_id, news.height, news.time_ns, news.block_hash)

    def take_in(self, news: TrackedBlock | Missing) -> None:
        """Append what comes next. Raises ChainReset for the block of another history."""
        before = self.cursor.block_hash if self.cursor else ""
        if isinstance(news, TrackedBlock) and before and news.previous_hash not in {"", before}:
            raise ChainReset(
                f"{self.chain_id}: block {news.height} follows {news.previous_hash[:16]}…, and "
                f"{self.path} ends with {before[:16]}…",
                remedy="the chain was begun anew: record it into another folder",
            )
        self._writer.write(write_news(news))
        self._note(news)

    def add_route(self, route: Route) -> None:
        """Append where an end leads; the first that was said stays."""
        if route.end not in self.routes:
            self.routes[route.end] = route
            self._writer.write(write_route(route))

    def flush(self) -> None:
        """Hand everything to the operating system, where it is safe from a killed process."""
        self._writer.flush()

    def close(self) -> None:
        """Write everything to the disk."""
        self._writer.close()


class Recording:
    """The files of several chains in one folder, which one process at a time may write."""

    def __init__(self, chains: dict[str, ChainRecording]) -> None:
        self._chains = chains
        self._guards = {chain_id: threading.Lock() for chain_id in chains}
        self._flushed_s = dict.fromkeys(chains, time.monotonic())

    @classmethod
    @contextlib.contextmanager
    def open(cls, folder: Path, chain_ids: Iterable[str], *, is_packed: bool) -> Iterator[Self]:
        """Open or make the files. Raises LockedError, InputError, StorageError."""
        make_private_folder(folder)
        with contextlib.ExitStack() as stack:
            stack.enter_context(lock(folder / ".recording.lock", timeout_s=0.5))
            chains = {}
            for chain_id in chain_ids:
                chains[chain_id] = ChainRecording(folder, chain_id, is_packed=is_packed)
                stack.callback(chains[chain_id].close)
            yield cls(chains)

    def list_files(self) -> list[tuple[Path, Cursor | None]]:
        """Return each file and how far it goes."""
        return [(chain.path, chain.cursor) for chain in self._chains.values()]

    def get_cursor(self, chain_id: str) -> Cursor | None:
        """Return how far a chain was recorded, None if not at all."""
        return self._chains[chain_id].cursor

    def take_in(self, news: TrackedBlock | Missing) -> bool:
        """Append what comes next of a chain; returns False if it was there already."""
        chain = self._chains[news.chain_id]
        with self._guards[news.chain_id]:
            if chain.cursor is not None and get_span(news)[1] <= chain.cursor.height:
                return False
            chain.take_in(news)
            now_s = time.monotonic()
            if now_s - self._flushed_s[news.chain_id] > FLUSH_EVERY_S:
                self._flushed_s[news.chain_id] = now_s
                chain.flush()
        return True

    def list_unrouted(self, chain_id: str) -> list[End]:
        """Return the ends that a chain told of and of which it is not known where they lead."""
        chain = self._chains[chain_id]
        return _sort(chain.ends - chain.routes.keys())

    def list_named(self, chain_id: str) -> list[End]:
        """Return the ends that only routes of other chains name, and that have none themselves."""
        chain, named = self._chains[chain_id], set[End]()
        for other, each in self._chains.items():
            with self._guards[other]:  # its own thread may add one
                named.update(
                    route.peer for route in each.routes.values() if route.peer_chain_id == chain_id
                )
        return _sort(named - chain.routes.keys() - chain.ends)

    def add_route(self, route: Route) -> None:
        """Keep where an end leads."""
        with self._guards[route.chain_id]:
            self._chains[route.chain_id].add_route(route)


def find_file(folder: Path, chain_id: str, *, is_packed: bool) -> Path:
    """Return a chain's file in a folder: the one that is there, else one as it is wanted.

    Raises InputError for a chain id that is not fit to be the name of a file.
    """
    if not _NAME.fullmatch(chain_id):
        raise InputError(f"chain id {chain_id!r} cannot be the name of a file")
    plain, packed = folder / f"{chain_id}{_ENDING}", folder / f"{chain_id}{_ENDING}{SUFFIX}"
    wanted, other = (packed, plain) if is_packed else (plain, packed)
    return other if other.exists() and not wanted.exists() else wanted


def _sort(ends: Iterable[End]) -> list[End]:
    return sorted(ends, key=lambda end: (end.protocol, end.port, end.channel))


def _list_ends(words: Iterable[Word]) -> Iterator[End]:
    """Yield the recording chain's own ends that a block tells of."""
    for word in words:
        if isinstance(word, PacketWord):
            yield word.destination if word.kind in _AT_DESTINATION else word.source
        elif isinstance(word, ChannelWord):
            yield word.end
