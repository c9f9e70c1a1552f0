"""Recorded blocks, read as a chain would be: a stream of one file or several.

Files are those of `plurichain ibc record` (``block_lines``), plain or compressed, and the
answers of nodes that scripts/record-ibc-fixtures keeps (``recorded_answers``).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from plurichain.errors import InputError, NewerFormatError
from plurichain.tracker.block_lines import read_header, read_line
from plurichain.tracker.blocks import Absence, Missing, TrackedBlock
from plurichain.tracker.line_files import LineReader
from plurichain.tracker.reading import End
from plurichain.tracker.recorded_answers import AnswersFile, load_answers
from plurichain.tracker.store import PacketStore, Route

News = TrackedBlock | Missing
"""A block, or blocks that could not be read."""


@dataclass(frozen=True, slots=True)
class LinesFile:
    """A file of `plurichain ibc record`, by its first line."""

    path: Path
    chain_id: str
    routes: tuple[Route, ...]

    def read(self, add_route: Callable[[Route], None], note: Callable[[str], None]) -> (
        Iterator[News]
    ):  # fmt: skip
        """Yield what it holds by height; routes and notes go to who asked. Raises InputError."""
        lines, height = LineReader(self.path), 0
        for number, line in lines:
            if number == 1:
                continue
            try:
                news = read_line(self.chain_id, line)
                if isinstance(news, Route):
                    add_route(news)
                    continue
                first, last = get_span(news)
                if first <= height:
                    raise InputError(f"block {first} stands behind block {height}")
            except InputError as error:
                raise InputError(f"{self.path}, line {number}: {error.cause}") from error
            height = last
            yield news
        if lines.is_torn:
            note(f"{self.path}: its last line is not whole and was left out")


class RecordedChain:
    """The blocks of one chain, from one file or several. Raises InputError.

    It is read forward; memory does not grow with it. ``routes`` are those that the lines read
    so far told, ``notes`` what a person should know.
    """

    def __init__(self, chain_id: str, files: Sequence[LinesFile | AnswersFile]) -> None:
        self._chain_id = chain_id
        self._files = files
        self.routes: list[Route] = [
            route for file in files if isinstance(file, LinesFile) for route in file.routes
        ]
        self.notes: list[str] = []
        self._height = 0
        self._stream: Iterator[News] = self._merge()
        self._next = next(self._stream, None)

    @property
    def chain_id(self) -> str:
        """Whose blocks they are."""
        return self._chain_id

    @property
    def ends(self) -> list[tuple[End, End]]:
        """The ends of channels that files of answers name, each with the one it leads to."""
        return [ends for file in self._files if isinstance(file, AnswersFile) for ends in file.ends]

    def read_after(self, height: int | None) -> News | None:
        """Return the next block, what is missing before it, or None at the end."""
        if height is None or height < self._height:
            self._begin()
        while self._next is not None and height is not None and get_span(self._next)[1] <= height:
            self._next = next(self._stream, None)
        news = self._next
        self._height = height or 0
        if news is None or height is None:
            return news
        first, _ = get_span(news)
        if first > height + 1:
            return Missing(self._chain_id, height + 1, first - 1, Absence.UNRECORDED)
        if first <= height:
            if isinstance(news, Missing):
                return replace(news, first=height + 1)
            return replace(news, since=height + 1)
        return news

    def _begin(self) -> None:
        self._stream = self._merge()
        self._next = next(self._stream, None)

    def _merge(self) -> Iterator[News]:
        """Yield all files as one. Two may hold one block: nobody has to cut them apart."""
        streams = [
            file.read(self._add_route, self._note) if isinstance(file, LinesFile) else file.read()
            for file in self._files
        ]
        before: News | None = None
        for news in heapq.merge(*streams, key=lambda each: get_span(each)[1]):
            if before is not None and get_span(news)[1] == get_span(before)[1]:
                before = self._join(before, news)
                continue
            if before is not None:
                yield before
            before = news
        if before is not None:
            yield before

    def _join(self, one: News, other: News) -> News:
        if isinstance(one, Missing) or isinstance(other, Missing):
            return other if isinstance(one, Missing) else one
        if (one.txs, one.events) != (other.txs, other.events):
            raise InputError(f"{self._chain_id}: two files tell block {one.height} differently")
        return one if one.since <= other.since else other

    def _add_route(self, route: Route) -> None:
        if route not in self.routes:
            self.routes.append(route)

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)


def get_span(news: News) -> tuple[int, int]:
    """Return the first and the last block that this tells of."""
    return (news.first, news.last) if isinstance(news, Missing) else (news.since, news.height)


def load_recordings(paths: Iterable[Path]) -> list[RecordedChain]:
    """Return the chains of some files, by chain id. Raises InputError, NewerFormatError."""
    found: dict[str, list[LinesFile | AnswersFile]] = {}
    for path in paths:
        file = load_recording(path)
        found.setdefault(file.chain_id, []).append(file)
    return [RecordedChain(chain_id, found[chain_id]) for chain_id in sorted(found)]


def load_recording(path: Path) -> LinesFile | AnswersFile:
    """Return one file, of which only the first line is read if it is one of lines."""
    for _, line in LineReader(path):
        try:
            header = read_header(line)
        except (InputError, NewerFormatError) as error:
            raise type(error)(f"{path}: {error.cause}", remedy=error.remedy) from error
        if header is not None:
            return LinesFile(path, header.chain_id, header.routes)
        break
    return load_answers(path)


def list_routes(chains: Sequence[RecordedChain]) -> Iterator[Route]:
    """Yield where ends lead, as far as files of answers say it in only one way."""
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
    return sum(_replay_chain(store, chain) for chain in chains)


def _replay_chain(store: PacketStore, chain: RecordedChain) -> int:
    cursor = store.get_cursor(chain.chain_id)
    height, count, told = None if cursor is None else cursor.height, 0, 0
    while True:
        news = chain.read_after(height)
        for route in chain.routes[told:]:
            store.add_route(route)
        told = len(chain.routes)
        if news is None:
            return count
        count += store.take_in(news) and isinstance(news, TrackedBlock)
        height = get_span(news)[1]
