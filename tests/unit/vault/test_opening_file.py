"""Opening files: for a relayer to read, and for errors to keep quiet about."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plurichain.errors import InputError, NewerFormatError
from plurichain.identifiers import Address
from plurichain.vault import RelayedOpening, format_opening_file, parse_opening_file

OPENING = RelayedOpening("plurigrid-1", 7, Address(bytes(20), "pluri"), b"\x01\x02", bytes(32))


@given(
    auction_id=st.integers(1, 2**64 - 1),
    raw=st.binary(min_size=20, max_size=20),
    bid_bytes=st.binary(max_size=200),
    salt=st.binary(min_size=32, max_size=32),
)
def test_round_trip(auction_id: int, raw: bytes, bid_bytes: bytes, salt: bytes) -> None:
    opening = RelayedOpening("c-1", auction_id, Address(raw, "pluri"), bid_bytes, salt)
    assert parse_opening_file(format_opening_file(opening), source="x") == opening


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"salt": "zz"}, "salt must be hex"),
        ({"salt": "ab"}, "salt must be 32 bytes, not 1"),
        ({"bid_bytes": 5}, "bid_bytes must be text"),
        ({"bid_bytes": "0x01"}, "bid_bytes must be hex"),
        ({"auction_id": True}, "auction_id must be an integer"),
        ({"auction_id": 2**64}, "auction_id must be an integer"),
        ({"bidder": "pluri1x"}, "bidder"),
        ({"more": 1}, "exactly the keys"),
        ({"version": 0}, "exactly the keys"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, object], named: str) -> None:
    fields = json.loads(format_opening_file(OPENING)) | change
    with pytest.raises(InputError, match=named) as caught:
        parse_opening_file(json.dumps(fields), source="opening.json")
    assert "opening.json" in caught.value.cause


@pytest.mark.parametrize(
    "text", ["", "[]", "nonsense", "5", pytest.param("[" * 100_000, id="nested")]
)
def test_what_is_no_opening_file_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"opening\.json: not an opening file"):
        parse_opening_file(text, source="opening.json")


def test_a_missing_key_is_refused() -> None:
    fields = json.loads(format_opening_file(OPENING))
    del fields["salt"]
    with pytest.raises(InputError, match="exactly the keys"):
        parse_opening_file(json.dumps(fields), source="opening.json")


def test_a_later_version_is_refused_by_name() -> None:
    fields = json.loads(format_opening_file(OPENING)) | {"version": 2}
    with pytest.raises(NewerFormatError, match="version 2"):
        parse_opening_file(json.dumps(fields), source="opening.json")


def test_nothing_secret_is_shown() -> None:
    assert "\\x01\\x02" not in repr(OPENING)
    assert "salt" not in repr(OPENING)
