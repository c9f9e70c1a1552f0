"""As much of HPACK (RFC 7541) as tells the path of a gRPC call.

Names and texts in Huffman code are not read: a call whose path is written so has none.
gRPC's C core, which Python uses, writes them plainly; Go does not.
"""

from __future__ import annotations

from collections import deque

_STATIC = 61
_PATHS = {4: "/", 5: "/index.html"}
_END_HEADERS, _PADDED, _PRIORITY = 0x4, 0x8, 0x20


class PathReader:
    """Follows the header blocks that one side of a connection sends."""

    def __init__(self) -> None:
        # Newest first: (is it a path?, the text, or None in Huffman code, size of the entry).
        self._table: deque[tuple[bool, str | None, int]] = deque()
        self._size = 0
        self._limit = 4096
        self._is_lost = False

    def read(self, payload: bytes, flags: int) -> str:
        """Return the path in a HEADERS frame, "" if it cannot be told."""
        if self._is_lost:
            return ""
        try:
            if not flags & _END_HEADERS:
                raise ValueError("more headers follow")
            return self._read_block(_strip(payload, flags)) or ""
        except (IndexError, ValueError):
            # What comes later refers to what was not understood.
            self._is_lost = True
            return ""

    def _read_block(self, block: bytes) -> str | None:
        path: str | None = None
        at = 0
        while at < len(block):
            first = block[at]
            if first & 0x80:
                index, at = _read_int(block, at, 7)
                is_path, text = self._look_up(index)
            elif first & 0xE0 == 0x20:
                self._limit, at = _read_int(block, at, 5)
                self._evict()
                continue
            else:
                is_path, text, at = self._read_literal(block, at)
            if is_path:
                path = text
        return path

    def _read_literal(self, block: bytes, at: int) -> tuple[bool, str | None, int]:
        is_kept = bool(block[at] & 0x40)
        index, at = _read_int(block, at, 6 if is_kept else 4)
        if index:
            is_path, name_size = self._look_up(index)[0], 12  # about; only evictions depend on it
        else:
            name, at, name_size = _read_text(block, at)
            is_path = name == ":path"
        text, at, size = _read_text(block, at)
        if is_kept:
            self._table.appendleft((is_path, text, name_size + size + 32))
            self._size += name_size + size + 32
            self._evict()
        return is_path, text, at

    def _look_up(self, index: int) -> tuple[bool, str | None]:
        if index <= _STATIC:
            return index in _PATHS, _PATHS.get(index)
        is_path, text, _ = self._table[index - _STATIC - 1]
        return is_path, text

    def _evict(self) -> None:
        while self._size > self._limit:
            self._size -= self._table.pop()[2]


def encode_literal(name: str, text: str) -> bytes:
    """Return a field that leaves the other side's table as it is."""
    parts = [b"\x00"]
    for value in (name.encode(), text.encode()):
        assert len(value) < 127
        parts += [bytes([len(value)]), value]
    return b"".join(parts)


def _strip(payload: bytes, flags: int) -> bytes:
    padding = payload[0] if flags & _PADDED else 0
    start = (1 if flags & _PADDED else 0) + (5 if flags & _PRIORITY else 0)
    return payload[start : len(payload) - padding]


def _read_int(block: bytes, at: int, bits: int) -> tuple[int, int]:
    value = block[at] & ((1 << bits) - 1)
    at += 1
    if value < (1 << bits) - 1:
        return value, at
    shift = 0
    while True:
        byte = block[at]
        at += 1
        value += (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value, at


def _read_text(block: bytes, at: int) -> tuple[str | None, int, int]:
    """Return (text, or None in Huffman code; where it ends; about how long it is)."""
    is_huffman = bool(block[at] & 0x80)
    size, at = _read_int(block, at, 7)
    raw = block[at : at + size]
    if len(raw) != size:
        raise ValueError("cut short")
    if is_huffman:
        return None, at + size, size * 8 // 6
    return raw.decode("latin-1"), at + size, size
