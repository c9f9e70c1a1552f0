"""Rules of names, ranges, texts, paths and denoms: which field is refused."""

from __future__ import annotations

from typing import Any

from tests.vectors.cases.common import Vector, vector
from tests.vectors.cases.energy_common import BODY, CHAIN, DEVICE, NOON, QUARTER, show

TABLE = "the table of names and ranges in README.md"
LAST = 253_402_300_740
ATTRIBUTES: dict[str, Any] = {
    "origin_chain": CHAIN,
    "device_id": DEVICE,
    "technology": "solar_pv",
    "zone": "CH-ZH",
    "capacity_w": 30_000,
    "interval_start": NOON,
    "interval_end": NOON + QUARTER,
    "reading_hash": bytes(32),
    "issuing_body": BODY,
}


def _make(name: str, field: str | None, **changed: Any) -> Vector:
    given = {"function": "attributes", **show({**ATTRIBUTES, **changed})}
    return vector(f"attributes: {name}", TABLE, given, {"field": field})


def _make_text(name: str, text: str, least: int, most: int, fits: bool) -> Vector:
    given = {"function": "printable", "text": text, "minimum": str(least), "maximum": str(most)}
    return vector(f"text: {name}", TABLE, given, {"field": None if fits else "text"})


def _make_path(name: str, path: str, fits: bool) -> Vector:
    given = {"function": "path", "path": path}
    return vector(f"path: {name}", TABLE, given, {"field": None if fits else "path"})


def _make_denom(name: str, denom: str, start: int | None) -> Vector:
    given = {"function": "denom", "denom": denom}
    expected = {"interval_start": None if start is None else str(start)}
    return vector(f"denom: {name}", TABLE, given, expected)


def _make_attributes() -> list[Vector]:
    return [
        _make("as they should be", None),
        _make("a chain of 50 characters", None, origin_chain="c" * 50),
        _make("a chain of 51 characters", "origin_chain", origin_chain="c" * 51),
        _make("no chain", "origin_chain", origin_chain=""),
        _make("a chain with a slash", "origin_chain", origin_chain="a/b"),
        _make("an id of 64 characters", None, device_id="0" * 64),
        _make("an id of 65 characters", "device_id", device_id="0" * 65),
        _make("an id in upper case", "device_id", device_id="Meter"),
        _make("an id that begins with a dot", "device_id", device_id=".meter"),
        _make("an id with a line break", "device_id", device_id="meter\n"),
        _make("a technology with a hyphen", "technology", technology="solar-pv"),
        _make("a technology of 33 characters", "technology", technology="a" * 33),
        _make("no zone", "zone", zone=""),
        _make("a zone of 64 bytes", None, zone="ü" * 32),
        _make("a zone of 66 bytes", "zone", zone="ü" * 33),
        _make("a zone with a tab", "zone", zone="CH\tZH"),
        _make("no capacity", "capacity_w", capacity_w=0),
        _make("half a minute", "interval_start", interval_start=NOON + 30),
        _make("an end within a minute", "interval_end", interval_end=NOON + 61),
        _make("an empty interval", "interval_end", interval_end=NOON),
        _make("a backward interval", "interval_end", interval_end=NOON - 60),
        _make("the last minute", None, interval_start=LAST - 60, interval_end=LAST),
        _make(
            "beyond the last minute", "interval_end", interval_start=LAST, interval_end=LAST + 60
        ),
        _make("a hash of 31 bytes", "reading_hash", reading_hash=bytes(31)),
        _make("no body", "issuing_body", issuing_body=""),
        _make("two faults: the first is named", "zone", zone="", issuing_body=""),
    ]


def _make_texts() -> list[Vector]:
    return [
        _make_text("of one byte", "a", 1, 128, True),
        _make_text("empty where allowed", "", 0, 256, True),
        _make_text("empty where not", "", 1, 128, False),
        _make_text("bytes are counted", "é" * 64, 1, 128, True),
        _make_text("one byte too many", "é" * 64 + "a", 1, 128, False),
        _make_text("other scripts and signs", "株式会社 ⚡ Straße 5", 1, 128, True),
        _make_text("a space inside", "a b", 1, 128, True),
        _make_text("a space before", " a", 1, 128, False),
        _make_text("a space after", "a ", 1, 128, False),
        *(
            _make_text(f"U+{ord(char):04X}", f"a{char}b", 1, 128, False)
            for char in "\x00\x09\x0a\x1b\x1f\x7f\x85\x9f\u200e\u200f\u2028\u202e\u2066\u2069\ufeff"
        ),
        *(
            _make_text(f"U+{ord(char):04X} is taken", f"a{char}b", 1, 128, True)
            for char in "\u00a0\u200b\u200d\u2027\u202f\u2065\u206a"
        ),
    ]


def _make_paths() -> list[Vector]:
    hop = "transfer/channel-0"
    return [
        _make_path("one hop", hop, True),
        _make_path("eight hops", "/".join([hop] * 8), True),
        _make_path("nine hops", "/".join([hop] * 9), False),
        _make_path("empty", "", False),
        _make_path("half a hop", "transfer", False),
        _make_path("a hop and a half", f"{hop}/transfer", False),
        _make_path("a slash at the end", f"{hop}/", False),
        _make_path("a slash in front", f"/{hop}", False),
        _make_path("a short channel", "transfer/chan-0", False),
        _make_path("a port of one character", "t/channel-0", False),
        _make_path("every character", "ab.._+-#[]<>/channel-0", True),
        _make_path("a space", "transfer/channel 0", False),
        _make_path("a long channel", "transfer/" + "c" * 64, True),
        _make_path("a channel too long", "transfer/" + "c" * 65, False),
        _make_path("a port too long", "p" * 129 + "/channel-0", False),
    ]


def _make_denoms() -> list[Vector]:
    tail = "0f" * 32
    return [
        _make_denom("noon", f"wh.20260621T1200.{tail}", NOON),
        _make_denom("the first minute", f"wh.19700101T0000.{tail}", 0),
        _make_denom("the last minute", f"wh.99991231T2359.{tail}", LAST),
        _make_denom("a leap day", f"wh.20240229T0000.{tail}", 1_709_164_800),
        _make_denom("no leap day", f"wh.20260229T0000.{tail}", None),
        _make_denom("before 1970", f"wh.19691231T2359.{tail}", None),
        _make_denom("hour 24", f"wh.20260621T2400.{tail}", None),
        _make_denom("minute 60", f"wh.20260621T1260.{tail}", None),
        _make_denom("month 0", f"wh.20260021T1200.{tail}", None),
        _make_denom("upper case", f"WH.20260621T1200.{tail}", None),
        _make_denom("hex in upper case", f"wh.20260621T1200.{tail.upper()}", None),
        _make_denom("a short hash", f"wh.20260621T1200.{tail[2:]}", None),
        _make_denom("a long hash", f"wh.20260621T1200.{tail}0f", None),
        _make_denom("another coin", "ueur", None),
        _make_denom("a voucher", "ibc/" + tail.upper(), None),
    ]


def make_vectors() -> list[Vector]:
    """Return vectors of every rule of a field."""
    return [*_make_attributes(), *_make_texts(), *_make_paths(), *_make_denoms()]
