"""Texts of strangers on a terminal: nothing moves, colours, reorders or hides."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plurichain.encoding.display import escape_json, escape_name, escape_text, is_visible

BIDIRECTIONAL = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI", "BN"}
TEXTS = st.text(st.characters(exclude_categories=()), max_size=60)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("Grüße, Лот, ロット", "Grüße, Лот, ロット"),
        ("\x1b[2Jgone\x07\r\n", r"\x1b[2Jgone\x07\r\n"),
        ("\x9b31m", r"\x9b31m"),  # CSI in one byte: eight-bit terminals obey it
        ("a\u202egnp.exe", r"a\u202egnp.exe"),
        ("\u2066x\u2069\u200f\u061c", r"\u2066x\u2069\u200f\u061c"),
        ("upl\u200buri\u00ad\ufeff", r"upl\u200buri\xad\ufeff"),
        ("nul\x00del\x7f", r"nul\x00del\x7f"),
        ("\ud800", r"\ud800"),
        ("\U000e0041", r"\U000e0041"),  # a letter that nobody sees
        ("a\u3164b\u115f", r"a\u3164b\u115f"),
        ("e\u0301", "e\u0301"),
        ("e" + "\u0301" * 6, "e" + "\u0301" * 4 + r"\u0301\u0301"),
        ("\u00a0\u2028", r"\xa0\u2028"),
    ],
)  # fmt: skip
def test_what_is_not_visible_is_shown_by_its_number(text: str, shown: str) -> None:
    assert escape_text(text) == shown


def test_no_direction_is_changed_by_what_is_called_visible() -> None:
    every = map(chr, range(0x110000))
    assert not [
        char
        for char in every
        if unicodedata.bidirectional(char) in BIDIRECTIONAL and is_visible(char)
    ]


def test_a_name_of_another_script_looks_like_no_other() -> None:
    assert escape_name("uplurі") == r"uplur\u0456"
    assert escape_name("transfer/channel-0/upluri") == "transfer/channel-0/upluri"
    assert escape_name("\U0001f600\x1b") == r"\U0001f600\x1b"


def test_a_long_text_is_cut_before_it_is_escaped() -> None:
    assert escape_text("\x00" * 9, most=2) == r"\x00\x00…"
    assert escape_text("ab", most=2) == "ab"
    assert escape_name("abc", most=2) == "ab..."
    assert escape_name("ab", most=2) == "ab"


@given(TEXTS)
def test_whatever_it_was_it_is_one_harmless_line(text: str) -> None:
    for shown in (escape_text(text), escape_name(text)):
        assert shown.isprintable() or not shown
        assert len(shown.splitlines()) <= 1
        shown.encode()
    assert escape_name(text).isascii()


@given(TEXTS)
def test_json_means_what_it_meant(text: str) -> None:
    content = {"memo": text, "list": [text]}
    for indent in (None, 2):
        shown = escape_json(json.dumps(content, ensure_ascii=False, indent=indent))
        # Two halves of a surrogate pair, each alone, are one character to JSON.
        has_halves = any("\ud800" <= char <= "\udfff" for char in text)
        assert json.loads(shown) == content or has_halves
        assert all(char == "\n" or is_visible(char) for char in shown)
        shown.encode()


def test_json_keeps_scripts_that_people_read() -> None:
    assert escape_json('{"title":"Лот ü"}') == '{"title":"Лот ü"}'
    assert escape_json('{"title":"\U000e0041\x7f"}') == r'{"title":"\udb40\udc41\u007f"}'
    assert json.loads(r'{"title":"\udb40\udc41\u007f"}') == {"title": "\U000e0041\x7f"}
