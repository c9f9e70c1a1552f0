"""Files of lines, plain or compressed, read as a stream and written so that they can go on.

Who is killed while writing leaves a file that ends within a line, or within a member of
gzip: that end is known and cut off. A compressed file is made of members that hold whole
lines, so that what stands before the last one is never touched.
"""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final, Self

from plurichain.errors import InputError
from plurichain.storage.atomic import create, make_write_error
from plurichain.storage.effects import effect

SUFFIX: Final = ".gz"
LONGEST_LINE: Final = 1 << 28
_PIECE: Final = 1 << 16
_MOST_TORN: Final = 1 << 21
_BUFFERED: Final = 1 << 18
_MAGIC: Final = b"\x1f\x8b"


class LineReader:
    """Yields the whole lines of a file with their numbers; compression is told by the content.

    ``is_torn`` is true at the end if the file ends within a line or a member.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_torn = False

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        """Yield (number from 1, line without its end). Raises InputError."""
        self.is_torn = False
        try:
            with self._open() as file:
                yield from self._read(file)
        except OSError as error:
            raise InputError(f"cannot read {self.path}: {error.strerror or error}") from error

    def _open(self) -> gzip.GzipFile | IO[bytes]:
        with self.path.open("rb") as file:
            is_packed = file.read(len(_MAGIC)) == _MAGIC
        return gzip.open(self.path, "rb") if is_packed else self.path.open("rb")

    def _read(self, file: gzip.GzipFile | IO[bytes]) -> Iterator[tuple[int, bytes]]:
        number = 0
        while True:
            try:
                line = file.readline(LONGEST_LINE)
            except EOFError:
                self.is_torn = True
                return
            except (gzip.BadGzipFile, zlib.error) as error:
                raise InputError(
                    f"{self.path}: after line {number} the compressed data are damaged"
                ) from error
            if not line:
                return
            if not line.endswith(b"\n"):
                if len(line) >= LONGEST_LINE:  # more follows, which must not be left out silently
                    raise InputError(
                        f"{self.path}: line {number + 1} is longer than {LONGEST_LINE} bytes"
                    )
                self.is_torn = True
                return
            number += 1
            yield number, line[:-1]


def find_whole(path: Path) -> int:
    """Return how many bytes of a file are whole lines, or whole members. Raises OSError."""
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) == _MAGIC:
            file.seek(0)
            return _find_whole_members(file)
        return _find_whole_lines(file)


def _find_whole_lines(file: IO[bytes]) -> int:
    end = file.seek(0, os.SEEK_END)
    while end:
        begin = max(end - _PIECE, 0)
        file.seek(begin)
        place = file.read(end - begin).rfind(b"\n")
        if place >= 0:
            return begin + place + 1
        end = begin
    return 0


def _find_whole_members(file: IO[bytes]) -> int:
    whole = done = 0
    member = zlib.decompressobj(wbits=31)
    while piece := file.read(_PIECE):
        while piece:
            try:
                member.decompress(piece)
            except zlib.error:
                return whole
            rest = member.unused_data if member.eof else b""
            done += len(piece) - len(rest)
            if member.eof:
                whole, member = done, zlib.decompressobj(wbits=31)
            piece = rest
    return whole


class LineWriter:
    """Appends whole lines to a file, after cutting off what a writer before left torn.

    Lines are kept back until there are enough of them, or ``flush``. Methods raise
    StorageError; a file of which nothing is whole is refused with InputError.
    """

    def __init__(self, path: Path, *, is_packed: bool) -> None:
        self.path = path
        self._is_packed = is_packed
        self._kept: list[bytes] = []
        self._size = 0
        try:
            create(path, 0o644)
            whole, size = find_whole(path), path.stat().st_size
            if not whole and size > _MOST_TORN:
                raise InputError(f"{path} holds no whole line", remedy="write to another folder")
            with effect("open", path):
                self._file = path.open("r+b", buffering=0)
            with effect("truncate", path):
                self._file.truncate(whole)
            self._file.seek(0, os.SEEK_END)
        except OSError as error:
            raise make_write_error(path, error) from error

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written yet."""
        return not self._kept and not self._file.tell()

    def write(self, line: bytes) -> None:
        """Append a line with its end."""
        self._kept.append(line)
        self._size += len(line)
        if self._size >= _BUFFERED:
            self.flush()

    def flush(self) -> None:
        """Hand what was kept back to the operating system."""
        if not self._kept:
            return
        content = b"".join(self._kept)
        packed = gzip.compress(content, mtime=0) if self._is_packed else content
        try:
            with effect("write", self.path):
                view = memoryview(packed)
                while view:
                    view = view[self._file.write(view) :]
        except OSError as error:
            raise make_write_error(self.path, error) from error
        self._kept.clear()
        self._size = 0

    def close(self) -> None:
        """Write everything to the disk and close the file."""
        try:
            self.flush()
            with effect("sync", self.path):
                os.fsync(self._file.fileno())
        except OSError as error:
            raise make_write_error(self.path, error) from error
        finally:
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()
