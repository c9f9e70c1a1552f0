"""Texts of strangers, as they may stand on a terminal, in a log or in a label.

A memo, a title or a denom is whatever somebody wrote: control characters move a cursor or
colour what follows, bidirectional ones reorder a line, invisible ones make two names look
alike. Each such character is shown by its number, as Python writes it: ``\\x1b``, ``\\u202e``.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_MOST_MARKS: Final = 4
"""Combining marks that may follow one another; no script needs more on one letter."""
# What str.isprintable takes for visible and no font draws: Default_Ignorable_Code_Point of
# the Unicode Character Database, as far as its general category is a letter or a mark; and
# the empty Braille pattern.
_INVISIBLE: Final = frozenset(
    map(chr, (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0))
) | {chr(code) for first, last in ((0x180B, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
     for code in range(first, last + 1)}  # fmt: skip
_NAME: Final = re.compile(r"[ -~]*")
_JSON_SAFE: Final = re.compile(r"[ -~\n]*")


def is_visible(char: str) -> bool:
    """Tell whether a character is drawn, where it stands, and moves nothing else.

    Controls, separators, bidirectional and other format characters, lone surrogates, private
    and unassigned ones are not; nor is what merely looks like nothing.
    """
    return char.isprintable() and char not in _INVISIBLE


def escape_char(char: str) -> str:
    """Return a character by its number, as Python writes it."""
    return char.encode("unicode_escape", "surrogatepass").decode()


def escape_text(text: str, *, most: int | None = None) -> str:
    """Return a text in any script as one harmless line, cut after ``most`` characters of it."""
    shown = text if most is None or len(text) <= most else f"{text[:most]}…"
    if _NAME.fullmatch(shown):
        return shown
    parts, marks = [], 0
    for char in shown:
        marks = marks + 1 if unicodedata.category(char) in {"Mn", "Me"} else 0
        is_shown = is_visible(char) and marks <= _MOST_MARKS
        parts.append(char if is_shown else escape_char(char))
    return "".join(parts)


def escape_name(name: str, *, most: int | None = None) -> str:
    """Return the name of a denom, channel or account: all but ASCII by its number.

    So that one with a letter of another script does not look like the one that it is not.
    """
    shown = name if most is None or len(name) <= most else f"{name[:most]}..."
    return "".join(char if " " <= char <= "~" else escape_char(char) for char in shown)


def escape_json(document: str) -> str:
    """Return a JSON document that means the same, with what is not visible as ``\\uXXXX``.

    JSON itself escapes only what is below a blank: not DEL, not the C1 controls, nothing
    bidirectional.
    """
    if _JSON_SAFE.fullmatch(document):
        return document
    return "".join(
        char if char == "\n" or is_visible(char) else _escape_utf16(char) for char in document
    )


def _escape_utf16(char: str) -> str:
    code = ord(char)
    if code < 0x10000:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
